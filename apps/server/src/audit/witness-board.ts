import { parseCheckpoint, type VerifierKey, verifyCheckpoint, type WitnessOutcome } from "@pratique/audit";

/** How a witness is. */
export interface WitnessState {
  readonly name: string;
  readonly key: string;
  readonly state: "agrees" | "behind" | "refuses" | "silent";
  /** The size of the tree that it cosigned last. */
  readonly size: number | null;
  /** ISO 8601. */
  readonly seenAt: string | null;
  readonly detail?: string;
}

/** Remembers what each witness said last. */
export class WitnessBoard {
  readonly #states = new Map<string, WitnessState>();
  readonly #keys: readonly VerifierKey[];

  constructor(keys: readonly VerifierKey[]) {
    this.#keys = keys;
    for (const { name, vkey } of keys) {
      this.#states.set(name, { name, key: vkey, state: "silent", size: null, seenAt: null });
    }
  }

  /** Hears of each checkpoint that is kept: those who cosigned it agree. */
  published(checkpoint: string, logKey: VerifierKey): void {
    const { size, cosignedBy } = verifyCheckpoint(checkpoint, [logKey], this.#keys);
    for (const { key, timestamp } of cosignedBy) {
      const seenAt = timestamp === undefined ? null : new Date(timestamp * 1000).toISOString();
      this.#states.set(key.name, { name: key.name, key: key.vkey, state: "agrees", size, seenAt });
    }
  }

  failed(witness: string, outcome: WitnessOutcome): void {
    const known = this.#states.get(witness);
    if (known === undefined || outcome.kind === "cosigned") return;
    const state = outcome.kind === "refused" ? "refuses" : "silent";
    this.#states.set(witness, { ...known, state, detail: outcome.reason });
  }

  /** As they are, measured by the newest checkpoint. */
  list(checkpoint: string | undefined): readonly WitnessState[] {
    const size = checkpoint === undefined ? 0 : parseCheckpoint(checkpoint).size;
    return [...this.#states.values()].map((known) =>
      known.state === "agrees" && (known.size ?? 0) < size ? { ...known, state: "behind" } : known,
    );
  }
}
