import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verifyCheckpoint } from "./checkpoint.ts";
import { MemoryTreeStorage } from "./memory-storage.ts";
import {
  event,
  fill,
  forgerSigner,
  logSigner,
  openLog,
  secondWitnessSigner,
  start,
  witnessSigner,
} from "./testdata/sample.ts";
import { storageTileSource } from "./tile-source.ts";
import type { TreeLogProblem } from "./tree-log.ts";
import { TreeReader } from "./tree-reader.ts";
import { verifyTree } from "./verify-tree.ts";
import { Witness } from "./witness.ts";
import { httpWitness, type WitnessClient } from "./witness-client.ts";
import { witnessHandler } from "./witness-handler.ts";
import { formatWitnessRequest } from "./witness-request.ts";

let directory: string;
let witness: Witness;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pratique-witness-"));
  witness = openWitness();
});
afterEach(() => {
  witness[Symbol.dispose]();
  rmSync(directory, { recursive: true, force: true });
});

function openWitness(name = "state", signer = witnessSigner): Witness {
  const stateFile = path.join(directory, name);
  return new Witness({ signer, logs: [logSigner.key], stateFile, now: () => new Date(start) });
}

/** Reaches a witness without a network in between. */
function clientOf(asked: Witness): WitnessClient {
  return { key: asked.key, ask: async (body) => asked.addCheckpoint(body) };
}

/** The request for the present checkpoint of a storage. */
async function requestOf(storage: MemoryTreeStorage, oldSize: number): Promise<string> {
  const { size } = await storage.head();
  const proof = await new TreeReader(storageTileSource(storage), size).consistencyProof(oldSize);
  return formatWitnessRequest({ oldSize, proof, checkpoint: (await storage.checkpoint()) ?? "" });
}

async function storageWith(count: number, signer = logSigner): Promise<MemoryTreeStorage> {
  const storage = new MemoryTreeStorage();
  const log = openLog({ storage, signer });
  await fill(log, count);
  await log.checkpoint();
  return storage;
}

it("cosigns a log that grows, and remembers it over a restart", async () => {
  const storage = new MemoryTreeStorage();
  const log = openLog({ storage, witnesses: [clientOf(witness)] });
  await fill(log, 3);
  await log.checkpoint();
  witness[Symbol.dispose]();
  witness = openWitness();
  expect(witness.sizeOf(logSigner.key.name)).toBe(3);
  const later = openLog({ storage, witnesses: [clientOf(witness)] });
  await fill(later, 300);
  const note = await later.checkpoint();
  const { cosignedBy } = verifyCheckpoint(note, [logSigner.key], [witnessSigner.key]);
  expect(cosignedBy).toEqual([{ key: witnessSigner.key, timestamp: Math.floor(start / 1000) }]);
  expect(await storage.checkpoint()).toBe(note);
});

it("tells a client that knows nothing what it has seen", async () => {
  const storage = await storageWith(5);
  expect(witness.addCheckpoint(await requestOf(storage, 0)).status).toBe(200);
  expect(witness.addCheckpoint(await requestOf(storage, 0))).toEqual({
    status: 409,
    contentType: "text/x.tlog.size",
    body: "5\n",
  });
  expect(witness.addCheckpoint(await requestOf(storage, 5)).status).toBe(200);
});

it.each([
  ["a body that is none", 400, async () => "old x\n\n"],
  [
    "a size with a leading zero",
    400,
    async () => (await requestOf(await storageWith(1), 0)).replace("old 0", "old 00"),
  ],
  [
    "an old size beyond the checkpoint",
    400,
    async () => (await requestOf(await storageWith(1), 0)).replace("old 0", "old 2"),
  ],
  ["too many lines of proof", 400, async () => `old 1\n${`${"A".repeat(43)}=\n`.repeat(64)}\n`],
  ["a forged signature", 403, async () => requestOf(await storageWith(1, forgerSigner), 0)],
  [
    "an unknown log",
    404,
    async () => (await requestOf(await storageWith(1), 0)).replace("\nlog.example", "\nx.example"),
  ],
  [
    "a proof for a first checkpoint",
    422,
    async () => (await requestOf(await storageWith(1), 0)).replace("old 0\n", `old 0\n${"A".repeat(43)}=\n`),
  ],
])("refuses %s with %i", async (_, status, body) => {
  expect(witness.addCheckpoint(await body()).status).toBe(status);
  expect(witness.sizeOf(logSigner.key.name)).toBe(0);
});

