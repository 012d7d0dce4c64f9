import { messageOf } from "@pratique/core";
import { z } from "zod";
import { type Act, actsSchema } from "./act.ts";
import type { BreakerState } from "./circuit-breaker.ts";
import { ResponseError } from "./errors.ts";
import type { StateStore } from "./ports.ts";

const MAX_COUNTED = 50_000;
const MAX_TRIPS = 1000;

const stateSchema = z.strictObject({
  form: z.literal(1),
  acts: actsSchema,
  counted: z
    .array(z.strictObject({ cause: z.string(), containerId: z.string(), at: z.number() }))
    .max(MAX_COUNTED),
  trips: z.array(z.strictObject({ cause: z.string(), because: z.string(), at: z.number() })).max(MAX_TRIPS),
});

/** The acts that are in force on this host, over restarts. */
export class ActBook {
  readonly #store: StateStore;
  readonly #onTrouble: (message: string) => void;
  /** What the breaker remembers, as it was stored. */
  readonly breaker: BreakerState;
  readonly #acts = new Map<string, Act>();

  constructor(store: StateStore, onTrouble: (message: string) => void) {
    this.#store = store;
    this.#onTrouble = onTrouble;
    const { acts, counted, trips } = load(store, onTrouble);
    this.breaker = { counted, trips };
    for (const act of acts) this.#acts.set(act.id, act);
  }

  /** The earliest first. */
  all(): readonly Act[] {
    return [...this.#acts.values()];
  }

  of(containerId: string): readonly Act[] {
    return this.all().filter((act) => act.containerId === containerId);
  }

  find(id: string): Act | undefined {
    return this.#acts.get(id);
  }

  put(act: Act): void {
    this.#acts.set(act.id, act);
  }

  remove(id: string): void {
    this.#acts.delete(id);
  }

  /** A full disk does not keep anybody from acting; what is not written is told. */
  save(breaker: BreakerState): void {
    try {
      this.#store.save(JSON.stringify({ form: 1, acts: this.all(), ...breaker }));
    } catch (thrown) {
      this.#onTrouble(`acts in force are not remembered over a restart: ${messageOf(thrown)}`);
    }
  }
}

/** A state that cannot be read is kept for a person: without it, nobody knows what is to be undone. */
function load(store: StateStore, onTrouble: (message: string) => void): z.output<typeof stateSchema> {
  const text = store.load();
  if (text === undefined) return { form: 1, acts: [], counted: [], trips: [] };
  try {
    return stateSchema.parse(parse(text));
  } catch (thrown) {
    onTrouble(`what was remembered of acts in force cannot be read, and was set aside: ${messageOf(thrown)}`);
    store.setAside(text);
    return { form: 1, acts: [], counted: [], trips: [] };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ResponseError("STATE_MALFORMED", `expected JSON, found ${JSON.stringify(text.slice(0, 80))}`, {
      cause,
    });
  }
}
