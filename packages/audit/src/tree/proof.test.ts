import { expect, it } from "vitest";
import { parseCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { MemoryTreeStorage } from "./memory-storage.ts";
import { formatProof, makeProof, parseProof, verifyProof } from "./proof.ts";
import { fill, forgerSigner, logSigner, openLog, witnessSigner } from "./testdata/sample.ts";
import { storageTileSource, type TileSource } from "./tile-source.ts";

const trust = { logKeys: [logSigner.key] };

async function source(count: number): Promise<TileSource> {
  const storage = new MemoryTreeStorage();
  const log = openLog({ storage });
  await fill(log, count);
  await log.checkpoint();
  return storageTileSource(storage);
}

it.each([
  [0, 1],
  [0, 2],
  [255, 256],
  [256, 300],
  [299, 300],
  [17, 700],
])("proves entry %d of %d with nothing but the key", async (index, size) => {
  const { proof, entry } = await makeProof(await source(size), index);
  expect(verifyProof(proof, entry, trust)).toMatchObject({ index, checkpoint: { size } });
  expect(proof.split("\n", 2)).toEqual(["c2sp.org/tlog-proof@v1", `index ${index}`]);
});

it("carries extra data, and reads what it writes", async () => {
  const { proof, entry } = await makeProof(await source(3), 1, { extra: Buffer.from("more") });
  expect(proof.split("\n")[1]).toBe("extra bW9yZQ==");
  expect(formatProof(parseProof(proof))).toBe(proof);
  expect(verifyProof(proof, entry, trust).index).toBe(1);
});

it.each<[string, (proof: string) => string]>([
  ["another index", (proof) => proof.replace("index 1", "index 2")],
  ["an index beyond the tree", (proof) => proof.replace("index 1", "index 3")],
  ["an index with a leading zero", (proof) => proof.replace("index 1", "index 01")],
  ["a path that is too short", (proof) => proof.replace(/(index 1\n).*\n/u, "$1")],
  ["another first line", (proof) => proof.replace("@v1", "@v2")],
  ["loose base64", (proof) => proof.replace("=\n", "\n")],
])("refuses a proof with %s", async (_, change) => {
  const { proof, entry } = await makeProof(await source(3), 1);
  expect(() => verifyProof(change(proof), entry, trust)).toThrow(
    expect.objectContaining({ code: "PROOF_INVALID" }),
  );
});

it("refuses another entry, another key, and too few witnesses", async () => {
  const { proof, entry } = await makeProof(await source(3), 1);
  expect(() => verifyProof(proof, Buffer.from("{}"), trust)).toThrow(
    expect.objectContaining({ code: "PROOF_INVALID" }),
  );
  expect(() => verifyProof(proof, entry, { logKeys: [forgerSigner.key] })).toThrow(
    expect.objectContaining({ code: "SIGNATURE_INVALID" }),
  );
  const quorum = { witnesses: [witnessSigner.key], required: 1 };
  expect(() => verifyProof(proof, entry, { ...trust, quorum })).toThrow(/0 of 1 witnesses cosigned/u);
});

it("refuses what one log signed under the name of another", async () => {
  const { proof, entry } = await makeProof(await source(3), 1);
  const parsed = parseProof(proof);
  const { size, root } = parseCheckpoint(parsed.checkpoint);
  const checkpoint = await signCheckpoint({ origin: "log.example/other", size, root }, logSigner);
  expect(() => verifyProof(formatProof({ ...parsed, checkpoint }), entry, trust)).toThrow(
    expect.objectContaining({ code: "SIGNATURE_INVALID" }),
  );
});

it("refuses an index that the log does not have yet", async () => {
  await expect(makeProof(await source(3), 3)).rejects.toThrow(RangeError);
});
