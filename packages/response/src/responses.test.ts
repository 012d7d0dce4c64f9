import type { Detection, JsonObject, RuntimeContainer } from "@pratique/core";
import { fixedClock } from "@pratique/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import type { Evidence, EvidenceRequest } from "./evidence/evidence.ts";
import type { ResponsePolicy } from "./policy/response-policy.ts";
import { Responses } from "./responses.ts";
import { containerNamed, detectionOf, MemoryAudit, MemoryHost, MemoryStore } from "./testdata/memory-host.ts";
import { hit, laddered, OTHER, order, PEER } from "./testdata/triggers.ts";
import type { Trigger } from "./trigger.ts";

const MINUTE = 60_000;

let host: MemoryHost;
let audit: MemoryAudit;
let store: MemoryStore;
let clock: ReturnType<typeof fixedClock>;
/** By how much the clock of the wall is ahead of what has passed. */
let clockIsAheadMs: number;
let troubles: string[];
let gathered: string[];
let gathering: (request: EvidenceRequest) => Promise<Evidence>;

beforeEach(() => {
  host = new MemoryHost();
  audit = new MemoryAudit();
  store = new MemoryStore();
  clock = fixedClock();
  clockIsAheadMs = 0;
  troubles = [];
  gathered = [];
  gathering = async ({ actId }) => {
    gathered.push(`${actId} after ${host.changes().join(", ")}`);
    return evidence;
  };
});

