import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { SensorError } from "./errors.ts";
import type { SourceListener } from "./record-source.ts";
import type { SensorMessage } from "./sensor-message.ts";
import { SensorProcess, type SensorProcessOptions } from "./sensor-process.ts";

const script = fileURLToPath(new URL("./testdata/fake-native.mjs", import.meta.url));

/** What happened, in its order; whoever waits for something gets it once it did. */
class Heard implements SourceListener {
  readonly lines: string[] = [];
  readonly #waiting = new Map<string, () => void>();

  onRecords(): void {}

  onMessage(message: SensorMessage): void {
    if (message.kind === "event") this.#note(message.event);
  }

  onBegin(): void {
    this.#note("begin");
  }

  onEnd(): void {
    this.#note("end");
  }

  async until(event: string, times: number): Promise<void> {
    while (this.lines.filter((line) => line === event).length < times) {
      await new Promise<void>((resolve) => this.#waiting.set(event, resolve));
    }
  }

  #note(event: string): void {
    this.lines.push(event);
    this.#waiting.get(event)?.();
  }
}

describe("SensorProcess", () => {
  const started: SensorProcess[] = [];

  afterEach(async () => {
    for (const one of started.splice(0)) await one.stop();
  });

  async function start(mode: string, change: Partial<SensorProcessOptions> = {}) {
    const heard = new Heard();
    const logged: unknown[] = [];
    const log = {
      info: (fields: object) => void logged.push(["info", fields]),
      warn: (fields: object) => void logged.push(["warn", fields]),
    };
    const native = new SensorProcess({
      binary: process.execPath,
      args: [script, mode],
      log,
      backoffMs: 1,
      ...change,
    });
    started.push(native);
    await native.start(heard);
    return { native, heard, logged };
  }

  it("gives the answer to a command", async () => {
    const { native, heard } = await start("obeys");
    expect(heard.lines).toEqual(["begin", "ready"]);
    expect(await native.command("echo", { word: "a" })).toMatchObject({ ok: true, word: "a" });
    const both = await Promise.all([native.command("echo", { n: 1 }), native.command("echo", { n: 2 })]);
    expect(both.map(({ n }) => n)).toEqual([1, 2]);
  });

  it("logs what the process says, by how grave it is", async () => {
    const { native, logged } = await start("obeys");
    await native.command("echo");
    await expect
      .poll(() => logged)
      .toEqual([
        ["info", { said: "here" }],
        ["warn", { said: "odd" }],
        ["warn", { said: "no json" }],
      ]);
  });

  it("tells why a command is refused", async () => {
    const { native } = await start("obeys");
    await expect(native.command("refuse")).rejects.toMatchObject({
      code: "COMMAND_REFUSED",
      message: "refuse: not today",
    });
  });

  it("does not wait for an answer for ever", async () => {
    const { native } = await start("obeys", { commandDeadlineMs: 20 });
    await expect(native.command("ignore")).rejects.toMatchObject({ code: "COMMAND_UNANSWERED" });
  });

  it("starts another when it is killed, and lets nobody wait for the first", async () => {
    const { native, heard } = await start("obeys");
    const first = native.counters.pid;
    await expect(native.command("crash")).rejects.toMatchObject({ code: "COMMAND_UNANSWERED" });
    await heard.until("ready", 2);
    expect(heard.lines).toEqual(["begin", "ready", "begin", "ready"]);
    expect(native.counters).toMatchObject({ running: true, restarts: 1 });
    expect(native.counters.pid).not.toBe(first);
    expect(await native.command("echo")).toMatchObject({ ok: true });
  });

  it("says that it is lost, how it ended, and when there is another", async () => {
    const told: string[] = [];
    const replaced = Promise.withResolvers<void>();
    const { native } = await start("obeys", {
      onLost: (how) => void told.push(`lost: ${how}`),
      onReplaced: () => {
        told.push("replaced");
        replaced.resolve();
      },
    });
    process.kill(native.counters.pid ?? 0, "SIGKILL");
    await replaced.promise;
    await native.stop();
    expect(told).toEqual(["lost: SIGKILL", "replaced"]);
  });

  it("replaces one that writes what cannot be read", async () => {
    const { native, heard } = await start("obeys");
    await expect(native.command("garbage")).rejects.toMatchObject({ code: "COMMAND_UNANSWERED" });
    await heard.until("ready", 2);
    expect(native.counters).toMatchObject({ malformed: 1, restarts: 1 });
  });

  it.each([
    ["ends at once", "dies", {}],
    ["is never ready", "silent", { readyDeadlineMs: 300 }],
    ["is not there", "obeys", { binary: "/nowhere/pratique-sensor" }],
  ])("says that it cannot start one that %s, and leaves none behind", async (_, mode, change) => {
    await expect(start(mode, change)).rejects.toThrow(SensorError);
    expect(started.at(-1)?.counters).toMatchObject({ running: false, restarts: 0 });
  });

  it("stays stopped", async () => {
    const { native, heard } = await start("obeys");
    await native.stop();
    expect(heard.lines.at(-1)).toBe("end");
    expect(native.counters.running).toBe(false);
    await expect(native.command("echo")).rejects.toMatchObject({ code: "COMMAND_UNANSWERED" });
  });
});
