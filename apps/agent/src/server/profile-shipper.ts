import { type ProfilesReport, putProfiles } from "@pratique/api";
import { type Digest, messageOf } from "@pratique/core";
import { z } from "zod";
import type { AgentLogger } from "../agent-logger.ts";
import { AgentError } from "../errors.ts";
import type { RuntimeRequest } from "../runtime/door/runtime-door.ts";

type Answer = Readonly<Record<string, unknown>>;

export interface ProfileShipperOptions {
  /** Asks the watch over running containers. Rejects where none runs. */
  readonly ask: (request: RuntimeRequest) => Promise<Answer>;
  /** Rejects where the server does not take it. */
  readonly send: (report: ProfilesReport) => Promise<void>;
  /** Of this host's processor, as Go calls it. */
  readonly architecture: string;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  readonly log: AgentLogger;
}

/** What was last told of a profile. */
interface Told {
  readonly stamp: string;
  readonly lastEventAt: number;
  /** By the clock that never turns back. */
  readonly at: number;
}

/** Learning changes slowly. */
const EVERY_MS = 30_000;
/** What looks the same may be another program in the place of one: told again after so long, if anything happened. */
const AGAIN_AFTER_MS = 3_600_000;
/** Nothing runs that could tell, or it cannot now. */
const NOT_NOW: ReadonlySet<string> = new Set(["RUNTIME_REFUSED", "RUNTIME_UNAVAILABLE"]);

const image = putProfiles.body.shape.known.element;
const summary = z.looseObject({ image, lastEventAt: z.number().optional() });
const listed = z.object({ profiles: z.array(summary), leftOut: z.int().nonnegative() });
const document = z.object({
  image,
  names: z.array(z.string()),
  lastEventAt: z.number().optional(),
  learning: z.record(z.string(), z.unknown()),
  inUse: z
    .object({
      since: z.number(),
      until: z.number(),
      isWhole: z.boolean(),
      executed: z.array(z.string()),
      loaded: z.array(z.string()),
    })
    .optional(),
});

/**
 * Tells the server what this host learned of images: each profile that has changed, one at a time, whole. What the
 * server did not take is told again; so is everything after a restart.
 */
export class ProfileShipper {
  readonly #options: ProfileShipperOptions;
  readonly #told = new Map<Digest, Told>();
  #known = "";
  /** Ends the wait for the next time. */
  #due = new AbortController();

  constructor(options: ProfileShipperOptions) {
    this.#options = options;
  }

  /** Tells what has changed, again and again until the signal comes. Never rejects. */
  async run({
    signal,
    sleep,
  }: {
    readonly signal: AbortSignal;
    readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  }): Promise<void> {
    while (!signal.aborted) {
      this.#due = new AbortController();
      try {
        await this.ship();
      } catch (thrown) {
        this.#options.log.info({ error: messageOf(thrown) }, "what was learned of images cannot be sent yet");
      }
      await sleep(EVERY_MS, AbortSignal.any([signal, this.#due.signal])).catch(() => undefined);
    }
  }

  /** Has a profile told anew, and at once: a person has said something about it, though it may look the same. */
  touch(changed: Digest): void {
    this.#told.delete(changed);
    this.#due.abort();
  }

  /** Tells what has changed, once. Rejects where the server cannot be reached. */
  async ship(): Promise<void> {
    const answer = await this.#list();
    if (answer === undefined) return;
    const { profiles, leftOut } = answer;
    const known = profiles.map((each) => each.image);
    for (const gone of [...this.#told.keys()].filter((each) => !known.includes(each)))
      this.#told.delete(gone);
    const head = { known, leftOut };
    const key = JSON.stringify(head);
    let sent = 0;
    for (const each of profiles) {
      const { lastEventAt = 0, ...rest } = each;
      if (!this.#isDue(each.image, JSON.stringify(rest), lastEventAt)) continue;
      await this.#sendOne(each.image, head);
      this.#told.set(each.image, { stamp: JSON.stringify(rest), lastEventAt, at: this.#options.elapsedMs() });
      sent += 1;
    }
    if (sent === 0 && key !== this.#known) await this.#options.send({ ...head, profiles: [] });
    this.#known = key;
  }

  #isDue(of: Digest, stamp: string, lastEventAt: number): boolean {
    const told = this.#told.get(of);
    if (told === undefined || told.stamp !== stamp) return true;
    return lastEventAt !== told.lastEventAt && this.#options.elapsedMs() - told.at >= AGAIN_AFTER_MS;
  }

  /** Undefined where nothing is learned here, or nothing runs that could tell. */
  async #list(): Promise<z.output<typeof listed> | undefined> {
    try {
      const answer = await this.#options.ask({ command: "profiles" });
      return answer.refused === undefined ? listed.parse(answer) : undefined;
    } catch (thrown) {
      if (thrown instanceof AgentError && NOT_NOW.has(thrown.code)) return undefined;
      throw thrown;
    }
  }

  async #sendOne(wanted: Digest, head: Pick<ProfilesReport, "known" | "leftOut">): Promise<void> {
    const { ask, send, architecture, log } = this.#options;
    const answer = await ask({ command: "profile-document", image: wanted });
    // It has made room for another one meanwhile.
    if (answer.refused !== undefined) return;
    const { names, lastEventAt, learning, inUse } = document.parse(answer);
    const profile = {
      image: wanted,
      names,
      lastEventAt: lastEventAt === undefined ? null : instantOf(lastEventAt),
      architecture,
      learning,
      ...(inUse !== undefined && {
        inUse: { ...inUse, since: instantOf(inUse.since), until: instantOf(inUse.until) },
      }),
    };
    try {
      await send({ ...head, profiles: [profile] });
    } catch (thrown) {
      // The same would be refused again: it keeps the others from nothing, and is told when it has changed.
      if (!(thrown instanceof AgentError) || thrown.code !== "SERVER_REFUSED") throw thrown;
      log.warn({ image: wanted, error: messageOf(thrown) }, "the server did not take a profile");
    }
  }
}

function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}