describe("a channel", () => {
  it("is cut, proved, recorded before and after, and evidence comes last", async () => {
    const responses = open(laddered({}));
    const outcome = await responses.respond(hit(host.run("a", [PEER, OTHER])));
    expect(outcome).toMatchObject({
      kind: "acted",
      asked: "cut",
      action: "cut",
      flows: [`tcp 40000 to ${PEER} 443 established`],
      proof: { result: "proved" },
      evidence: { complete: true },
      decidedBy: "ladder default",
    });
    expect(outcome.steps.map(({ name, outcome: of }) => `${name} ${of}`)).toEqual([
      "deny-peers done",
      "destroy-sockets done",
      "forget-connections done",
    ]);
    expect(gathered).toEqual(["act-1 after deny a, destroy a, forget a"]);
    expect(audit.actions()).toEqual(["response.intended", "response.done", "response.evidence"]);
    expect(host.socketsOf("a")).toBe(1);
    expect(troubles).toEqual([]);
  });

  it("is cut before anything harder begins, and before evidence is gathered", async () => {
    const responses = open(laddered({ channel: { action: "kill", forMinutes: 5 } }));
    const outcome = await responses.respond(hit(host.run("a", [PEER])));
    expect(outcome).toMatchObject({ kind: "acted", action: "kill", first: { kind: "acted", action: "cut" } });
    expect(gathered).toEqual(["act-2 after deny a, destroy a, forget a, pause a"]);
    expect(host.changes()).toEqual(["kill a", "restart-policy a"]);
    expect(outcome.proof?.result).toBe("proved");
  });

  it("is cut from all that a listed name was answered with, by one act", async () => {
    const responses = open(laddered({}));
    const answered = hit(host.run("a", [PEER, OTHER]), "", { answered: [PEER, OTHER, PEER] });
    const outcome = await responses.respond(answered);
    expect(outcome).toMatchObject({ kind: "acted", action: "cut", proof: { result: "proved" } });
    expect(responses.acts.map(({ peers }) => peers)).toEqual([[PEER, OTHER]]);
    expect(host.socketsOf("a")).toBe(0);
  });

  it("is only reported where a name was asked for and nobody answered", async () => {
    const outcome = await open(laddered({})).respond(hit(host.run("a", [OTHER]), ""));
    expect(outcome).toMatchObject({ kind: "reported", asked: "report" });
    expect(host.changes()).toEqual([]);
  });

  it("ends by what is harder also where nobody is known to be cut from, and never by cutting from all", async () => {
    const responses = open(laddered({ channel: { action: "pause" } }, { limits: { shareOfHost: 1 } }));
    const outcome = await responses.respond(hit(host.run("a", [OTHER]), ""));
    expect(outcome).toMatchObject({ kind: "acted", action: "pause" });
    host.run("b", [OTHER]);
    host.controlPowers = [];
    const failed = await responses.respond(hit(containerNamed("b"), ""));
    expect(failed).toMatchObject({ kind: "failed" });
    expect(failed.demotions.map(({ because }) => because)).toContain("nobody is known to be cut from");
    expect(host.socketsOf("b")).toBe(1);
  });

  it("is cut as well for a second peer, each undone for itself", async () => {
    const responses = open(laddered({}));
    const container = host.run("a", [PEER, OTHER]);
    const first = await responses.respond(hit(container));
    await responses.respond(hit(container, OTHER));
    expect(responses.acts.map(({ state }) => state)).toEqual(["in-force", "in-force"]);
    expect(await responses.release(first.actId ?? "", "anna")).toBe(true);
    expect([host.denies("a", PEER), host.denies("a", OTHER)]).toEqual([false, true]);
  });

  it("is cut at once where whoever refuses packets says what that has ended", async () => {
    host.flowPowers = ["deny", "isolate"];
    const looked: string[] = [];
    const { sockets } = host.kernel;
    host.kernel.sockets = async (...given) => {
      looked.push(host.changes().join(", "));
      return await sockets(...given);
    };
    const outcome = await open(laddered({})).respond(hit(host.run("a", [PEER, OTHER])));
    expect(outcome).toMatchObject({
      flows: [`tcp 40000 to ${PEER} 443 established`],
      steps: [{ name: "deny-peers", detail: expect.stringContaining("1 sockets ended") }],
      proof: { checks: [{ name: "socket-table", outcome: "holds" }, {}, {}] },
    });
    expect(looked).toEqual(["deny a"]);
  });

  it("says that it does not know what was open, where whoever should say it fails", async () => {
    host.flowPowers = ["deny", "isolate"];
    host.failing.add("deny");
    const container = host.run("a", [PEER]);
    const [failed] = [await open(laddered({})).respond(hit(container))];
    expect(failed).toMatchObject({ kind: "failed" });
    expect(audit.events.find(({ action }) => action === "response.failed")?.data).toMatchObject({
      flows: [expect.stringContaining("unseen")],
    });
  });

  it("is not reported as proved where it was not, and somebody hears of it", async () => {
    host.lying.add("destroy");
    const responses = open(laddered({}));
    const outcome = await responses.respond(hit(host.run("a", [PEER])));
    expect(outcome).toMatchObject({ kind: "acted", proof: { result: "not-proved" } });
    expect(troubles).toEqual([
      expect.stringContaining("cut of name-of-a is not proved: socket-table: 1 left"),
    ]);
    expect(responses.acts).toHaveLength(1);
  });

  it("is proved dead where the process ends by losing it", async () => {
    const { destroy } = host.flows;
    host.flows.destroy = async (...given) => {
      const ended = await destroy(...given);
      host.set("a", { running: false, pid: 0 });
      host.failing.add("sockets");
      return ended;
    };
    const outcome = await open(laddered({})).respond(hit(host.run("a", [PEER])));
    expect(outcome.proof).toMatchObject({
      result: "proved",
      checks: [{ detail: "the container does not run" }, {}, {}],
    });
  });

  it("is cut without what the kernel does not do, step by step", async () => {
    host.failing.add("forget");
    const outcome = await open(laddered({})).respond(hit(host.run("a", [PEER])));
    expect(outcome.steps.map(({ name, outcome: of }) => `${name} ${of}`)).toEqual([
      "deny-peers done",
      "destroy-sockets done",
      "forget-connections failed",
    ]);
    expect(outcome.kind).toBe("acted");
    expect(troubles).toEqual(["cut of name-of-a, forget-connections failed: forget is not possible"]);
  });

  it("is not waited for beyond a step's time", async () => {
    host.hanging.add("destroy");
    const outcome = await open(laddered({}, { stepSeconds: 0.05 })).respond(hit(host.run("a", [PEER])));
    expect(outcome.steps[1]).toMatchObject({ name: "destroy-sockets", outcome: "timed-out" });
    expect(outcome.steps[2]).toMatchObject({ name: "forget-connections", outcome: "done" });
  });
});

