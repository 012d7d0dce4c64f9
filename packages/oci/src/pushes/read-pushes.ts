import { parseImageReference, parseJson } from "@pratique/core";
import type { Push, PushDialect, PushRequest } from "./push-dialect.ts";

/** An honest sender tells of a few; of one that tells of more, the rest is left to the next scan of the registry. */
const MAX_PUSHES = 1000;

/** What came of a request that tells of pushes. */
export type PushAnswer =
  | { readonly kind: "pushes"; readonly pushes: readonly Push[] }
  /** The sender does not know the secret. */
  | { readonly kind: "refused" }
  /** It is no JSON, or not in the form of this registry. */
  | { readonly kind: "malformed" };

/** Reads what a registry tells of pushes: first whether it is the registry, and then which well-formed images. */
export function readPushes(dialect: PushDialect, request: PushRequest, secret: string): PushAnswer {
  if (!dialect.proves(request, secret)) return { kind: "refused" };
  const pushes = dialect.read(documentIn(request.body));
  if (pushes === undefined) return { kind: "malformed" };
  return { kind: "pushes", pushes: pushes.slice(0, MAX_PUSHES).filter(isWellFormed) };
}

function documentIn(body: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

function isWellFormed({ repository, tag }: Push): boolean {
  try {
    const found = parseImageReference(`registry.example/${repository}:${tag}`);
    return found.repository === repository && found.tag === tag;
  } catch {
    return false;
  }
}
