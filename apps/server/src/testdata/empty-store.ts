import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { openStore } from "@pratique/store";
import { tempDirectory } from "@pratique/testkit";

let template: Promise<Uint8Array> | undefined;

/** Puts a store into a server's directory whose tables are made: to make them takes a fifth of a server's start. */
export async function putEmptyStore(directory: string): Promise<void> {
  template ??= makeTemplate();
  const tables = await template;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(directory, "pratique.sqlite"), tables, { mode: 0o600 });
}

async function makeTemplate(): Promise<Uint8Array> {
  using directory = tempDirectory();
  const file = directory.at("store.sqlite");
  await (await openStore({ file })).close();
  return readFileSync(file);
}