describe("a harder action that cannot be done", () => {
  it.each<[string, JsonObject, () => void, string, string]>([
    [
      "a power is missing",
      { action: "quarantine" },
      () => Object.assign(host, { controlPowers: ["pause"], flowPowers: ["deny", "destroy"] }),
      "pause",
      "pause instead of quarantine for container name-of-a: quarantine: this host lacks isolate or disconnect",
    ],
    [
      "it fails",
      { action: "pause" },
      () => host.failing.add("pause"),
      "cut",
      "cut instead of pause for container name-of-a: pause: pause: pause is not possible",
    ],
    [
      "the engine does not answer",
      { action: "quarantine" },
      () => Object.assign(host, { unanswered: "it hangs" }),
      "cut",
      "pause: pause is for the engine, which does not answer and is asked again until it does: it hangs",
    ],
    [
      "the policy says what comes in its place",
      { action: "kill", otherwise: ["cut"] },
      () => host.failing.add("kill").add("restart-policy"),
      "cut",
      "cut instead of kill for container name-of-a: kill: hold: paused; kill: kill is not possible",
    ],
  ])("becomes a milder one where %s, and is told", async (_, channel, breakHost, action, told) => {
    breakHost();
    const responses = open(laddered({ channel: { ...channel, cutFirst: false } }));
    const outcome = await responses.respond(hit(host.run("a", [PEER])));
    expect(outcome).toMatchObject({
      kind: "acted",
      asked: channel.action,
      action,
      proof: { result: "proved" },
    });
    expect(troubles.join("\n")).toContain(told);
    expect(responses.acts.map((act) => act.action)).toEqual([action]);
  });

  it("fails in words where nothing at all can be done", async () => {
    Object.assign(host, { controlPowers: [], flowPowers: [] });
    const outcome = await open(laddered({ channel: { action: "pause" } })).respond(
      hit(host.run("a", [PEER])),
    );
    expect(outcome).toMatchObject({ kind: "failed", action: "report" });
    expect(troubles).toEqual([
      "nothing was done about container name-of-a: pause: this host lacks pause; cut: this host lacks deny or destroy",
    ]);
    expect(audit.actions()).toEqual(["response.failed"]);
  });

  it("is not tried with every hit of a flood, and then tried again", async () => {
    host.failing.add("pause").add("deny").add("destroy");
    const responses = open(laddered({ channel: { action: "pause", cutFirst: false } }));
    const container = host.run("a", [PEER]);
    for (let hits = 0; hits < 50; hits += 1) {
      expect(await responses.respond(hit(container))).toMatchObject({ kind: "failed" });
    }
    expect(host.changes()).toEqual(["pause a", "deny a", "destroy a", "forget a", "allow a"]);
    expect(troubles).toHaveLength(1);
    host.failing.clear();
    clock.advance(5000);
    expect(await responses.respond(hit(container))).toMatchObject({ kind: "acted", action: "pause" });
  });

  it("does not leave frozen what was only frozen to be looked at", async () => {
    host.failing.add("stop").add("restart-policy");
    const responses = open(laddered({ channel: { action: "stop", otherwise: [], cutFirst: false } }));
    await responses.respond(hit(host.run("a", [PEER])));
    expect(host.at("a")).toMatchObject({ running: true, paused: false });
    expect(responses.acts).toEqual([]);
  });

  it("uses what the engine can do where the sensor is away", async () => {
    host.failing.add("powers");
    const outcome = await open(laddered({ channel: { action: "quarantine" } })).respond(
      hit(host.run("a", [])),
    );
    expect(outcome).toMatchObject({ kind: "acted", action: "quarantine", proof: { result: "proved" } });
    expect(host.at("a").networks).toEqual([]);
  });
});

