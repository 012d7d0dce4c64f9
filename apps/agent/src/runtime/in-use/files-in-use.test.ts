import { parseDigest } from "@pratique/core";
import { describe, expect, it } from "vitest";
import type { Scripts } from "./executed-scripts.ts";
import { type ContainerProcess, FilesInUse } from "./files-in-use.ts";
import type { Look } from "./look-at-process.ts";

const shop = parseDigest(`sha256:${"a".repeat(64)}`);
const other = parseDigest(`sha256:${"b".repeat(64)}`);
const SSL = "/usr/lib/libssl.so.3";

/** A host whose time and processes a test sets; each look is noted. */
class Host {
  nowMs = 1_800_000_000_000;
  processes: ContainerProcess[] = [];
  scripts: Scripts = { files: new Set(), missedAt: Number.NEGATIVE_INFINITY };
  readonly looks: number[] = [];
  readonly asked = new Map<number, Promise<Look | undefined> | Look>();
  readonly inUse = new FilesInUse({
    processes: () => this.processes,
    look: async (pid) => {
      this.looks.push(pid);
      return await (this.asked.get(pid) ?? look());
    },
    scriptsOf: () => this.scripts,
    now: () => this.nowMs,
  });

  start(pid: number, more: Partial<ContainerProcess> = {}): void {
    this.processes.push({ identity: {}, pid, since: 1, container: "c1", image: shop, ...more });
  }

  /** Lets so many seconds go by. */
  async pass(seconds: number): Promise<void> {
    for (let at = 0; at < seconds; at += 1) {
      this.nowMs += 1000;
      this.inUse.tick();
      for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    }
  }
}

function look(more: Partial<Look> = {}): Look {
  return { program: "/usr/bin/a", script: [], loaded: [SSL], isCut: false, bytes: 10_000, ...more };
}

describe("files in use", () => {
  it("are told when a minute has gone by", async () => {
    const host = new Host();
    host.start(1);
    await host.pass(30);
    expect(host.inUse.of(shop)).toBeUndefined();
    await host.pass(60);
    expect(host.inUse.of(shop)).toMatchObject({
      executed: ["/usr/bin/a"],
      loaded: [SSL],
      isWhole: true,
      since: expect.any(Number),
    });
    expect(host.inUse.of(other)).toBeUndefined();
  });

  it("are told with what a process loads that takes long to start", async () => {
    const host = new Host();
    host.start(1);
    host.asked.set(1, look({ loaded: [] }));
    await host.pass(30);
    host.asked.set(1, look());
    for (let second = 0; host.inUse.of(shop) === undefined && second < 90; second += 1) await host.pass(1);
    expect(host.inUse.of(shop)).toMatchObject({ loaded: [SSL], isWhole: true });
  });

  it("are those of the image whose process has them", async () => {
    const host = new Host();
    host.start(1);
    host.start(2, { container: "c2", image: other });
    host.asked.set(2, look({ program: "/bin/b", loaded: [] }));
    await host.pass(90);
    expect(host.inUse.of(other)).toMatchObject({ executed: ["/bin/b"], loaded: [] });
    expect(host.inUse.of(shop)).toMatchObject({ executed: ["/usr/bin/a"], loaded: [SSL] });
  });

  it("are told once where a program is loaded by another", async () => {
    const host = new Host();
    host.start(1);
    host.start(2);
    host.asked.set(2, look({ program: SSL, loaded: ["/usr/bin/a"] }));
    await host.pass(90);
    expect(host.inUse.of(shop)).toMatchObject({ executed: [SSL, "/usr/bin/a"].sort(), loaded: [] });
  });

  it("are executed where an interpreter was given them, by a process that lives or has ended", async () => {
    const host = new Host();
    host.start(1);
    host.asked.set(1, look({ script: ["/usr/lib/x/tool.py"] }));
    host.scripts = { files: new Set([SSL, "/usr/sbin/thing"]), missedAt: Number.NEGATIVE_INFINITY };
    await host.pass(90);
    expect(host.inUse.of(shop)).toMatchObject({
      executed: ["/usr/bin/a", SSL, "/usr/lib/x/tool.py", "/usr/sbin/thing"],
      loaded: [],
      isWhole: true,
    });
  });

  it("are not whole where a script was missed, for some time", async () => {
    const host = new Host();
    host.start(1);
    await host.pass(90);
    host.scripts = { files: new Set(), missedAt: host.nowMs };
    expect(host.inUse.of(shop)?.isWhole).toBe(false);
    await host.pass(1801);
    expect(host.inUse.of(shop)?.isWhole).toBe(true);
  });

  it("are forgotten when nothing had them for a week", async () => {
    const host = new Host();
    host.start(1);
    await host.pass(90);
    host.processes = [];
    host.nowMs += 8 * 86_400_000;
    await host.pass(10);
    expect(host.inUse.of(shop)).toBeUndefined();
  });

  it("are not whole where more was in use than is read", async () => {
    const host = new Host();
    host.start(1);
    host.asked.set(1, look({ isCut: true }));
    await host.pass(90);
    expect(host.inUse.of(shop)).toMatchObject({ isWhole: false, loaded: [SSL] });
  });

  it("are bounded, whatever a process has", async () => {
    const host = new Host();
    host.start(1);
    host.asked.set(1, look({ loaded: Array.from({ length: 10_000 }, (_, at) => `/lib/${at}.so`) }));
    await host.pass(90);
    expect(host.inUse.of(shop)?.loaded).toHaveLength(2048);
    expect(host.inUse.of(shop)?.isWhole).toBe(false);
  });
});

