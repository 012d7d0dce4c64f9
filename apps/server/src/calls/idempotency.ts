import { createHash } from "node:crypto";
import type { Endpoint } from "@pratique/api";
import type { FastifyRequest } from "fastify";
import { ServerError } from "../errors.ts";
import type { Caller } from "./caller.ts";
import type { EntityTag } from "./entity-tag.ts";

/** An answer as it was sent, for whoever asks again. */
export interface SentAnswer {
  readonly status: number;
  readonly body: string;
  /** Of a reply that may be asked for again, or changed; what is remembered has none. */
  readonly tag?: EntityTag;
}

/** Remembers answers under keys, sealed, for a day. */
export interface AnswerMemory {
  /**
   * Takes a key: `taken` once for each; afterwards the answer, or `underway` where the first call has not ended.
   * `other` where the key was used for something else.
   */
  take(key: string, fingerprint: string): Promise<"taken" | "underway" | "other" | SentAnswer>;
  keep(key: string, answer: SentAnswer): Promise<void>;
  /** Lets go of a key whose call failed: it may be tried again. */
  release(key: string): Promise<void>;
}

/**
 * Runs a call once, however often it is asked for with one `Idempotency-Key`: who repeats a call that they heard no
 * answer to gets the first answer. Failures are not remembered.
 */
export async function runOnce(
  memory: AnswerMemory,
  { endpoint, caller, request }: { endpoint: Endpoint; caller: Caller; request: FastifyRequest },
  run: () => Promise<SentAnswer>,
): Promise<SentAnswer & { readonly replayed: boolean }> {
  const given = request.headers["idempotency-key"];
  if (typeof given !== "string" || endpoint.method !== "POST" || caller.kind === "nobody") {
    return { ...(await run()), replayed: false };
  }
  if (!/^[\x21-\x7e]{1,255}$/u.test(given)) {
    throw new ServerError("REQUEST_MALFORMED", "expected an Idempotency-Key of 1 to 255 visible characters");
  }
  // Of one session or token: the answer to one may hold what another of the same account must not read.
  const key = hashOf([caller.kind, caller.id, caller.session, endpoint.id, given]);
  const taken = await memory.take(key, hashOf([request.url, JSON.stringify(request.body ?? null)]));
  if (taken === "underway") throw new ServerError("CONFLICT", "the first call with this key has not ended");
  if (taken === "other") {
    throw new ServerError("IDEMPOTENCY_KEY_REUSED", "this key was used for another call");
  }
  if (taken !== "taken") return { ...taken, replayed: true };
  const answer = await runOrRelease(memory, key, run);
  // Where this fails the key stays taken for a while: the call has happened and must not happen again.
  await memory.keep(key, answer);
  return { ...answer, replayed: false };
}

async function runOrRelease(
  memory: AnswerMemory,
  key: string,
  run: () => Promise<SentAnswer>,
): Promise<SentAnswer> {
  try {
    return await run();
  } catch (thrown) {
    await memory.release(key);
    throw thrown;
  }
}

function hashOf(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