describe("one container", () => {
  it("is acted on once by many hits at the same time", async () => {
    const responses = open(laddered({ channel: { action: "pause", cutFirst: false } }));
    const container = host.run("a", [PEER]);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => responses.respond(hit(container))));
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(
      ["acted", ...Array(19).fill("already")].toSorted(),
    );
    expect(audit.actions()).toEqual(["response.intended", "response.done", "response.evidence"]);
  });

  it("takes no more than so many at a time", async () => {
    host.hanging.add("look");
    const responses = open(laddered({}, { stepSeconds: 0.01 }));
    const container = host.run("a", [PEER]);
    const outcomes = await Promise.all(Array.from({ length: 66 }, () => responses.respond(hit(container))));
    expect(outcomes.filter(({ kind }) => kind === "busy")).toHaveLength(2);
    expect(outcomes.filter(({ kind }) => kind === "failed")).toHaveLength(64);
    expect(troubles.filter((message) => message.startsWith("too many"))).toHaveLength(1);
  });

  it("is ended however many peers it was cut from before", async () => {
    const responses = open(laddered({}));
    const container = host.run("a", [PEER]);
    const cut = (at: number) => responses.respond(hit(container, `198.51.100.${at}`));
    for (let at = 0; at < 100; at += 1) expect((await cut(at)).kind).toBe("acted");
    expect(await cut(100)).toMatchObject({
      kind: "failed",
      demotions: [{ from: "cut", because: "too many acts are in force" }],
    });
    expect(await responses.respond(order(container, { action: "cut" }))).toMatchObject({ kind: "acted" });
    expect(await responses.respond(order(container, { action: "kill" }))).toMatchObject({ kind: "acted" });
    expect(open(laddered({})).acts).toHaveLength(102);
  });

  it("is acted on by a person however many hits wait, and by no more people than so many", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { look } = host.control;
    host.control.look = async (...given) => {
      await promise;
      return await look(...given);
    };
    const responses = open(laddered({}));
    const container = host.run("a", [PEER]);
    const hits = Array.from({ length: 64 }, () => responses.respond(hit(container)));
    const orders = Array.from({ length: 65 }, () => responses.respond(order(container, { action: "kill" })));
    resolve();
    const kinds = (await Promise.all(orders)).map(({ kind }) => kind);
    expect([kinds[0], kinds[63], kinds[64]]).toEqual(["acted", "already", "busy"]);
    await Promise.all(hits);
  });

  it("is closed when it is gone, and let go by a person, however many hits wait", async () => {
    const responses = open(laddered({ channel: { action: "cut" } }, { stepSeconds: 0.01 }));
    const containers = ["a", "b"].map((id) => host.run(id, [PEER]));
    for (const container of containers) await responses.respond(hit(container));
    host.hanging.add("look");
    const hits = containers.flatMap((each) => Array.from({ length: 64 }, () => responses.respond(hit(each))));
    const released = responses.release(responses.acts.at(-1)?.id ?? "", "anna");
    await Promise.all([...hits, responses.containerGone("a"), released]);
    expect(responses.acts).toEqual([]);
  });

  it("comes back to what is milder when what is harder ends", async () => {
    const responses = open(laddered({ channel: { action: "cut", forMinutes: 60 } }));
    const container = host.run("a", [PEER]);
    await responses.respond(hit(container));
    const { actId } = await responses.respond(order(container, { action: "kill", forMs: 10 * MINUTE }));
    expect(responses.acts.map(({ action, state }) => `${action} ${state}`)).toEqual([
      "cut superseded",
      "kill in-force",
    ]);
    host.forgetDenials();
    clock.advance(10 * MINUTE);
    await responses.releaseExpired();
    expect(responses.acts.map(({ action, state }) => `${action} ${state}`)).toEqual(["cut in-force"]);
    expect(host.at("a")).toMatchObject({ running: true, restartPolicy: { name: "always" } });
    expect(host.denies("a", PEER)).toBe(true);
    expect(audit.events.findLast(({ action }) => action === "response.released")?.data.act).toBe(actId);
    clock.advance(50 * MINUTE);
    await responses.releaseExpired();
    expect([responses.acts, host.denies("a", PEER)]).toEqual([[], false]);
  });

  it("does not run again before the longest of its acts is over", async () => {
    const responses = open(laddered({}));
    const container = host.run("a", []);
    await responses.respond(order(container, { action: "pause", forMs: 60 * MINUTE }));
    await responses.respond(order(container, { action: "quarantine", forMs: 10 * MINUTE }));
    clock.advance(10 * MINUTE);
    await responses.releaseExpired();
    expect(host.at("a")).toMatchObject({ paused: true, networks: [{ network: "shop" }] });
    clock.advance(50 * MINUTE);
    await responses.releaseExpired();
    expect(host.at("a").paused).toBe(false);
  });

  it("that answers a detection tells which, for whoever reads of that", async () => {
    const responses = open(laddered({}));
    const ordered = order(host.run("a"), { action: "pause", answers: "d-7" });
    expect(await responses.respond(ordered)).toMatchObject({ kind: "acted", trigger: "d-7" });
    expect(audit.events.map(({ data }) => data.trigger)).toEqual(["d-7", "d-7", undefined]);
  });

  it("lets a person end what is superseded together with what stands over it", async () => {
    const responses = open(laddered({}));
    const container = host.run("a", [PEER]);
    const cut = await responses.respond(hit(container));
    const pause = await responses.respond(order(container, { action: "pause" }));
    expect(await responses.release(cut.actId ?? "", "anna")).toBe(false);
    expect(await responses.release(pause.actId ?? "", "anna")).toBe(true);
    expect([responses.acts, host.denies("a", PEER), host.at("a").paused]).toEqual([[], false, false]);
  });

  it("is extended by a later hit, and not recorded each time", async () => {
    const responses = open(laddered({ channel: { action: "cut", forMinutes: 60 } }));
    const container = host.run("a", [PEER]);
    await responses.respond(hit(container));
    for (let minute = 0; minute < 45; minute += 1) {
      clock.advance(MINUTE);
      await responses.respond(hit(container));
    }
    expect(audit.actions().filter((action) => action === "response.extended")).toHaveLength(1);
    expect(responses.acts[0]?.expiresAt).toBe(clock.now() + 45 * MINUTE);
  });

  it("is acted on for as long as a person ordered, where less of it is left", async () => {
    const responses = open(laddered({ channel: { action: "pause", forMinutes: 60 } }));
    const container = host.run("a", [PEER]);
    await responses.respond(hit(container));
    const ends = () => responses.acts.find(({ action }) => action === "pause")?.expiresAt;
    await responses.respond(order(container, { action: "pause", forMs: 90 * MINUTE }));
    expect(ends()).toBe(clock.now() + 90 * MINUTE);
    await responses.respond(order(container, { action: "pause", forMs: MINUTE }));
    expect(ends()).toBe(clock.now() + 90 * MINUTE);
  });

  it("is acted on again where somebody undid it, who is told of", async () => {
    const responses = open(laddered({ channel: { action: "pause", cutFirst: false } }));
    const container = host.run("a", [PEER]);
    await responses.respond(hit(container));
    host.set("a", { paused: false });
    expect(await responses.respond(hit(container))).toMatchObject({ kind: "acted", action: "pause" });
    expect(troubles).toEqual(["pause of container name-of-a was undone by somebody else"]);
    expect(responses.acts).toHaveLength(1);
  });

  it("is kept from restarting, and may again in the end, where somebody undid it in between", async () => {
    const responses = open(laddered({ channel: { action: "quarantine", cutFirst: false } }));
    const container = host.run("a", [PEER]);
    const restarts = () => host.at("a").restartPolicy.name;
    await responses.respond(hit(container));
    host.set("a", { paused: false });
    await responses.respond(hit(container));
    expect([host.at("a").paused, restarts()]).toEqual([true, "no"]);
    await responses.release(responses.acts[0]?.id ?? "", "anna");
    expect([host.at("a").paused, restarts()]).toEqual([false, "always"]);
  });

  it("stays without a network where it could not be frozen, which is tried again", async () => {
    const responses = open(laddered({ channel: { action: "quarantine", cutFirst: false } }));
    const container = host.run("a", [PEER]);
    host.failing.add("pause");
    await responses.respond(hit(container));
    host.changes();
    for (let hits = 0; hits < 10; hits += 1) await responses.respond(hit(container));
    expect(host.changes().filter((call) => call === "pause a")).toHaveLength(1);
    clock.advance(MINUTE);
    host.failing.clear();
    expect(await responses.respond(hit(container))).toMatchObject({ kind: "already", action: "quarantine" });
    expect([host.at("a").paused, host.at("a").restartPolicy.name]).toEqual([true, "no"]);
    expect(host.calls).not.toContain("allow a");
    host.set("a", { paused: false });
    await responses.respond(hit(container));
    expect(troubles.at(-1)).toBe("quarantine of container name-of-a was undone by somebody else");
  });

  it("that is gone is told as gone, and what was in force is closed", async () => {
    const responses = open(laddered({}));
    const container = host.run("a", [PEER]);
    await responses.respond(hit(container));
    host.remove("a");
    await responses.containerGone("a");
    expect(host.calls.at(-1)).toBe("allow a");
    expect(responses.acts).toEqual([]);
    expect(await responses.respond(hit(container))).toMatchObject({ kind: "gone" });
  });
});

