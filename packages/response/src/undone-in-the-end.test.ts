import { channelActions } from "@pratique/core";
import { fixedClock } from "@pratique/testkit";
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constantFrom,
  integer,
  oneof,
  record,
} from "fast-check";
import { expect, it } from "vitest";
import { parseResponsePolicy } from "./policy/response-policy.ts";
import { Responses } from "./responses.ts";
import { MemoryAudit, MemoryHost, MemoryStore } from "./testdata/memory-host.ts";
import { NO_EVIDENCE } from "./testdata/triggers.ts";

const MINUTE = 60_000;
const PEERS = ["203.0.113.7", "203.0.113.8"];
const FAILING = ["pause", "unpause", "stop", "kill", "start", "deny", "allow", "restart-policy", "look"];
const EVENTS = ["restart", "sensor-restart", "started", "unpaused"] as const;
const policy = parseResponsePolicy({ proofSeconds: 0.001, ladders: [{ name: "default" }] });

/** Something that happens to a host. */
type Happening =
  | { readonly kind: "order"; readonly action: (typeof channelActions)[number]; readonly minutes: number }
  | { readonly kind: "cut"; readonly peer: string; readonly minutes: number }
  | { readonly kind: "release"; readonly place: number }
  | { readonly kind: "wait"; readonly minutes: number }
  | { readonly kind: (typeof EVENTS)[number] }
  | { readonly kind: "failing"; readonly call: string };

const minutes = integer({ min: 1, max: 120 });
const happening: Arbitrary<Happening> = oneof(
  record({ kind: constantFrom("order" as const), action: constantFrom(...channelActions), minutes }),
  record({ kind: constantFrom("cut" as const), peer: constantFrom(...PEERS), minutes }),
  record({ kind: constantFrom("release" as const), place: integer({ min: 0, max: 3 }) }),
  record({ kind: constantFrom("wait" as const), minutes }),
  record({ kind: constantFrom(...EVENTS) }),
  record({ kind: constantFrom("failing" as const), call: constantFrom(...FAILING) }),
);

it("leaves a container as it was, whatever happened on the way", async () => {
  await assert(
    asyncProperty(array(happening, { maxLength: 12 }), async (happenings) => {
      const world = new World();
      const before = world.host.at("a");
      for (const each of happenings) await world.happen(each);
      await world.end();
      expect(world.responses.acts).toEqual([]);
      expect(world.host.at("a")).toEqual(before);
      expect(PEERS.filter((peer) => world.host.denies("a", peer))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

class World {
  readonly host = new MemoryHost();
  readonly #store = new MemoryStore();
  readonly #audit = new MemoryAudit();
  readonly #clock = fixedClock();
  readonly #container = this.host.run("a", PEERS);
  #acts = 0;
  responses = this.#open();

  async happen(happened: Happening): Promise<void> {
    switch (happened.kind) {
      case "order":
        await this.#order(happened.action, happened.minutes, undefined);
        break;
      case "cut":
        await this.#order("cut", happened.minutes, [happened.peer]);
        break;
      case "release": {
        const act = this.responses.acts[happened.place];
        if (act !== undefined) await this.responses.release(act.id, "anna");
        break;
      }
      case "wait":
        this.#clock.advance(happened.minutes * MINUTE);
        await this.responses.releaseExpired();
        break;
      case "sensor-restart":
        this.host.forgetDenials();
        await this.#restart();
        break;
      case "restart":
        await this.#restart();
        break;
      case "started":
        await this.responses.containerStarted("a");
        break;
      case "unpaused":
        this.host.set("a", { paused: false });
        break;
      case "failing":
        if (!this.host.failing.delete(happened.call)) this.host.failing.add(happened.call);
        break;
    }
  }

  /** Everything works again, and every time is over. */
  async end(): Promise<void> {
    this.host.failing.clear();
    for (let round = 0; round < 20; round += 1) {
      this.#clock.advance(24 * 60 * MINUTE);
      await this.responses.releaseExpired();
    }
  }

  async #order(
    action: (typeof channelActions)[number],
    forMinutes: number,
    peers: readonly string[] | undefined,
  ): Promise<void> {
    const order = {
      action,
      peers,
      by: "anna",
      reason: "",
      forMs: forMinutes * MINUTE,
      answers: undefined,
      container: this.#container,
    };
    await this.responses.respond({ kind: "order", order });
  }

  async #restart(): Promise<void> {
    this.responses = this.#open();
    await this.responses.recover();
  }

  #open(): Responses {
    return new Responses({
      host: this.host,
      policy: () => policy,
      audit: this.#audit,
      store: this.#store,
      gather: async () => NO_EVIDENCE,
      isOwn: () => false,
      now: this.#clock.now,
      elapsedMs: this.#clock.now,
      newId: () => {
        this.#acts += 1;
        return `act-${this.#acts}`;
      },
      onTrouble: () => undefined,
    });
  }
}
