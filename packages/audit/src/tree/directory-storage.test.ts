import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryTreeStorage } from "./directory-storage.ts";
import { event, fill, logSigner, openLog } from "./testdata/sample.ts";
import { directoryTileSource } from "./tile-source.ts";
import { parseEntry } from "./tree-entry.ts";
import { verifyTree } from "./verify-tree.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pratique-tree-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("takes events from several processes at once, and loses none", async () => {
  const writers = ["a", "b"].map((name) =>
    spawn(process.execPath, [path.join(import.meta.dirname, "testdata/shared-writer.ts"), directory, name], {
      stdio: ["ignore", "inherit", "inherit"],
    }),
  );
  const codes = await Promise.all(writers.map(async (writer) => (await once(writer, "exit"))[0]));
  expect(codes).toEqual([0, 0]);
  await using storage = new DirectoryTreeStorage(directory);
  const actions = (await storage.entries(0, 1000)).map((bytes) => parseEntry(bytes).action).sort();
  const expected = ["a", "b"].flatMap((name) => Array.from({ length: 60 }, (_, at) => `${name}${at}`));
  expect(actions).toEqual(expected.sort());
  await openLog({ storage, now: () => new Date() }).checkpoint();
  const found = await verifyTree({ source: directoryTileSource(directory), logKeys: [logSigner.key] });
  expect(found).toMatchObject({ entries: 120, problems: [] });
});

describe("a full disk", () => {
  let mounted = false;

  beforeEach(({ skip }) => {
    const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", directory]);
    mounted = mount.status === 0;
    skip(!mounted, "no file system can be mounted here");
  });
  afterEach(() => {
    // A program that another test starts has our files open for a moment: a plain umount may find them busy.
    if (mounted) execFileSync("umount", ["--lazy", directory]);
  });

  it("refuses events without keeping half of one, and takes them again when there is room", async () => {
    const log = path.join(directory, "log");
    await using storage = new DirectoryTreeStorage(log);
    const writer = openLog({ storage });
    await fill(writer, 3);
    const filler = path.join(directory, "filler");
    const large = event("large", { data: { text: "x".repeat(40_000) } });
    const refused = await Promise.allSettled(Array.from({ length: 20 }, () => writer.append(large)));
    expect(refused.map((result) => result.status === "rejected" && result.reason.code)).toEqual(
      refused.map(() => "DISK_FULL"),
    );
    const { bytes } = await fillUp(filler);
    expect(bytes).toBeGreaterThan(0);
    await expect(writer.checkpoint()).rejects.toMatchObject({ code: "DISK_FULL" });
    rmSync(filler);
    expect((await writer.append(event("after"))).index).toBe(3);
    await writer.checkpoint();
    const found = await verifyTree({ source: directoryTileSource(log), logKeys: [logSigner.key] });
    expect(found).toMatchObject({ entries: 4, problems: [] });
    const names = readdirSync(log, { recursive: true, encoding: "utf8" });
    expect(names.filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

/** Takes every page that is left. */
async function fillUp(file: string): Promise<{ readonly bytes: number }> {
  let bytes = 0;
  try {
    for (; ; bytes += 4096) writeFileSync(file, Buffer.alloc(4096), { flag: "a" });
  } catch {
    return { bytes };
  }
}