describe("undoing", () => {
  it("knows no other act", async () => {
    await expect(open(laddered({})).release("nothing", "anna")).rejects.toMatchObject({
      code: "ACT_UNKNOWN",
    });
  });

  it("is tried again until it is done, ever more seldom", async () => {
    const responses = open(laddered({}));
    const { actId } = await responses.respond(order(host.run("a"), { action: "pause" }));
    host.failing.add("unpause");
    expect(await responses.release(actId ?? "", "anna")).toBe(false);
    await responses.releaseExpired();
    expect(troubles).toEqual([
      "pause of container name-of-a is not undone: unpause: unpause is not possible",
    ]);
    clock.advance(2000);
    await responses.releaseExpired();
    expect(responses.acts[0]?.failedReleases).toBe(2);
    host.failing.clear();
    clock.advance(4000);
    await responses.releaseExpired();
    expect([responses.acts, host.at("a").paused]).toEqual([[], false]);
  });
});

describe("after a crash", () => {
  it("finishes what was intended, and no more", async () => {
    const container = host.run("a", [PEER]);
    const first = open(laddered({}));
    host.hanging.add("deny");
    // Never ends: the agent dies while the kernel is asked.
    void first.respond(hit(container));
    await expect.poll(() => host.calls).toContain("deny a");
    host.hanging.clear();
    host.changes();
    const second = open(laddered({}));
    expect(second.acts).toMatchObject([{ action: "cut", state: "planned" }]);
    await second.recover();
    expect(second.acts).toMatchObject([{ action: "cut", state: "in-force" }]);
    expect([host.denies("a", PEER), host.socketsOf("a")]).toEqual([true, 0]);
    expect(audit.actions().at(-1)).toBe("response.renewed");
  });

  it("undoes what has expired meanwhile, and closes what is gone", async () => {
    const first = open(laddered({}));
    await first.respond(order(host.run("a"), { action: "stop", forMs: MINUTE }));
    await first.respond(order(host.run("b"), { action: "pause", forMs: MINUTE }));
    host.remove("b");
    clock.advance(2 * MINUTE);
    const second = open(laddered({}));
    await second.recover();
    expect(second.acts).toEqual([]);
    expect(host.at("a")).toMatchObject({ running: true, restartPolicy: { name: "always" } });
    expect(
      audit.events
        .slice(-4)
        .map(({ data }) => data.ending ?? "")
        .toSorted(),
    ).toContain("gone");
  });

  it.each<[string, (responses: Responses, actId: string) => Promise<unknown>]>([
    ["at start", (responses) => responses.recover()],
    ["when it is released", (responses, actId) => responses.release(actId, "anna")],
    ["when it starts, and is gone again", (responses) => responses.containerStarted("a")],
  ])("closes what is gone with what stands under it, %s", async (_, meet) => {
    const responses = open(laddered({}));
    const container = host.run("a", [PEER]);
    await responses.respond(hit(container));
    await responses.respond(order(container, { action: "pause" }));
    const { actId } = await responses.respond(order(container, { action: "quarantine" }));
    host.remove("a");
    await meet(responses, actId ?? "");
    expect(responses.acts).toEqual([]);
    expect(audit.actions().filter((action) => action === "response.closed")).toHaveLength(3);
  });

  it("denies again what the kernel forgot, also when the container starts anew", async () => {
    const container = host.run("a", [PEER]);
    await open(laddered({})).respond(hit(container));
    host.forgetDenials();
    const second = open(laddered({}));
    await second.recover();
    expect(host.denies("a", PEER)).toBe(true);
    host.forgetDenials();
    await second.containerStarted("a");
    expect(host.denies("a", PEER)).toBe(true);
  });

  it("takes the word of whoever started what was stopped, and tells", async () => {
    const container = host.run("a", [PEER]);
    const responses = open(laddered({}));
    await responses.respond(order(container, { action: "stop" }));
    host.set("a", { running: true, pid: 9 });
    await responses.containerStarted("a");
    expect(responses.acts).toEqual([]);
    expect(troubles).toEqual(["stop of container name-of-a was undone by somebody else"]);
  });

  it("keeps a state that it cannot read for a person, and says so", () => {
    store.text = '{"form":1,"acts":[{"id":7}]';
    expect(open(laddered({})).acts).toEqual([]);
    expect(store.aside).toEqual(['{"form":1,"acts":[{"id":7}]']);
    expect(troubles).toEqual([expect.stringContaining("set aside")]);
  });

  it("goes on undoing what a person released", async () => {
    const container = host.run("a", [PEER]);
    const first = open(laddered({}));
    const { actId } = await first.respond(hit(container));
    host.hanging.add("allow");
    void first.release(actId ?? "", "anna");
    await expect.poll(() => host.calls).toContain("allow a");
    host.hanging.clear();
    const second = open(laddered({}));
    await second.recover();
    expect([second.acts, host.denies("a", PEER)]).toEqual([[], false]);
  });

  it("leaves acts alone while the engine does not answer", async () => {
    await open(laddered({})).respond(order(host.run("a"), { action: "pause" }));
    host.failing.add("look");
    const second = open(laddered({}));
    await second.recover();
    expect(second.acts).toHaveLength(1);
    expect(troubles).toEqual(["whether pause of name-of-a holds is not known: look is not possible"]);
  });
});

