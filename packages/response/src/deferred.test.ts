import type { JsonObject } from "@pratique/core";
import { fixedClock } from "@pratique/testkit";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ResponsePolicy } from "./policy/response-policy.ts";
import { Responses } from "./responses.ts";
import { MemoryAudit, MemoryHost, MemoryStore } from "./testdata/memory-host.ts";
import { hit, laddered, NO_EVIDENCE, OTHER, order, PEER } from "./testdata/triggers.ts";

const MINUTE = 60_000;

let host: MemoryHost;
let clock: ReturnType<typeof fixedClock>;
let policy: ResponsePolicy;

beforeEach(() => {
  host = new MemoryHost();
  host.unanswered = "it hangs";
  clock = fixedClock();
});

describe("a container whose engine does not answer", () => {
  it("is cut once, however often it is tried", async () => {
    const responses = open(laddered({ channel: { action: "pause" } }));
    const container = host.run("a", [PEER]);
    for (let times = 0; times < 5; times += 1) await responses.respond(hit(container));
    expect(responses.acts.map(({ action }) => action)).toEqual(["cut"]);
  });

  it("gets what was asked for when it answers again", async () => {
    const responses = open(laddered({ channel: { action: "pause", forMinutes: 10 } }));
    await responses.respond(hit(host.run("a", [PEER])));
    clock.advance(2 * MINUTE);
    await responses.resumeDeferred();
    expect(host.at("a").paused).toBe(false);
    host.unanswered = undefined;
    await responses.resumeDeferred();
    expect(host.at("a").paused).toBe(true);
    expect(responses.acts.map(({ action, state }) => `${action} ${state}`)).toEqual([
      "cut superseded",
      "pause in-force",
    ]);
    const [cut, pause] = responses.acts;
    // Not for longer than it would have been.
    expect(pause?.expiresAt).toBe(cut?.expiresAt);
    host.calls.length = 0;
    await responses.resumeDeferred();
    expect(host.calls).toEqual([]);
  });

  it("gets it where nothing could be done meanwhile, too", async () => {
    const responses = open(laddered({ channel: { action: "pause" } }));
    expect(await responses.respond(hit(host.run("a", [OTHER]), ""))).toMatchObject({ kind: "failed" });
    host.unanswered = undefined;
    await responses.resumeDeferred();
    expect(host.at("a").paused).toBe(true);
  });

  it.each<[string, (responses: Responses) => unknown]>([
    ["the policy asks for less by now", () => askFor({ action: "cut" })],
    ["its time is over", () => clock.advance(11 * MINUTE)],
    ["the container is gone", (responses) => responses.containerGone("a")],
    [
      "a person took back what was done",
      (responses) => responses.release(responses.acts[0]?.id ?? "", "anna"),
    ],
  ])("gets no more where %s", async (_, happen) => {
    const responses = open(laddered({ channel: { action: "pause", forMinutes: 10 } }));
    await responses.respond(hit(host.run("a", [PEER])));
    await happen(responses);
    host.unanswered = undefined;
    await responses.resumeDeferred();
    expect(host.at("a").paused).toBe(false);
  });

  it("gets nothing more of what a person asked for, who was told that it failed", async () => {
    const responses = open(laddered({}));
    expect(await responses.respond(order(host.run("a"), { action: "pause" }))).toMatchObject({
      kind: "failed",
    });
    host.unanswered = undefined;
    await responses.resumeDeferred();
    expect(host.at("a").paused).toBe(false);
  });

  it("is asked about one container, and not about all of them", async () => {
    const responses = open(laddered({ channel: { action: "pause" } }, { limits: { shareOfHost: 1 } }));
    for (const id of ["a", "b", "c"]) await responses.respond(hit(host.run(id, [PEER])));
    const look = vi.spyOn(host.control, "look");
    await responses.resumeDeferred();
    expect(look.mock.calls.map(([{ id }]) => id)).toEqual(["a"]);
  });
});

function askFor(channel: JsonObject): void {
  policy = laddered({ channel });
}

function open(first: ResponsePolicy): Responses {
  policy = first;
  let acts = 0;
  return new Responses({
    host,
    policy: () => policy,
    audit: new MemoryAudit(),
    store: new MemoryStore(),
    gather: async () => NO_EVIDENCE,
    isOwn: () => false,
    now: clock.now,
    elapsedMs: clock.now,
    newId: () => {
      acts += 1;
      return `act-${acts}`;
    },
    onTrouble: () => undefined,
  });
}