describe("a log of several servers", () => {
  /** A witness that sees the head of a faster server before it is asked. */
  function overtakenBy(faster: () => Promise<unknown>): WitnessClient {
    let asked = false;
    return {
      key: witness.key,
      ask: async (body) => {
        if (!asked) await faster();
        asked = true;
        return witness.addCheckpoint(body);
      },
    };
  }

  it("does not complain of a witness to whom another server was faster, and signs the newer head", async () => {
    const problems: TreeLogProblem[] = [];
    const storage = await storageWith(4);
    const faster = openLog({ storage, witnesses: [clientOf(witness)] });
    const slower = openLog({
      storage,
      witnesses: [
        overtakenBy(async () => {
          await fill(faster, 3);
          await faster.checkpoint();
        }),
      ],
      onProblem: (problem) => problems.push(problem),
    });
    const newer = verifyCheckpoint(await slower.checkpoint(), [logSigner.key], [witnessSigner.key]);
    expect([newer.size, newer.cosignedBy.length]).toEqual([7, 1]);
    await slower.append(event("later"));
    const later = verifyCheckpoint(await slower.checkpoint(), [logSigner.key], [witnessSigner.key]);
    expect([later.size, later.cosignedBy.length, problems]).toEqual([8, 1, []]);
  });

  it("complains of what the witness has seen and the storage does not have", async () => {
    const problems: TreeLogProblem[] = [];
    const elsewhere = openLog({ storage: await storageWith(9), witnesses: [clientOf(witness)] });
    const log = openLog({
      storage: await storageWith(4),
      witnesses: [overtakenBy(() => elsewhere.checkpoint())],
      onProblem: (problem) => problems.push(problem),
    });
    await log.checkpoint();
    expect(problems).toMatchObject([{ outcome: { kind: "refused", status: 409, size: 9 } }]);
  });
});

describe("a log of which a backup was restored", () => {
  it("gets no cosignature while it is shorter, and the size that was known", async () => {
    const problems: TreeLogProblem[] = [];
    await openLog({ storage: await storageWith(9), witnesses: [clientOf(witness)] }).checkpoint();
    const restored = openLog({
      storage: await storageWith(4),
      witnesses: [clientOf(witness)],
      onProblem: (problem) => problems.push(problem),
    });
    await restored.checkpoint();
    expect(problems).toMatchObject([
      { kind: "witness", witness: "witness.example/1", outcome: { kind: "refused", status: 409, size: 9 } },
    ]);
  });

  it("gets none either when it has grown again in another way", async () => {
    const problems: TreeLogProblem[] = [];
    await openLog({ storage: await storageWith(9), witnesses: [clientOf(witness)] }).checkpoint();
    const storage = await storageWith(4);
    const restored = openLog({
      storage,
      witnesses: [clientOf(witness)],
      onProblem: (problem) => problems.push(problem),
    });
    await restored.append(event("another"));
    await fill(restored, 20);
    await restored.checkpoint();
    expect(problems).toMatchObject([{ outcome: { kind: "refused", status: 422 } }]);
  });
});

it("does not cosign two histories of one length", async () => {
  const [left, right] = [await storageWith(2), new MemoryTreeStorage()];
  await openLog({ storage: right }).append(event("another"));
  const fork = openLog({ storage: right });
  await fill(fork, 1);
  await fork.checkpoint();
  expect(witness.addCheckpoint(await requestOf(left, 0)).status).toBe(200);
  const answer = witness.addCheckpoint(await requestOf(right, 2));
  expect(answer).toMatchObject({ status: 409, body: "2\n" });
});

