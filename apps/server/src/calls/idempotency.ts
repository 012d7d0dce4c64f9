import { createHash } from "node:crypto";
import type { Endpoint } from "@pratique/api";
import type { FastifyRequest } from "fastify";
import { ServerError } from "../errors.ts";
import type { Caller } from "./caller.ts";

/** An answer as it was sent, for whoever asks again. */
export interface SentAnswer {
  readonly status: number;
  readonly body: string;
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
  const key = hashOf([caller.id, endpoint.id, given]);
  const taken = await memory.take(key, hashOf([request.url, JSON.stringify(request.body ?? null)]));
  if (taken === "underway") throw new ServerError("CONFLICT", "the first call with this key has not ended");
  if (taken === "other") {
    throw new ServerError("IDEMPOTENCY_KEY_REUSED", "this key was used for another call");
  }
  if (taken !== "taken") return { ...taken, replayed: true };
  try {
    const answer = await run();
    await memory.keep(key, answer);
    return { ...answer, replayed: false };
  } catch (thrown) {
    await memory.release(key);
    throw thrown;
  }
}

function hashOf(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
