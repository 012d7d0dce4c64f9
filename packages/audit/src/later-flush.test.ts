import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { LaterFlush } from "./later-flush.ts";

const directory = mkdtempSync(path.join(tmpdir(), "later-flush-"));
const file = path.join(directory, "wal");
closeSync(openSync(file, "w"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("is done with nothing, with one and with those that came while one ran", async () => {
  using flush = new LaterFlush(file);
  await expect(flush.done()).resolves.toBeUndefined();
  flush.begin();
  const first = flush.done();
  flush.begin();
  const second = flush.done();
  expect(await Promise.race([first.then(() => "first"), second.then(() => "second")])).toBe("first");
  await expect(second).resolves.toBeUndefined();
  await expect(flush.done()).resolves.toBeUndefined();
});

it("tells who waits that a flush failed, and tries the next", async () => {
  // What can be opened and is no file of a disk: fdatasync refuses it with EINVAL.
  using flush = new LaterFlush("/proc/self/stat");
  flush.begin();
  const first = flush.done();
  flush.begin();
  const second = flush.done();
  await expect(first).rejects.toThrow("EINVAL");
  await expect(second).rejects.toThrow("EINVAL");
});