describe("a clock that is set", () => {
  const TEN_YEARS = 3653 * 24 * 60 * MINUTE;

  it.each([
    ["forward by ten years", TEN_YEARS],
    ["back by ten years", -TEN_YEARS],
    ["forward by an hour", 60 * MINUTE],
    ["back by an hour", -60 * MINUTE],
  ])("%s changes nothing about how long an act is in force", async (_, stepMs) => {
    const responses = open(laddered({}));
    await responses.respond(order(host.run("a", [PEER]), { action: "pause", forMs: 10 * MINUTE }));
    clock.advance(4 * MINUTE);
    clockIsAheadMs = stepMs;
    await responses.releaseExpired();
    clock.advance(6 * MINUTE - 1);
    await responses.releaseExpired();
    expect(responses.acts).toHaveLength(1);
    clock.advance(1);
    await responses.releaseExpired();
    expect([responses.acts, host.at("a").paused]).toEqual([[], false]);
    expect(troubles).toEqual([expect.stringContaining("the clock of this host went")]);
  });

  it("and is right again when the agent starts anew keeps no act until then", async () => {
    clockIsAheadMs = TEN_YEARS;
    await open(laddered({})).respond(order(host.run("a"), { action: "pause", forMs: 10 * MINUTE }));
    clockIsAheadMs = 0;
    const second = open(laddered({}));
    await second.recover();
    expect(host.at("a").paused).toBe(true);
    clock.advance(10 * MINUTE);
    await second.releaseExpired();
    expect([second.acts, host.at("a").paused]).toEqual([[], false]);
  });

  it("neither ends nor prolongs the rest after a failure", async () => {
    host.controlPowers = [];
    const responses = open(laddered({ channel: { action: "pause", otherwise: [] } }));
    const container = host.run("a", [PEER]);
    expect(await responses.respond(hit(container))).toMatchObject({ kind: "failed" });
    host.controlPowers = new MemoryHost().controlPowers;
    clockIsAheadMs = TEN_YEARS;
    clock.advance(4999);
    expect(await responses.respond(hit(container))).toMatchObject({ kind: "failed" });
    clockIsAheadMs = 0;
    clock.advance(1);
    expect(await responses.respond(hit(container))).toMatchObject({ kind: "acted" });
  });

  it("back forgets what the breaker counted ahead", async () => {
    const breaking = { limits: { containersPerCause: 1, shareOfHost: 1 } };
    const responses = open(laddered({ channel: { action: "pause", cutFirst: false } }, breaking));
    clockIsAheadMs = TEN_YEARS;
    await responses.respond(hit(host.run("a", [PEER])));
    clockIsAheadMs = 0;
    expect(await responses.respond(hit(host.run("b", [PEER])))).toMatchObject({ kind: "acted" });
  });
});

