import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { acquireWriterLock } from "./writer-lock.ts";

it("lets in one writer at a time", async () => {
  using directory = tempDirectory();
  const file = directory.at("lock");
  {
    using held = await acquireWriterLock(file, { waitMs: 0 });
    expect(held).toBeDefined();
    expect(await acquireWriterLock(file, { waitMs: 0 })).toBeUndefined();
  }
  using after = await acquireWriterLock(file, { waitMs: 0 });
  expect(after).toBeDefined();
});

it("is for its owner alone", async () => {
  using directory = tempDirectory();
  using _ = await acquireWriterLock(directory.at("lock"), { waitMs: 0 });
  expect(statSync(directory.at("lock")).mode & 0o777).toBe(0o600);
});

it("waits for the other one, and stops waiting when it is told to", async () => {
  using directory = tempDirectory();
  const file = directory.at("lock");
  const held = await acquireWriterLock(file, { waitMs: 0 });
  const waiting = acquireWriterLock(file, { waitMs: 60_000 });
  held?.[Symbol.dispose]();
  {
    using second = await waiting;
    expect(second).toBeDefined();
    const stopped = acquireWriterLock(file, { waitMs: 60_000, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  }
});

it("is free as soon as the process that held it is dead", async () => {
  using directory = tempDirectory();
  const file = directory.at("lock");
  const script = `
    import { DatabaseSync } from "node:sqlite";
    new DatabaseSync(process.argv[1]).exec("BEGIN EXCLUSIVE");
    console.log("held");
    setInterval(() => undefined, 60_000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", script, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  expect(await acquireWriterLock(file, { waitMs: 0 })).toBeUndefined();
  holder.kill("SIGKILL");
  await once(holder, "exit");
  using lock = await acquireWriterLock(file, { waitMs: 0 });
  expect(lock).toBeDefined();
});

it("says where the file is no lock", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("lock"), "a text that is longer than the head of a database ".repeat(20));
  await expect(acquireWriterLock(directory.at("lock"), { waitMs: 0 })).rejects.toThrow(/not a database/u);
});
