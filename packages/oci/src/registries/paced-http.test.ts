import { HttpClient, HttpError } from "@pratique/http";
import { layerOf, startRegistry } from "@pratique/testkit";
import { expect, it } from "vitest";
import { allowanceOf } from "./allowance.ts";
import { PacedHttp } from "./paced-http.ts";

it.each([
  ["76;w=21600", { "ratelimit-limit": "100;w=21600" }, { remaining: 76, resetMs: 216_000 }],
  ["0", { "ratelimit-reset": "30" }, { remaining: 0, resetMs: 30_000 }],
  ["0", { "ratelimit-reset": "2000000060" }, { remaining: 0, resetMs: 60_000 }],
  ["5", {}, { remaining: 5 }],
  ["many", {}, {}],
])("reads what is left from %s %j", (remaining, more, expected) => {
  const headers = new Map(Object.entries({ "ratelimit-remaining": remaining, ...more }));
  expect(allowanceOf(headers, 2_000_000_000_000)).toEqual(expected);
});

/** A registry, and requests to it by a clock that only waiting moves. */
async function startPaced(maxWaitMs?: number) {
  const registry = await startRegistry();
  registry.push("a", "1", { layers: [layerOf([])] });
  let nowMs = 1000;
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
    nowMs += ms;
  };
  const retry = { maxRetries: 0 };
  const http = new HttpClient({ now: () => nowMs, random: () => 0, sleep: async () => undefined, retry });
  const paused: number[] = [];
  const paced = new PacedHttp({
    http,
    now: () => nowMs,
    sleep,
    ...(maxWaitMs !== undefined && { maxWaitMs }),
    onPause: (_, ms) => paused.push(ms),
  });
  const ask = async () => {
    const response = await paced.request({ url: `http://${registry.host}/v2/a/manifests/1` });
    await response.discard();
  };
  return {
    registry,
    paced,
    ask,
    waits,
    paused,
    setClock: (ms: number) => {
      nowMs = ms;
    },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}

it("waits as long as the registry asks, for all who ask it, and then goes on", async () => {
  await using paced = await startPaced();
  paced.registry.faults.tooManyRequests = 2;
  paced.registry.faults.retryAfter = "7";
  await paced.ask();
  expect([paced.waits, paced.paused]).toEqual([
    [7000, 7000],
    [7000, 7000],
  ]);
});

it("does not ask when nothing is left, before there is more again", async () => {
  await using paced = await startPaced();
  paced.registry.faults.headers = { "ratelimit-remaining": "0;w=60", "ratelimit-limit": "10;w=60" };
  await paced.ask();
  expect(paced.waits).toEqual([]);
  await paced.ask();
  expect(paced.waits).toEqual([6000]);
});

it("tells how long, where that is longer than anybody would wait, and asks nothing meanwhile", async () => {
  await using paced = await startPaced(10_000);
  paced.registry.faults.tooManyRequests = 1;
  paced.registry.faults.retryAfter = "3600";
  const before = paced.registry.requests.length;
  for (let turn = 0; turn < 3; turn += 1) {
    const error: unknown = await paced.ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ status: 429, retryAfterMs: 3_600_000 });
  }
  expect(paced.registry.requests.length - before).toBe(1);
});

it("asks again where the clock was years ahead when it was to wait, and keeps to what is said then", async () => {
  await using paced = await startPaced();
  paced.setClock(10 * 365 * 86_400_000);
  paced.registry.faults.tooManyRequests = 1;
  paced.registry.faults.retryAfter = "3600";
  await expect(paced.ask()).rejects.toMatchObject({ status: 429 });
  paced.setClock(1000);
  paced.registry.faults.tooManyRequests = 1;
  paced.registry.faults.retryAfter = "7";
  await paced.ask();
  expect(paced.waits).toEqual([7000]);
});
