import { generateKeyPairSync, randomBytes } from "node:crypto";
import {
  ed25519Signer,
  type LocalSigner,
  leafHash,
  MemoryTreeStorage,
  makeProof,
  parseProof,
  signatureTypes,
  storageTileSource,
  TreeLog,
} from "@pratique/audit";
import { describe, expect, it } from "vitest";
import { type ClaimedEntry, proveEntry } from "./entry-proof.ts";

const actor = { id: "u-1", kind: "user", method: "password" } as const;

function newSigner(name: string, type?: LocalSigner["key"]["type"]): LocalSigner {
  return ed25519Signer(name, generateKeyPairSync("ed25519").privateKey, type);
}

/** What a real log of so many entries says of one of them. */
async function claimOf(
  index: number,
  size: number,
  signer = newSigner("log.example/audit"),
): Promise<ClaimedEntry> {
  const storage = new MemoryTreeStorage();
  await using log = new TreeLog({
    storage,
    signer,
    now: () => new Date("2026-11-25T00:00:00Z"),
    elapsedMs: () => 0,
    random: randomBytes,
  });
  for (let at = 0; at < size; at += 1)
    await log.append({ class: "policy", action: `a.${at}`, stage: "fact", actor });
  await log.checkpoint();
  const { proof, entry } = await makeProof(storageTileSource(storage), index);
  const { path, checkpoint } = parseProof(proof);
  return {
    text: Buffer.from(entry).toString("utf8"),
    index,
    leafHash: leafHash(entry).toString("base64"),
    hashes: path.map((hash) => Buffer.from(hash).toString("base64")),
    checkpoint,
    keys: [signer.key.vkey],
    knownKey: signer.key.vkey,
  };
}

it.each([
  [0, 1],
  [0, 2],
  [3, 4],
  [4, 5],
  [17, 70],
])("proves entry %d of %d", async (index, size) => {
  const claim = await claimOf(index, size);
  const { steps, holds, logKey } = await proveEntry(claim);
  expect(steps.map(({ state }) => state)).toEqual(["passed", "passed", "passed", "passed"]);
  expect(holds).toBe(true);
  expect(logKey).toBe(claim.keys[0]);
});

it("does not call a key the log's that it has never seen", async () => {
  const claim = await claimOf(1, 3);
  const { steps, holds } = await proveEntry({ ...claim, knownKey: undefined });
  expect(steps.at(-1)?.state).toBe("told");
  expect(holds).toBe(true);
});

describe("refuses", () => {
  const other = newSigner("log.example/audit");
  it.each<[string, string, (claim: ClaimedEntry) => ClaimedEntry]>([
    [
      "a text that was changed",
      "The text has",
      (claim) => ({ ...claim, text: claim.text.replace("a.1", "a.2") }),
    ],
    ["another index", "The path leads", (claim) => ({ ...claim, index: 2 })],
    ["a path that is too short", "The path leads", (claim) => ({ ...claim, hashes: claim.hashes.slice(1) })],
    ["a hash that is none", "The path leads", (claim) => ({ ...claim, hashes: ["!", ...claim.hashes] })],
    ["a note that is none", "The checkpoint", (claim) => ({ ...claim, checkpoint: "log\n3\n" })],
    [
      "another size",
      "The log's key signed",
      (claim) => ({ ...claim, checkpoint: claim.checkpoint.replace("\n5\n", "\n6\n") }),
    ],
    ["another key", "The log's key signed", (claim) => ({ ...claim, keys: [other.key.vkey] })],
    ["no key", "The log's key signed", (claim) => ({ ...claim, keys: [] })],
    [
      "a key whose id is not its own",
      "The log's key signed",
      (claim) => ({ ...claim, keys: claim.keys.map((key) => key.replace(/\+[0-9a-f]{8}\+/u, "+00000000+")) }),
    ],
    ["a key that was not known", "The key is the log's", (claim) => ({ ...claim, knownKey: other.key.vkey })],
  ])("%s", async (_, name, change) => {
    const { steps, holds, logKey } = await proveEntry(change(await claimOf(1, 5)));
    expect(holds).toBe(false);
    expect(steps.at(-1)?.state).toBe("failed");
    expect(steps.at(-1)?.name).toContain(name);
    expect(logKey === undefined || name === "The key is the log's").toBe(true);
  });
});

it("tells which witnesses have seen the root, and which have not", async () => {
  const signer = newSigner("log.example/audit");
  const seen = newSigner("witness.example/1", signatureTypes.cosignature);
  const absent = newSigner("witness.example/2", signatureTypes.cosignature);
  const claim = await claimOf(1, 3, signer);
  const [text = ""] = claim.checkpoint.split("\n\n");
  const seconds = 1_795_000_000;
  const message = `cosignature/v1\ntime ${seconds}\n${text}\n`;
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(seconds));
  const bytes = Buffer.concat([Buffer.from(seen.key.id, "hex"), time, seen.sign(Buffer.from(message))]);
  const cosigned = {
    ...claim,
    checkpoint: `${claim.checkpoint}\u2014 ${seen.key.name} ${bytes.toString("base64")}\n`,
    keys: [...claim.keys, seen.key.vkey, absent.key.vkey],
  };
  const { steps } = await proveEntry(cosigned);
  expect(steps.slice(-2).map(({ name, state }) => `${name}: ${state}`)).toEqual([
    "The witness witness.example/1 has seen this root: passed",
    "The witness witness.example/2 has seen this root: told",
  ]);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  const forged = {
    ...cosigned,
    checkpoint: `${claim.checkpoint}\u2014 ${seen.key.name} ${bytes.toString("base64")}\n`,
  };
  expect((await proveEntry(forged)).holds).toBe(false);
});
