import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EvidenceStore } from "./evidence.ts";
import { openSigningKey } from "./keys.ts";

const PAGE_BYTES = 4096;
const now = () => new Date("2026-01-02T03:04:05.678Z");

describe("a full disk", () => {
  let directory: string;
  let mounted = false;

  beforeEach(({ skip }) => {
    directory = mkdtempSync(path.join(tmpdir(), "pratique-full-"));
    const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", directory]);
    mounted = mount.status === 0;
    skip(!mounted, "no file system can be mounted here");
  });
  afterEach(() => {
    // A program that another test starts has our files open for a moment: a plain umount may find them busy.
    if (mounted) execFileSync("umount", ["--lazy", directory]);
    rmSync(directory, { recursive: true });
  });

  it("keeps no half of an evidence, and keeps it whole when it is put again where there is room", () => {
    const store = new EvidenceStore(directory, now);
    expect(() => store.put("x".repeat(100_000))).toThrow(expect.objectContaining({ code: "DISK_FULL" }));
    const digest = store.put("small");
    expect(store.get(digest)).toBe("small");
    expect(
      readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
    ).toHaveLength(1);
  });

  it("makes no half of a key", () => {
    const filler = path.join(directory, "filler");
    writeFileSync(filler, Buffer.alloc(64 * 1024 - 2 * PAGE_BYTES));
    let room = true;
    while (room) room = takesPage(filler);
    expect(() => openSigningKey(directory)).toThrow(expect.objectContaining({ code: "DISK_FULL" }));
    expect(readdirSync(directory)).toEqual(["filler"]);
    rmSync(filler);
    expect(openSigningKey(directory).publicKey).toBe(openSigningKey(directory).publicKey);
  });
});

function takesPage(file: string): boolean {
  try {
    writeFileSync(file, Buffer.alloc(PAGE_BYTES), { flag: "a" });
    return true;
  } catch {
    return false;
  }
}
