import type { Digest, ScanReport } from "@pratique/core";
import { parseDigest } from "@pratique/core";
import { expect, it, vi } from "vitest";
import { AgentError } from "../errors.ts";
import { ImageReports, type ImageReportsOptions } from "./image-reports.ts";

const ids = Array.from({ length: 5 }, (_, place) => parseDigest(`sha256:${String(place).repeat(64)}`));
const [first, second, third] = ids as [Digest, Digest, Digest];

function reportOf(reference: string): ScanReport {
  // Sound: nothing else of a report is looked at.
  return { target: { reference } } as ScanReport;
}

function bench(change: Partial<ImageReportsOptions> = {}) {
  const done: string[] = [];
  const reports = new ImageReports({
    files: { get: () => reportOf("shop:1") },
    isFresh: () => true,
    scan: (imageId, reference) => void done.push(`scan ${imageId.at(-1)} as ${reference}`),
    send: async (imageId) => void done.push(`send ${imageId.at(-1)}`),
    log: { info: () => undefined, warn: () => undefined },
    ...change,
  });
  return { reports, done };
}

it.each<[string, Partial<ImageReportsOptions>, string]>([
  ["tells the server of an image with a fresh report", {}, "send 0"],
  ["scans an image without a report", { files: { get: () => undefined } }, "scan 0 as shop:1"],
  ["scans an image whose report is stale", { isFresh: () => false }, "scan 0 as shop:1"],
  [
    "scans an image that has another name by now",
    { files: { get: () => reportOf("shop:0") } },
    "scan 0 as shop:1",
  ],
])("%s", async (_, change, expected) => {
  const { reports, done } = bench(change);
  reports.arrived(first, "shop:1");
  await vi.waitUntil(() => done.length > 0);
  expect(done).toEqual([expected]);
});

it("sends one report at a time, and looks at images meanwhile", async () => {
  const sending: PromiseWithResolvers<void>[] = [];
  const send = async () => {
    const turn = Promise.withResolvers<void>();
    sending.push(turn);
    await turn.promise;
  };
  const { reports, done } = bench({ send });
  for (const imageId of [first, second]) reports.arrived(imageId, "shop:1");
  reports.arrived(third, "shop:2");
  await vi.waitUntil(() => done.length > 0);
  expect([sending.length, done]).toEqual([1, ["scan 2 as shop:2"]]);
  sending[0]?.resolve();
  await vi.waitUntil(() => sending.length === 2);
});

it("gives others their turn between two images", async () => {
  let looked = 0;
  const get = () => {
    looked += 1;
    return undefined;
  };
  const { reports } = bench({ files: { get } });
  for (const imageId of ids) reports.arrived(imageId, "shop:1");
  const seen: number[] = [];
  while (looked < ids.length) {
    seen.push(looked);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(seen.length).toBeGreaterThanOrEqual(ids.length);
});

it("does not look at an image that has gone meanwhile", async () => {
  const { reports, done } = bench();
  reports.arrived(first, "shop:1");
  reports.arrived(second, "shop:1");
  reports.gone(first);
  await vi.waitUntil(() => done.length > 0);
  expect(done).toEqual(["send 1"]);
});

it("goes by the name that an image has when it is looked at", async () => {
  const { reports, done } = bench();
  reports.arrived(first, "shop:0");
  reports.arrived(first, "shop:1");
  await vi.waitUntil(() => done.length > 0);
  expect(done).toEqual(["send 0"]);
});

it("stops sending where the server cannot be reached, and goes on when it answers", async () => {
  const done: string[] = [];
  let isThere = false;
  const { reports } = bench({
    send: async (imageId) => {
      done.push(`send ${imageId.at(-1)}`);
      if (!isThere) throw new AgentError("SERVER_UNREACHABLE", "no server");
    },
  });
  for (const imageId of [first, second, third]) reports.scanned(imageId);
  await vi.waitUntil(() => done.length > 0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual(["send 0"]);
  isThere = true;
  reports.sendAgain();
  await vi.waitUntil(() => done.length === 4);
  expect(done.slice(1).toSorted()).toEqual(["send 0", "send 1", "send 2"]);
});

it("does not let a report that the server refuses hold up the others", async () => {
  const done: string[] = [];
  const { reports } = bench({
    send: async (imageId) => {
      done.push(`send ${imageId.at(-1)}`);
      if (imageId === first) throw new AgentError("SERVER_REFUSED", "too large");
    },
  });
  reports.scanned(first);
  reports.scanned(second);
  await vi.waitUntil(() => done.length === 2);
  reports.sendAgain();
  await vi.waitUntil(() => done.length === 3);
  expect(done).toEqual(["send 0", "send 1", "send 0"]);
});

it("begins nothing more when it is stopped", async () => {
  const { reports, done } = bench();
  reports.arrived(first, "shop:1");
  reports.stop();
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(done).toEqual([]);
});
