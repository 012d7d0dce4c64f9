import type { Sealer } from "@pratique/sealing";
import type { PeopleStore } from "@pratique/store";
import type { AnswerMemory } from "./idempotency.ts";

const PURPOSE = "answers";
const VALID_MS = 24 * 3_600_000;
/** A call that has not ended by then was cut off: whoever repeats it then makes a new one. */
const UNDERWAY_MS = 10 * 60_000;

export interface SealedAnswersOptions {
  readonly people: PeopleStore;
  readonly sealer: Sealer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Remembers answers in the store, sealed: the secret of a new token is one of them. */
export function rememberSealed({ people, sealer, now }: SealedAnswersOptions): AnswerMemory {
  const { answers } = people;
  const placeOf = (key: string) => ({ table: "answers", column: "sealed_body", rowId: key });
  return {
    take: async (key, fingerprint) => {
      const nowMs = now();
      const found = await answers.take({ key, fingerprint, nowMs, expiresAtMs: nowMs + UNDERWAY_MS });
      if (typeof found === "string") return found;
      const body = await sealer.open(PURPOSE, placeOf(key), found.sealedBody);
      return { status: found.status, body: body.toString("utf8") };
    },
    keep: async (key, { status, body }) => {
      const sealedBody = await sealer.seal(PURPOSE, placeOf(key), body);
      await answers.keep(key, { status, sealedBody }, now() + VALID_MS);
    },
    release: async (key) => await answers.release(key),
  };
}
