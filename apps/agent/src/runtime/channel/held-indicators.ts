import { readFileSync } from "node:fs";
import type { Indicator } from "@pratique/core";
import { z } from "zod";

/** Something that is listed, is told, and is not refused until a person has said that it is right. */
export interface HeldIndicator {
  readonly kind: "address" | "network" | "domain";
  readonly value: string;
  readonly source: string;
  /** How many containers it would have cut off something, of how many that ran. */
  readonly containers: number;
  readonly running: number;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** A list that is wrong about more is not taken at all: nobody would look at them one by one. */
const MAX_HELD = 1000;
const MAX_CONFIRMED = 10_000;

const indicator = z.strictObject({
  kind: z.enum(["address", "network", "domain"]),
  value: z.string().min(1),
});
const stateSchema = z.strictObject({
  /** The set that was looked at last. */
  revision: z.string(),
  held: z
    .array(
      indicator.extend({
        source: z.string(),
        containers: z.number(),
        running: z.number(),
        since: z.string(),
      }),
    )
    .max(MAX_HELD),
  confirmed: z.array(indicator).max(MAX_CONFIRMED),
});
type State = z.output<typeof stateSchema>;

/** Which containers an indicator would cut off something that they talk to. */
export interface Met {
  readonly indicator: Indicator;
  readonly containers: ReadonlySet<string>;
}

/**
 * Keeps a set that lists what most of a host's containers talk to from cutting them all off: what it would do that by is
 * held until a person confirms it. What it remembers survives the agent.
 */
export class HeldIndicators {
  readonly #file: string;
  readonly #save: (file: string, text: string) => void;
  #state: State;

  constructor(file: string, save: (file: string, text: string) => void) {
    this.#file = file;
    this.#save = save;
    this.#state = read(file);
  }

  get held(): readonly HeldIndicator[] {
    return this.#state.held;
  }

  /** The set that was looked at last; empty where there was none. */
  get revision(): string {
    return this.#state.revision;
  }

  isHeld({ kind, value }: Indicator): boolean {
    return this.#state.held.some((each) => each.kind === kind && each.value === value);
  }

  isConfirmed({ kind, value }: Indicator): boolean {
    return this.#state.confirmed.some((each) => each.kind === kind && each.value === value);
  }

  /**
   * Looks at a new set: `met` is what it lists that containers talk to and the set before did not, `most` how many
   * containers it may cut off something at once, and `lists` whether it still lists what is remembered. Gives what is
   * held from now on and was not. Throws where that would be too much: the set must not be taken then.
   */
  judge(
    revision: string,
    {
      met,
      running,
      most,
      since,
      lists,
    }: {
      readonly met: readonly Met[];
      readonly running: number;
      readonly most: number;
      readonly since: string;
      readonly lists: (kind: HeldIndicator["kind"], value: string) => boolean;
    },
  ): readonly HeldIndicator[] {
    const { held, confirmed } = this.#state;
    const kept = held.filter(({ kind, value }) => lists(kind, value));
    const unknown = met.filter(({ indicator: each }) => !this.isHeld(each) && !this.isConfirmed(each));
    const affected = new Set(unknown.flatMap(({ containers }) => [...containers]));
    const added = affected.size > most ? unknown.flatMap((each) => heldOf(each, running, since)) : [];
    if (kept.length + added.length > MAX_HELD) {
      throw new Error(
        `it would cut off ${affected.size} of ${running} running containers from ${added.length} peers, which is too much to be held: mend the feeds, or allow what is wrong`,
      );
    }
    this.#put({
      revision,
      held: [...kept, ...added],
      confirmed: confirmed.filter(({ kind, value }) => lists(kind, value)),
    });
    return added;
  }

  /** A person says that it is right. False where nothing of that value is held. */
  confirm(value: string): boolean {
    const { held, confirmed } = this.#state;
    const meant = held.filter((each) => each.value === value);
    if (meant.length === 0) return false;
    this.#put({
      ...this.#state,
      held: held.filter((each) => each.value !== value),
      confirmed: [...confirmed, ...meant.map(({ kind }) => ({ kind, value }))].slice(-MAX_CONFIRMED),
    });
    return true;
  }

  /** What the native sensor is told beside the set. */
  exemptions(): { readonly report: readonly string[]; readonly reportNames: readonly string[] } {
    const of = (isName: boolean) =>
      this.#state.held.flatMap(({ kind, value }) => ((kind === "domain") === isName ? [value] : []));
    return { report: of(false), reportNames: of(true) };
  }

  #put(state: State): void {
    this.#state = state;
    this.#save(this.#file, `${JSON.stringify(state)}\n`);
  }
}

function heldOf({ indicator: each, containers }: Met, running: number, since: string): HeldIndicator[] {
  const { kind, value, source } = each;
  if (kind !== "address" && kind !== "network" && kind !== "domain") return [];
  return [{ kind, value, source, containers: containers.size, running, since }];
}

function read(file: string): State {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // There is none yet; or it cannot be read, and then the set is looked at as a new one.
    return { revision: "", held: [], confirmed: [] };
  }
}