it("is silent rather than wrong when its state cannot be kept", async () => {
  const body = await requestOf(await storageWith(2), 0);
  rmSync(directory, { recursive: true });
  expect(() => witness.addCheckpoint(body)).toThrow(expect.objectContaining({ code: "LOG_UNWRITABLE" }));
  expect(witness.sizeOf(logSigner.key.name)).toBe(0);
});

it("is one process at a time, and reads only a state of its own form", () => {
  expect(() => openWitness()).toThrow(expect.objectContaining({ code: "LOG_LOCKED" }));
  writeFileSync(path.join(directory, "other"), "5 AAAA log.example\n");
  expect(() => openWitness("other")).toThrow(expect.objectContaining({ code: "LOG_CORRUPT" }));
});

it("leaves its state and its lock, and nothing else", async () => {
  witness.addCheckpoint(await requestOf(await storageWith(2), 0));
  expect(readdirSync(directory).sort()).toEqual(["state", "state.lock"]);
  expect(readFileSync(path.join(directory, "state"), "utf8")).toMatch(
    /^2 [A-Za-z0-9+/]{43}= log\.example\/audit\n$/u,
  );
});

it("answers over HTTP, and a dead witness is told of", async () => {
  const failures: unknown[] = [];
  const server = createServer(witnessHandler(witness, (thrown) => failures.push(thrown)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const url = `http://127.0.0.1:${port}/`;
  const problems: TreeLogProblem[] = [];
  const dead = httpWitness(secondWitnessSigner.key, "http://127.0.0.1:1", fetch);
  const storage = new MemoryTreeStorage();
  const log = openLog({
    storage,
    witnesses: [httpWitness(witness.key, url, fetch), dead],
    onProblem: (problem) => problems.push(problem),
  });
  await fill(log, 3);
  await log.checkpoint();
  const statuses = [
    await fetch(`${url}add-checkpoint`),
    await fetch(`${url}other`, { method: "POST" }),
    await fetch(`${url}add-checkpoint`, { method: "POST", body: Buffer.from([0xff]) }),
    await fetch(`${url}add-checkpoint`, { method: "POST", body: "x".repeat(100_000) }),
  ].map(({ status }) => status);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(statuses).toEqual([405, 404, 400, 413]);
  expect(problems).toMatchObject([{ witness: "witness.example/2", outcome: { kind: "silent" } }]);
  const quorum = { witnesses: [witnessSigner.key, secondWitnessSigner.key], required: 1 };
  const source = storageTileSource(storage);
  const logKeys = [logSigner.key];
  expect(await verifyTree({ source, logKeys, quorum })).toMatchObject({
    problems: [],
    cosignedBy: [witnessSigner.key.vkey],
  });
  const both = await verifyTree({ source, logKeys, quorum: { ...quorum, required: 2 } });
  expect(both.problems).toMatchObject([{ kind: "quorum-missed", index: 3 }]);
  expect(failures).toEqual([]);
});

it("does not wait for a witness longer than it may", async () => {
  const problems: TreeLogProblem[] = [];
  const storage = new MemoryTreeStorage();
  const hanging: WitnessClient = {
    key: witnessSigner.key,
    ask: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("too late")), { once: true });
      }),
  };
  const log = openLog({
    storage,
    witnesses: [hanging],
    witnessDeadlineMs: 1,
    onProblem: (problem) => problems.push(problem),
  });
  await fill(log, 1);
  const note = await log.checkpoint();
  expect(await storage.checkpoint()).toBe(note);
  expect(problems).toMatchObject([
    { outcome: { kind: "silent", reason: expect.stringContaining("too late") } },
  ]);
});

it("does not take another's cosignature for that of a witness", async () => {
  using second = openWitness("second", secondWitnessSigner);
  const problems: TreeLogProblem[] = [];
  const log = openLog({
    storage: new MemoryTreeStorage(),
    witnesses: [{ key: witnessSigner.key, ask: async (body) => second.addCheckpoint(body) }],
    onProblem: (problem) => problems.push(problem),
  });
  await fill(log, 1);
  const note = await log.checkpoint();
  expect(problems).toMatchObject([{ outcome: { kind: "silent" } }]);
  expect(note).not.toContain("witness.example");
});
