import { readFileSync } from "node:fs";
import path from "node:path";
import { type Digest, parseDigest, type SoughtList } from "@pratique/core";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ScanQueue } from "./scan-queue.ts";

let directory: TempDirectory;
let queue: ScanQueue;
let sought: ReadonlySet<SoughtList>;
let done: readonly (readonly [Digest, string | undefined])[];

beforeEach(() => {
  directory = tempDirectory();
  sought = new Set();
  queue = makeQueue([directory.at("jobs")]);
});

afterEach(() => {
  queue.close();
  directory[Symbol.dispose]();
});

function makeQueue(args: readonly string[]): ScanQueue {
  const ended: (readonly [Digest, string | undefined])[] = [];
  done = ended;
  return new ScanQueue({
    module: path.join(import.meta.dirname, "../testdata/toy-scan-worker.ts"),
    args,
    sought: () => sought,
    onDone: (imageId, error) => ended.push([imageId, error]),
  });
}

const image = (letter: string) => parseDigest(`sha256:${letter.repeat(64)}`);

/** What the workers were asked for, in order. */
function jobs(): readonly string[] {
  return readFileSync(directory.at("jobs"), { encoding: "utf8", flag: "a+" }).trim().split("\n");
}

async function untilJobs(expected: readonly string[]): Promise<void> {
  await vi.waitFor(() => expect(jobs()).toEqual(expected), { timeout: 20_000 });
}

it("scans one image after the other, and one that is asked for twice once", async () => {
  await Promise.all([
    queue.scan(image("a"), "a"),
    queue.scan(image("b"), "b"),
    queue.scan(image("a"), "a"),
    queue.scan(image("b"), "b", { urgent: true }),
  ]);
  // The urgent one ended the first, which nobody waited for by then.
  expect(jobs().at(-1)).toBe("a");
  expect(done).toEqual([
    [image("b"), undefined],
    [image("a"), undefined],
  ]);
});

it("ends a scan for one that a launch waits for, and does it anew", async () => {
  const first = queue.scan(image("a"), "hangs");
  first.catch(() => undefined);
  await untilJobs(["hangs"]);
  await queue.scan(image("b"), "b", { urgent: true });
  await untilJobs(["hangs", "b", "hangs"]);
  expect(done).toEqual([[image("b"), undefined]]);
});

it("scans anew where more is looked for since it began", async () => {
  const first = queue.scan(image("a"), "hangs");
  first.catch(() => undefined);
  await untilJobs(["hangs"]);
  sought = new Set(["secrets"]);
  await queue.scan(image("a"), "a", { urgent: true });
  expect(jobs().slice(0, 2)).toEqual(["hangs", "a secrets"]);
});

it.each([
  ["dies", "the worker ended before the scan did: it ended by itself"],
  ["fails", "no such image"],
])("tells that a scan %s, and does the next one", async (reference, message) => {
  const failing = queue.scan(image("a"), reference);
  await expect(failing).rejects.toThrow(expect.objectContaining({ code: "SCAN_FAILED", message }));
  await queue.scan(image("b"), "b");
  expect(done).toEqual([
    [image("a"), message],
    [image("b"), undefined],
  ]);
});

it("tells that a worker cannot be started", async () => {
  const { execPath } = process;
  process.execPath = directory.at("no-such-program");
  try {
    const failing = queue.scan(image("a"), "a");
    await expect(failing).rejects.toThrow(expect.objectContaining({ code: "SCAN_FAILED" }));
  } finally {
    process.execPath = execPath;
  }
  await queue.scan(image("b"), "b");
});

it("tells of a worker that the system does not take at all, as where no more files can be opened", async () => {
  const refused = makeQueue(["\0"]);
  const failing = refused.scan(image("a"), "a");
  await expect(failing).rejects.toThrow(expect.objectContaining({ code: "SCAN_FAILED" }));
  refused.close();
});

it("scans nothing more once it is closed", async () => {
  const running = queue.scan(image("a"), "hangs");
  const waiting = queue.scan(image("b"), "b");
  await untilJobs(["hangs"]);
  queue.close();
  await expect(waiting).rejects.toThrow("the agent is stopping");
  await expect(running).rejects.toThrow("the worker ended before the scan did");
  await expect(queue.scan(image("c"), "c")).rejects.toThrow("the agent is stopping");
  expect(jobs()).toEqual(["hangs"]);
});
