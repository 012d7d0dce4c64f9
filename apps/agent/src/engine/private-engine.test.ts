import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { layoutOf } from "../layout.ts";
import { PrivateEngine } from "./private-engine.ts";

const program = path.join(import.meta.dirname, "../testdata/small-dockerd.ts");
const IMPATIENT = "failed to start containerd: timeout waiting for containerd to start";
const { signal } = new AbortController();

let directory: TempDirectory;
let engine: PrivateEngine;

beforeEach(() => {
  directory = tempDirectory();
  const dockerd = directory.at("dockerd");
  writeFileSync(dockerd, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(dockerd, 0o755);
  engine = new PrivateEngine({
    layout: layoutOf({ data: directory.at("data"), run: directory.at("run") }),
    plugin: `prt-${path.basename(directory.path)}`,
    dockerd,
    sleep: async (ms, ended) => sleep(ms, undefined, { signal: ended }),
    environment: process.env,
  });
});
afterEach(async () => {
  await engine.stop();
  directory[Symbol.dispose]();
});

/** Has the first starts end with these words. */
function fail(starts: number, words: string): string {
  const plan = path.join(path.dirname(engine.socketPath), "fails");
  mkdirSync(path.dirname(plan), { recursive: true });
  writeFileSync(plan, `${starts}\n${words}`);
  return plan;
}

describe.skipIf(process.getuid?.() !== 0)("an engine of our own", () => {
  it("is started, and adopted by whoever starts it again", async () => {
    expect(await engine.start(signal)).toBe("started");
    expect(await engine.start(signal)).toBe("adopted");
    await engine.stop();
    expect(await engine.start(signal)).toBe("started");
  });

  it("is started again where it had no patience with its containerd", async () => {
    const plan = fail(2, IMPATIENT);
    expect(await engine.start(signal)).toBe("started");
    expect(readFileSync(plan, "utf8")).toBe(`0\n${IMPATIENT}`);
  });

  it.each([
    ["has no patience again and again", 9, IMPATIENT, 6],
    ["fails by anything else", 9, "no space left on device", 8],
  ])("is given up where it %s", async (_, fails, words, left) => {
    const plan = fail(fails, words);
    await expect(engine.start(signal)).rejects.toMatchObject({
      code: "ENGINE_START_FAILED",
      message: `dockerd does not start: ${words}`,
    });
    expect(readFileSync(plan, "utf8")).toBe(`${left}\n${words}`);
  });
});