describe("the circuit breaker", () => {
  const pausing = { channel: { action: "pause", cutFirst: false, otherwise: [] } };

  it("demotes one indicator after so many containers, until a person resets it", async () => {
    const responses = open(laddered(pausing, { limits: { containersPerCause: 2, shareOfHost: 1 } }));
    const containers = ["a", "b", "c", "d"].map((id) => host.run(id, [PEER]));
    const kinds = [];
    for (const container of containers) kinds.push((await responses.respond(hit(container))).kind);
    expect(kinds).toEqual(["acted", "acted", "reported", "reported"]);
    expect([host.at("c").paused, host.at("d").paused]).toEqual([false, false]);
    expect(responses.trips).toMatchObject([{ cause: "indicator feed address 203.0.113.7" }]);
    expect(troubles).toEqual([expect.stringContaining("until a person resets it")]);
    clock.advance(60 * MINUTE);
    expect((await responses.respond(hit(host.run("e", [PEER])))).kind).toBe("reported");
    expect(responses.reset("indicator feed address 203.0.113.7", "anna")).toBe(true);
    expect(responses.reset("indicator feed address 203.0.113.7", "anna")).toBe(false);
    expect((await responses.respond(hit(host.run("f", [PEER])))).kind).toBe("acted");
    expect(audit.events.filter(({ action }) => action === "response.breaker-reset")).toMatchObject([
      { actor: "anna" },
    ]);
  });

  it("does not count a container that was removed, though nobody has said so yet", async () => {
    const responses = open(laddered(pausing));
    const removed = ["a", "b"].map((id) => host.run(id, [PEER]));
    const [next] = [host.run("c", [PEER]), host.run("d", [PEER])];
    for (const container of removed) await responses.respond(hit(container));
    for (const { id } of removed) host.remove(id);
    expect(await responses.respond(hit(next))).toMatchObject({ kind: "acted" });
    expect(responses.trips).toEqual([]);
  });

  it("never ends all containers of a host at once, also not by different causes at the same time", async () => {
    const responses = open(laddered(pausing));
    const containers = ["a", "b", "c", "d"].map((id) => host.run(id, [PEER]));
    const outcomes = await Promise.all(
      containers.map((container, place) => responses.respond(hit(container, `203.0.113.${place}`))),
    );
    expect(outcomes.filter(({ kind }) => kind === "acted")).toHaveLength(2);
    expect(responses.trips).toMatchObject([{ cause: "host" }]);
  });

  it("remembers over a restart", async () => {
    const policy = laddered(pausing, { limits: { containersPerCause: 1, shareOfHost: 1 } });
    await open(policy).respond(hit(host.run("a", [PEER])));
    expect((await open(policy).respond(hit(host.run("b", [PEER])))).kind).toBe("reported");
    expect(open(policy).trips).toHaveLength(1);
  });

  it("does not count by an indicator of which a person has said that it is right", async () => {
    const responses = open(laddered(pausing, { limits: { containersPerCause: 1 } }));
    for (const id of ["a", "b", "c"]) {
      const outcome = await responses.respond(hit(host.run(id, [PEER]), PEER, { confirmed: true }));
      expect(outcome).toMatchObject({ kind: "acted", decidedBy: "ladder default, confirmed by a person" });
    }
    expect(responses.trips).toEqual([]);
  });

  it("does not hinder a person", async () => {
    const responses = open(laddered(pausing, { limits: { containersPerCause: 1 } }));
    for (const id of ["a", "b", "c"]) {
      expect((await responses.respond(order(host.run(id), { action: "pause" }))).kind).toBe("acted");
    }
  });
});

