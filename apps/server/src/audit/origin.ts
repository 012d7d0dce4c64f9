import { randomUUID } from "node:crypto";
import type { Store } from "@pratique/store";

const NAME = "installation";

/** The name of an installation's log: the same on all its servers, made when the first of them starts. */
export async function originOf({ settings }: Store): Promise<string> {
  const { documents } = settings;
  const known = idIn((await documents.find(NAME))?.value);
  if (known !== undefined) return nameOf(known);
  const id = randomUUID();
  if ((await documents.put(NAME, { id }, "new")) !== undefined) return nameOf(id);
  // Another server was first.
  return nameOf(idIn((await documents.find(NAME))?.value) ?? id);
}

function nameOf(id: string): string {
  return `pratique/${id}`;
}

function idIn(value: unknown): string | undefined {
  const { id }: { id?: unknown } = Object(value);
  return typeof id === "string" ? id : undefined;
}
