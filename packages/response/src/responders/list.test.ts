import { readdirSync } from "node:fs";
import { type ChannelAction, channelActions } from "@pratique/core";
import { beforeEach, describe, expect, it } from "vitest";
import { hardness } from "../act.ts";
import type { Peers } from "../ports.ts";
import { prove } from "../prove.ts";
import { runSteps } from "../run-steps.ts";
import { MemoryHost } from "../testdata/memory-host.ts";
import { missingPowers, responderOf, responders } from "./list.ts";
import type { Power, Responder, Scene } from "./responder.ts";

const PEER = "203.0.113.7";
const limits = { stepMs: 1000, elapsed: () => performance.now() };

it("lists each folder, sorted", () => {
  const folders = readdirSync(new URL(".", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  expect(responders.map(({ action }) => action)).toEqual(folders);
});

it("has one for each action", () => {
  expect(channelActions.map((action) => responderOf(action).action)).toEqual(channelActions);
});

describe.each(responders)("$action", (responder) => {
  let host: MemoryHost;

  beforeEach(() => {
    host = new MemoryHost();
    host.run("a", [PEER]);
  });

  function scene(peers: Peers = [PEER], powers: readonly Power[] = everyPower): Scene {
    const container = { id: "a", runtime: "docker", name: "a", image: "a" } as const;
    return { host, container, view: host.at("a"), peers, powers: new Set(powers), graceSeconds: 1 };
  }

  async function act(at: Scene, plan = responder.plan(at)) {
    return await runSteps(responder.steps(at, plan), limits);
  }

  it("falls back to milder actions only, the hardest of them first, and to a report at last", () => {
    const ranks = [responder.action, ...responder.otherwise].map(hardness);
    expect(ranks).toEqual([...ranks].sort((left, right) => right - left));
    expect(new Set(ranks).size).toBe(ranks.length);
    expect(ranks.at(-1)).toBe(hardness("report"));
  });

  it("says what it needs, and nothing is missing where all is there", () => {
    expect(missingPowers(responder, scene())).toEqual([]);
    expect(missingPowers(responder, scene([PEER], [])).length).toBe(responder.needs(scene()).length);
  });

  it("changes nothing by planning and by looking", async () => {
    const at = scene();
    const plan = responder.plan(at);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    await prove(responder.checks(at, plan), { proofMs: 0, elapsed: limits.elapsed });
    expect(host.changes()).toEqual([]);
  });

  it("is proved after it was done, and not before", async () => {
    const at = scene();
    const plan = responder.plan(at);
    const before = await prove(responder.checks(at, plan), { proofMs: 0, elapsed: limits.elapsed });
    expect((await act(at, plan)).map(({ outcome }) => outcome)).not.toContain("failed");
    const after = await prove(responder.checks(at, plan), { proofMs: 500, elapsed: limits.elapsed });
    const needless = responder.action === "report";
    expect(before.result).toBe(needless ? "not-needed" : "not-proved");
    expect(after.result).toBe(needless ? "not-needed" : "proved");
  });

  it("does it twice with one result, and stands", async () => {
    const plan = responder.plan(scene());
    await act(scene(), plan);
    const once = [host.at("a"), host.socketsOf("a")];
    await act(scene(), plan);
    expect([host.at("a"), host.socketsOf("a")]).toEqual(once);
    expect(responder.stands(host.at("a"))).toBe(true);
  });

  it("leaves the container as it was when it is undone, undone twice too", async () => {
    const before = host.at("a");
    const plan = JSON.parse(JSON.stringify(responder.plan(scene())));
    await act(scene(), plan);
    for (const _ of [1, 2]) {
      const undone = await runSteps(responder.undo(scene(), plan), limits);
      expect(undone.filter(({ outcome }) => outcome !== "done")).toEqual([]);
    }
    expect(host.at("a")).toEqual(before);
    expect(host.denies("a", PEER)).toBe(false);
  });

  it("tries each step although all of them fail", async () => {
    const names: readonly string[] = [...everyCall];
    for (const name of names) host.failing.add(name);
    const steps = await act(scene());
    expect(steps.filter(({ outcome, detail }) => outcome === "done" && detail !== "it did not run")).toEqual(
      [],
    );
    expect(steps).toHaveLength(responder.steps(scene(), responder.plan(scene())).length);
  });

  it.each(liesOf(responder))("is not proved where %s only says that it was done", async (call) => {
    host.lying.add(call);
    const at = scene();
    const plan = responder.plan(at);
    await act(at, plan);
    const proof = await prove(responder.checks(at, plan), { proofMs: 30, elapsed: limits.elapsed });
    expect(proof).toMatchObject({ result: "not-proved", because: expect.stringMatching(/./u) });
  });
});

describe("quarantine", () => {
  it("takes the container out of its networks where the kernel cannot isolate it, and back with its names", async () => {
    const host = new MemoryHost();
    host.run("a", []);
    const container = { id: "a", runtime: "docker", name: "a", image: "a" } as const;
    const at = (): Scene => ({
      host,
      container,
      view: host.at("a"),
      peers: "all",
      powers: new Set<Power>(["pause", "disconnect"]),
      graceSeconds: 1,
    });
    const quarantine = responderOf("quarantine");
    const plan = JSON.parse(JSON.stringify(quarantine.plan(at())));
    await runSteps(quarantine.steps(at(), plan), limits);
    expect(host.at("a")).toMatchObject({ networks: [], paused: true, restartPolicy: { name: "no" } });
    await runSteps(quarantine.undo(at(), plan), limits);
    expect(host.at("a")).toMatchObject({
      networks: [{ network: "shop", settings: { Aliases: ["db"] } }],
      paused: false,
      restartPolicy: { name: "always" },
    });
  });

  it("takes the networks away where the kernel fails although it said it could", async () => {
    const host = new MemoryHost();
    host.run("a", []);
    host.failing.add("deny");
    const container = { id: "a", runtime: "docker", name: "a", image: "a" } as const;
    const at: Scene = {
      host,
      container,
      view: host.at("a"),
      peers: "all",
      powers: new Set(everyPower),
      graceSeconds: 1,
    };
    const quarantine = responderOf("quarantine");
    const [first] = await runSteps(quarantine.steps(at, quarantine.plan(at)), limits);
    expect(first).toMatchObject({ outcome: "done", detail: expect.stringContaining("deny is not possible") });
    expect(host.at("a").networks).toEqual([]);
  });
});

describe("cut", () => {
  it.each<[string, readonly Power[], string]>([
    [
      "sockets are ended and new ones are not refused",
      ["destroy"],
      "nothing on this host refuses a new connection",
    ],
    ["packets are refused and sockets stay", ["deny"], "1 left: tcp 40000 to 203.0.113.7 443 established"],
  ])("is not proved where %s", async (_, powers, because) => {
    const host = new MemoryHost();
    host.run("a", [PEER]);
    const container = { id: "a", runtime: "docker", name: "a", image: "a" } as const;
    const at: Scene = {
      host,
      container,
      view: host.at("a"),
      peers: [PEER],
      powers: new Set(powers),
      graceSeconds: 1,
    };
    const cut = responderOf("cut");
    await runSteps(cut.steps(at, {}), limits);
    const proof = await prove(cut.checks(at, {}), { proofMs: 20, elapsed: limits.elapsed });
    expect(proof).toMatchObject({ result: "not-proved", because: expect.stringContaining(because) });
  });

  it("leaves other peers alone, and finds one under its other names", async () => {
    const host = new MemoryHost();
    host.run("a", ["203.0.113.7", "198.51.100.1", "::ffff:203.0.113.7", "64:ff9b::203.0.113.7"]);
    const container = { id: "a", runtime: "docker", name: "a", image: "a" } as const;
    const at: Scene = {
      host,
      container,
      view: host.at("a"),
      peers: [PEER],
      powers: new Set(everyPower),
      graceSeconds: 1,
    };
    await runSteps(responderOf("cut").steps(at, {}), limits);
    expect(host.socketsOf("a")).toBe(1);
    expect(host.denies("a", "198.51.100.1")).toBe(false);
  });
});

const everyPower: readonly Power[] = [
  "pause",
  "stop",
  "kill",
  "disconnect",
  "deny",
  "isolate",
  "destroy",
  "conntrack",
  "probe",
];
const everyCall = ["pause", "stop", "kill", "restart-policy", "disconnect", "deny", "destroy", "forget"];

/** The calls without whose effect an action is nothing. */
function liesOf({ action }: Responder): readonly string[] {
  const lies: Readonly<Record<ChannelAction, readonly string[]>> = {
    report: [],
    cut: ["deny", "destroy"],
    pause: ["pause"],
    stop: ["stop"],
    kill: ["kill"],
    quarantine: ["destroy", "pause"],
  };
  return lies[action];
}
