import type { Act } from "@pratique/response";
import { beforeEach, expect, it } from "vitest";
import { VanishedContainers } from "./vanished-containers.ts";

let kept: Set<string>;
let asked: number;
let now: number;
let vanished: VanishedContainers;

beforeEach(() => {
  kept = new Set();
  asked = 0;
  now = 0;
  vanished = new VanishedContainers({
    kept: async () => {
      asked += 1;
      return kept;
    },
    elapsedMs: () => now,
  });
});

it("asks about nothing while all of them run", async () => {
  expect(await vanished.among([actOn("a")], new Set(["a"]))).toEqual([]);
  expect(asked).toBe(0);
});

it("gives those that the engine has removed, at once", async () => {
  kept.add("stopped");
  const acts = [actOn("a"), actOn("a"), actOn("b"), actOn("stopped")];
  expect(await vanished.among(acts, new Set(["b"]))).toEqual(["a"]);
});

it("asks again about one that was still being removed, or was stopped and is removed a day later", async () => {
  kept.add("a");
  expect(await vanished.among([actOn("a")], new Set())).toEqual([]);
  kept.clear();
  now += 4999;
  expect(await vanished.among([actOn("a")], new Set())).toEqual([]);
  expect(asked).toBe(1);
  now += 1;
  expect(await vanished.among([actOn("a")], new Set())).toEqual(["a"]);
});

it("gives nobody where the engine cannot be asked", async () => {
  const away = new VanishedContainers({
    kept: () => Promise.reject(new Error("away")),
    elapsedMs: () => now,
  });
  expect(await away.among([actOn("a")], new Set())).toEqual([]);
});

it("believes of another runtime's container that it is gone when it ran a moment ago, and not before it was seen", async () => {
  const acts = [actOn("c", "containerd")];
  expect(await vanished.among(acts, new Set())).toEqual([]);
  expect(await vanished.among(acts, new Set(["c"]))).toEqual([]);
  expect(await vanished.among(acts, new Set())).toEqual(["c"]);
  expect(asked).toBe(0);
});

function actOn(containerId: string, runtime: Act["runtime"] = "docker"): Act {
  return {
    id: `act-on-${containerId}`,
    containerId,
    runtime,
    containerName: containerId,
    image: "i",
    action: "cut",
    state: "in-force",
    supersededBy: null,
    peers: null,
    cause: "c",
    decidedBy: "d",
    reason: "r",
    decidedAt: 0,
    expiresAt: null,
    undo: {},
    failedReleases: 0,
    retryAt: 0,
  };
}