describe("what is left alone", () => {
  it.each<[string, Partial<RuntimeContainer>]>([
    ["its own containers", { name: "pratique-agent" }],
    ["what the policy spares by name", { name: "registry-1" }],
    ["what the policy spares by label", { labels: { role: "infrastructure" } }],
  ])("%s, whoever asks", async (_, more) => {
    const responses = open(
      laddered({}, { spare: [{ names: ["registry-*"] }, { labels: { role: ["infra*"] } }] }),
    );
    host.run("a", [PEER]);
    const container = containerNamed("a", more);
    for (const trigger of [hit(container), order(container, { action: "kill" })]) {
      expect(await responses.respond(trigger)).toMatchObject({
        kind: "reported",
        action: "report",
        spared: expect.stringMatching(
          /^(?:it is a container of our own: the agent or its server runs in it|the policy spares it)$/u,
        ),
      });
    }
    expect(host.changes()).toEqual([]);
    expect(audit.actions()[0]).toBe("response.reported");
  });

  it("everything in a dry run, which says what it would do", async () => {
    const responses = open(laddered({ channel: { action: "quarantine" } }, { mode: "dry-run" }));
    const container = host.run("a", [PEER]);
    for (const _ of [1, 2, 3]) {
      expect(await responses.respond(hit(container))).toMatchObject({
        kind: "dry-run",
        action: "quarantine",
        flows: [`tcp 40000 to ${PEER} 443 established`],
      });
    }
    expect(host.changes()).toEqual([]);
    expect(audit.actions()).toEqual(["response.dry-run"]);
  });

  it("the host's own processes", async () => {
    const trigger: Trigger = { kind: "detection", detection: detectionOf(undefined, { action: "stop" }) };
    expect(await open(laddered({})).respond(trigger)).toMatchObject({
      kind: "reported",
      container: undefined,
    });
  });
});

describe("a detection", () => {
  it.each<[string, Partial<Detection>, JsonObject, string, string]>([
    ["what the rule asks", { action: "pause" }, {}, "acted", "pause"],
    ["no more than is allowed", { action: "stop" }, { ruleActions: { hardest: "pause" } }, "acted", "pause"],
    ["nothing where the rule asks nothing", {}, {}, "reported", "report"],
    [
      "what the ladder says for its priority",
      { priority: "alert" },
      { detections: [{ priority: "critical", rung: { action: "pause" } }] },
      "acted",
      "pause",
    ],
    [
      "nothing where the ladder's rung is for what is more urgent",
      { priority: "error" },
      { detections: [{ priority: "critical", rung: { action: "pause" } }] },
      "reported",
      "report",
    ],
    [
      "what the ladder says for its tag rather than what the rule asks",
      { action: "pause" },
      { detections: [{ tags: ["mitre_*"], rung: { action: "report" } }] },
      "reported",
      "report",
    ],
    [
      "what the ladder says for its rule",
      {},
      { detections: [{ rules: ["Terminal*"], rung: { action: "cut" } }] },
      "acted",
      "cut",
    ],
  ])("is answered with %s", async (_, more, ladder, kind, action) => {
    const detection = detectionOf(host.run("a", [PEER]), more);
    const outcome = await open(laddered(ladder)).respond({ kind: "detection", detection });
    expect(outcome).toMatchObject({ kind, action });
  });

  it.each(["kill", "deny"] as const)("whose %s the kernel has done is recorded", async (action) => {
    const detection = detectionOf(host.run("a"), { action, outcome: "prevented" });
    expect(await open(laddered({})).respond({ kind: "detection", detection })).toMatchObject({
      kind: "recorded",
    });
    expect(audit.events).toMatchObject([
      { action: "response.recorded", data: { action, outcome: "prevented", trigger: "detection-1" } },
    ]);
    expect(host.changes()).toEqual([]);
  });
});

describe("trouble elsewhere", () => {
  it("does not keep a channel open: a log and a state that cannot be written are told", async () => {
    audit.broken = true;
    store.broken = true;
    const outcome = await open(laddered({})).respond(hit(host.run("a", [PEER])));
    expect(outcome).toMatchObject({ kind: "acted", proof: { result: "proved" } });
    expect(troubles).toContain("response.intended is not in the audit log: the disk is full");
    expect(troubles).toContain("acts in force are not remembered over a restart: the disk is full");
  });

  it("in gathering does not hold back the next cut", async () => {
    const { promise, resolve } = Promise.withResolvers<Evidence>();
    gathering = () => promise;
    const responses = open(laddered({}));
    const container = host.run("a", [PEER, OTHER]);
    const first = responses.respond(hit(container));
    const second = responses.respond(hit(container, OTHER));
    await expect.poll(() => host.socketsOf("a")).toBe(0);
    resolve(evidence);
    expect((await Promise.all([first, second])).map(({ kind }) => kind)).toEqual(["acted", "acted"]);
  });
});

const evidence: Evidence = {
  directory: "/evidence/act",
  manifestSha256: "0".repeat(64),
  bytes: 1,
  complete: true,
  failure: "",
  atMs: 1,
  tookMs: 1,
};

function open(policy: ResponsePolicy): Responses {
  let acts = store.text === undefined ? 0 : 100;
  return new Responses({
    host,
    policy: () => policy,
    audit,
    store,
    gather: (request) => gathering(request),
    isOwn: ({ name }) => name.startsWith("pratique-"),
    now: () => clock.now() + clockIsAheadMs,
    elapsedMs: clock.now,
    newId: () => {
      acts += 1;
      return `act-${acts}`;
    },
    onTrouble: (message) => troubles.push(message),
  });
}