describe("a process", () => {
  it("is looked at soon, after a minute, and now and then", async () => {
    const host = new Host();
    host.start(1);
    await host.pass(30);
    expect(host.looks).toHaveLength(1);
    await host.pass(60);
    expect(host.looks).toHaveLength(2);
    await host.pass(600);
    expect(host.looks).toHaveLength(2);
    await host.pass(600);
    expect(host.looks).toHaveLength(3);
  });

  it("is looked at anew when it executes something else", async () => {
    const host = new Host();
    const identity = {};
    host.start(1, { identity });
    await host.pass(120);
    host.processes = [];
    host.start(1, { identity, since: 2 });
    await host.pass(20);
    expect(host.looks).toHaveLength(3);
  });

  it("waits its turn by containers: one with thousands keeps nobody waiting", async () => {
    const host = new Host();
    for (let pid = 100; pid < 5100; pid += 1) host.start(pid);
    host.start(1, { container: "c2", image: other });
    await host.pass(15);
    expect(host.looks).toContain(1);
    expect(host.looks.length).toBeLessThanOrEqual(15 * 8);
    await host.pass(90);
    expect(host.inUse.of(shop)?.isWhole).toBe(false);
    expect(host.inUse.of(other)?.isWhole).toBe(true);
  });

  it("with very many mappings is followed by a rest", async () => {
    const host = new Host();
    for (let pid = 1; pid <= 50; pid += 1) {
      host.start(pid);
      host.asked.set(pid, look({ bytes: 512 * 1024 }));
    }
    await host.pass(30);
    expect(host.looks.length).toBeLessThanOrEqual(20);
  });

  it("that never answers keeps nobody waiting but its container", async () => {
    const host = new Host();
    const { promise, resolve } = Promise.withResolvers<Look | undefined>();
    host.start(1);
    host.start(2);
    host.start(3, { container: "c2", image: other });
    host.asked.set(1, promise);
    await host.pass(120);
    expect(host.looks).toContain(3);
    expect(host.looks).not.toContain(2);
    expect(host.inUse.of(shop)).toBeUndefined();
    resolve(look());
    await host.pass(30);
    expect(host.looks).toContain(2);
  });
});
