import { type ContainerBody, EngineError, type ScratchEngine, type ScratchOutput } from "@pratique/engine";
import { beforeEach, describe, expect, it } from "vitest";
import { runSelftest, type SelftestPorts } from "./run-selftest.ts";

/** A container as it was asked for. */
interface Asked {
  readonly name: string;
  readonly body: ContainerBody;
}

/** Containers in memory, which say what they are told to say. */
class MemoryEngine implements ScratchEngine {
  readonly containers = new Map<string, Asked>();
  readonly images = new Set<string>();
  say: (container: Asked) => ScratchOutput = (container) => ({
    text: `pratique-effect ${attackIn(container)}\n`,
    exitCode: 0,
  });
  refuse: string | undefined;
  onCreate: () => void = () => undefined;

  async importImage(_archive: Iterable<Uint8Array>, reference: string): Promise<string> {
    this.images.add(reference);
    return reference;
  }

  async create(name: string, body: ContainerBody, signal: AbortSignal): Promise<string> {
    if (this.refuse !== undefined) throw new EngineError("SCRATCH_REFUSED", this.refuse);
    const id = `id-${name}`;
    this.containers.set(id, { name, body });
    this.onCreate();
    signal.throwIfAborted();
    return id;
  }

  async start(): Promise<void> {}

  async output(id: string): Promise<ScratchOutput> {
    const container = this.containers.get(id);
    if (container === undefined) throw new Error("no such container");
    return this.say(container);
  }

  async removeContainer(id: string): Promise<void> {
    this.containers.delete(id);
  }

  async removeImage(reference: string): Promise<void> {
    this.images.delete(reference);
  }

  async listContainers(): Promise<readonly string[]> {
    return [...this.containers.keys()];
  }
}

/** Behind `pratique-attacks --as`. */
function attackIn({ body }: Asked): string {
  const [, , attack] = Array.isArray(body.Cmd) ? body.Cmd : [];
  return String(attack);
}

describe("the selftest", () => {
  let engine: MemoryEngine;
  const signal = new AbortController().signal;
  const portsOf = (more: Partial<SelftestPorts> = {}): SelftestPorts => ({
    engine,
    engineSocket: "/run/engine.sock",
    detections: undefined,
    host: undefined,
    program: { path: "/attacks", bytes: new Uint8Array(1) },
    run: "run",
    ...more,
  });

  beforeEach(() => {
    engine = new MemoryEngine();
  });

  it("gives each attack what it needs, and nothing else", async () => {
    const seen: Asked[] = [];
    engine.say = (container) => {
      seen.push(container);
      return { text: "", exitCode: 1 };
    };
    await runSelftest(portsOf(), { only: ["shadow", "core-pattern"], signal });
    expect(seen.map(({ name, body }) => [name, body.HostConfig])).toEqual([
      ["run-core-pattern", { Privileged: true }],
      ["run-shadow", {}],
    ]);
  });

  it("tries once more what ended well and said nothing, and no more often", async () => {
    const said = ["", "pratique-effect shadow\n"];
    const tries: string[] = [];
    engine.say = ({ name }) => {
      tries.push(name);
      return { text: name === "run-shadow" ? (said.shift() ?? "") : "", exitCode: 0 };
    };
    const table = await runSelftest(portsOf(), { only: ["shadow", "core-pattern"], signal });
    expect(table.map(({ id, tookEffect }) => [id, tookEffect])).toEqual([
      ["core-pattern", false],
      ["shadow", true],
    ]);
    expect(tries.toSorted()).toEqual(["run-core-pattern", "run-core-pattern", "run-shadow", "run-shadow"]);
  });

  it("believes a marker only for its own attack", async () => {
    engine.say = () => ({
      text: "pratique-effect shadow\npratique-refused sudoers: open: EPERM\n",
      exitCode: 1,
    });
    const table = await runSelftest(portsOf(), { only: ["sudoers"], signal });
    expect(table).toMatchObject([
      { id: "sudoers", tookEffect: false, verdict: "refused", why: "open: EPERM" },
    ]);
  });

  it("tells that the gate said no", async () => {
    engine.refuse = "authorization denied by plugin pratique: privileged";
    const table = await runSelftest(portsOf(), { only: ["core-pattern"], signal });
    expect(table).toMatchObject([{ verdict: "prevented", why: engine.refuse }]);
  });

  it("tries once more what an engine fails to start", async () => {
    let tries = 0;
    engine.say = () => {
      tries += 1;
      if (tries === 1) throw new Error("the container did not start");
      return { text: "pratique-effect shadow", exitCode: 0 };
    };
    const table = await runSelftest(portsOf(), { only: ["shadow"], signal });
    expect(table).toMatchObject([{ id: "shadow", tookEffect: true, verdict: "unwatched" }]);
    expect([tries, engine.containers.size]).toEqual([2, 0]);
  });

  it("goes on after an attack that broke, and removes everything", async () => {
    engine.say = (container) => {
      if (attackIn(container) === "core-pattern") throw new Error("the engine went away");
      return { text: "pratique-effect shadow", exitCode: 0 };
    };
    const table = await runSelftest(portsOf(), { only: ["shadow", "core-pattern"], signal });
    expect(table.map(({ verdict }) => verdict)).toEqual(["failed", "unwatched"]);
    expect([engine.containers.size, engine.images.size]).toEqual([0, 0]);
  });

  it("removes what was made in the moment in which it was ended", async () => {
    const ended = new AbortController();
    engine.onCreate = () => ended.abort();
    const selftest = runSelftest(portsOf(), { only: ["shadow"], signal: ended.signal });
    await expect(selftest).rejects.toMatchObject({ code: "ABORTED" });
    expect([engine.containers.size, engine.images.size]).toEqual([0, 0]);
  });

  it("leaves the host alone unless it is given a way there", async () => {
    const only = ["host-network-tool"];
    expect(await runSelftest(portsOf(), { only, signal })).toEqual([]);
    const ran: (readonly string[])[] = [];
    const host: SelftestPorts["host"] = {
      async run(command) {
        ran.push(command);
        return { text: "pratique-effect host-network-tool\n", exitCode: 0, pid: 1 };
      },
    };
    expect(await runSelftest(portsOf({ host }), { only, signal })).toMatchObject([{ tookEffect: true }]);
    expect(ran).toEqual([["/attacks", "--as", "host-network-tool", "chain", "nmap", "--version"]]);
  });

  it("asks for the rules that should speak, once the attack is over", async () => {
    const asked: unknown[] = [];
    const detections: SelftestPorts["detections"] = {
      async collect(where, { wanted }) {
        asked.push([where, wanted]);
        return [];
      },
    };
    const table = await runSelftest(portsOf({ detections }), { only: ["honeyfile"], signal });
    expect(asked).toEqual([[{ containerId: "id-run-honeyfile" }, ["Honeyfile opened"]]]);
    expect(table).toMatchObject([{ verdict: "missed" }]);
  });

  it("refuses a name that no attack has", async () => {
    const selftest = runSelftest(portsOf(), { only: ["shadow", "no-such"], signal });
    await expect(selftest).rejects.toMatchObject({ code: "ATTACK_UNKNOWN" });
  });
});
