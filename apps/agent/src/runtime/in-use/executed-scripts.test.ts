import { parseDigest } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { ExecutedScripts } from "./executed-scripts.ts";

const shop = parseDigest(`sha256:${"a".repeat(64)}`);
const other = parseDigest(`sha256:${"b".repeat(64)}`);
const TOOL = "/usr/lib/x/tool.py";

/** A host whose processes each have the files that they are asked for, until they end. */
class Host {
  nowMs = 1_800_000_000_000;
  readonly ended = new Set<number>();
  readonly asked: (readonly [pid: number, first: string | undefined])[] = [];
  living: number | undefined = 1;
  answer: Promise<void> = Promise.resolve();
  readonly scripts = new ExecutedScripts({
    find: async (pid, given) => {
      this.asked.push([pid, given[0]]);
      await this.answer;
      return this.ended.has(pid) ? undefined : given.slice(0, 1);
    },
    pidIn: () => this.living,
    now: () => this.nowMs,
  });

  async execute(pid: number, script = TOOL, image = shop): Promise<void> {
    const execution = { exePath: "/usr/bin/python3", exe: "python3", args: [script], directory: "/" };
    this.scripts.take({ pid, container: "c1", image, execution });
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  }

  files(image = shop): readonly string[] {
    return [...this.scripts.of(image).files];
  }

  get hasMissed(): boolean {
    return this.scripts.of(shop).missedAt === this.nowMs;
  }
}

describe("scripts that containers execute", () => {
  it("are told of their image, however short they run", async () => {
    const host = new Host();
    await host.execute(7);
    expect(host.files()).toEqual([TOOL]);
    expect(host.files(other)).toEqual([]);
    expect(host.hasMissed).toBe(false);
  });

  it("are looked for by another process of the container where their own has ended", async () => {
    const host = new Host();
    host.ended.add(7);
    await host.execute(7);
    expect(host.asked).toEqual([
      [7, TOOL],
      [1, TOOL],
    ]);
    expect(host.files()).toEqual([TOOL]);
  });

  it("were missed where no process was left, until they are executed again", async () => {
    const host = new Host();
    host.living = undefined;
    host.ended.add(7);
    await host.execute(7);
    expect([host.files(), host.hasMissed]).toEqual([[], true]);
    await host.execute(8);
    expect(host.files()).toEqual([TOOL]);
  });

  it("are looked for now and then, and not each time", async () => {
    const host = new Host();
    for (let pid = 7; pid < 20; pid += 1) await host.execute(pid);
    expect(host.asked).toHaveLength(1);
    host.nowMs += 901_000;
    await host.execute(20);
    expect(host.asked).toHaveLength(2);
  });

  it("are forgotten when nothing executed them for a week", async () => {
    const host = new Host();
    await host.execute(7);
    host.nowMs += 8 * 86_400_000;
    expect(host.files()).toEqual([]);
  });

  it("are bounded in number, and what is left out was missed", async () => {
    const host = new Host();
    for (let number = 0; number < 512; number += 1) await host.execute(7, `/x/${number}.py`);
    expect(host.hasMissed).toBe(false);
    await host.execute(7);
    expect(host.files()).toHaveLength(512);
    expect(host.hasMissed).toBe(true);
  });

  it("wait for one another, and what finds no place was missed", async () => {
    const host = new Host();
    const { promise, resolve } = Promise.withResolvers<void>();
    host.answer = promise;
    for (let number = 0; number < 68; number += 1) await host.execute(7, `/x/${number}.py`);
    expect(host.asked).toHaveLength(4);
    expect(host.hasMissed).toBe(false);
    await host.execute(7);
    expect(host.hasMissed).toBe(true);
    resolve();
    await expect.poll(() => host.files()).toHaveLength(68);
  });

  it("are none where no interpreter was given a file", async () => {
    const host = new Host();
    await host.execute(7, "-");
    expect(host.asked).toEqual([]);
  });
});
