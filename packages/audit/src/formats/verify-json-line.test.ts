import { generateKeyPairSync, randomBytes } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import {
  AuditError,
  ed25519Signer,
  formatJsonLine,
  type LocalSigner,
  MemoryTreeStorage,
  makeProofs,
  parseEntry,
  storageTileSource,
  TreeLog,
  verifyJsonLine,
} from "../index.ts";

const SIZE = 5;
let signer: LocalSigner;
let stranger: LocalSigner;
let lines: readonly string[];

beforeAll(async () => {
  const newSigner = () => ed25519Signer("log.example", generateKeyPairSync("ed25519").privateKey);
  [signer, stranger] = [newSigner(), newSigner()];
  const storage = new MemoryTreeStorage();
  await using log = new TreeLog({
    storage,
    signer,
    now: () => new Date("2026-01-02T03:04:05.678Z"),
    elapsedMs: () => 0,
    random: randomBytes,
  });
  for (let at = 0; at < SIZE; at += 1) {
    const actor = {
      id: "u-1",
      kind: "user",
      method: "oidc",
      name: "Ada\u202e",
      address: "192.0.2.7",
    } as const;
    await log.append({ class: "policy", action: `a.${at}`, stage: "fact", actor, data: { at } });
  }
  await log.checkpoint();
  const checkpoint = (await storage.checkpoint()) ?? "";
  const indexes = Array.from({ length: SIZE }, (_, index) => index);
  const proofs = await makeProofs(storageTileSource(storage), checkpoint, indexes);
  lines = await Promise.all(
    (await storage.entries(0, SIZE)).map(async (bytes, index) => {
      const openings = await storage.openings(index);
      return formatJsonLine(
        { origin: "log.example", index, entry: parseEntry(bytes), openings },
        proofs[index],
      );
    }),
  );
});

it("holds for whoever has nothing but the key of the log", () => {
  const proved = lines.map((line) => verifyJsonLine(line, { logKeys: [signer.key] }));
  expect(proved.map(({ index, checkpoint }) => [index, checkpoint.size])).toEqual(
    lines.map((_, index) => [index, SIZE]),
  );
  expect(JSON.parse(lines[3] ?? "")).toMatchObject({
    index: 3,
    entry: { action: "a.3" },
    opened: { "actor.name": "Ada\u202e", "actor.address": "192.0.2.7" },
  });
});

it("holds for nobody who trusts another key", () => {
  expect(() => verifyJsonLine(lines[0] ?? "", { logKeys: [stranger.key] })).toThrow(AuditError);
});

it("does not hold when any character of it is another, is missing, or is there twice", () => {
  const line = lines[2] ?? "";
  const held: string[] = [];
  for (let at = 0; at < line.length; at += 1) {
    const other = line[at] === "A" ? "B" : "A";
    for (const instead of [other, "", `${line[at]}${line[at]}`]) {
      const changed = `${line.slice(0, at)}${instead}${line.slice(at + 1)}`;
      if (changed !== line && holds(changed)) held.push(changed);
    }
  }
  expect(held).toEqual([]);
});

it("holds without what was erased, and not with what was put in its place", () => {
  const { opened, salts, ...bare } = JSON.parse(lines[1] ?? "");
  expect(holds(JSON.stringify(bare))).toBe(true);
  const named = { ...bare, opened: { "actor.name": "Eve" }, salts: { "actor.name": salts["actor.name"] } };
  for (const wrong of [
    named,
    { ...bare, opened },
    { ...bare, salts },
    { ...bare, opened: { id: "u-2" }, salts: { id: salts["actor.name"] } },
    { ...bare, note: "more" },
    { ...bare, index: 2 },
    { ...bare, origin: "other.example" },
  ]) {
    const sorted = Object.fromEntries(
      Object.entries(wrong).sort(([left], [right]) => (left < right ? -1 : 1)),
    );
    expect(holds(JSON.stringify(sorted))).toBe(false);
  }
});

it.each(["", "{", "[]", "null", "{}", '{"entry":{},"proof":""}', "[".repeat(100_000)])(
  "refuses %j",
  (line) => {
    expect(() => verifyJsonLine(line, { logKeys: [signer.key] })).toThrow(AuditError);
  },
);

function holds(line: string): boolean {
  try {
    verifyJsonLine(line, { logKeys: [signer.key] });
    return true;
  } catch (thrown) {
    if (!(thrown instanceof AuditError)) throw thrown;
    return false;
  }
}
