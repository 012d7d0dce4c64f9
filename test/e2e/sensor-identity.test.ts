import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { eventTypes } from "@pratique/core";
import { Engine, parseEngineAddress } from "@pratique/engine";
import {
  EngineDetails,
  kindsOf,
  Sensor,
  type SensorEvent,
  SensorFields,
  SensorProcess,
} from "@pratique/sensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CgroupHost, type CgroupLayout, cgroupLayouts } from "./cgroup-host.ts";
import { engineUnavailable, type PrivateEngine, startPrivateEngine } from "./private-engine.ts";

const BINARY = fileURLToPath(new URL("../../dist/sensor/pratique-sensor", import.meta.url));
const CONTAINERS: Readonly<Record<CgroupLayout, number>> = {
  "as this host has them": 100,
  "of version 2 alone": 40,
};
const AT_ONCE = 4;
const DEADLINE_MS = 240_000;

function unavailable(): string | undefined {
  if (!existsSync(BINARY)) return "needs the native sensor: node scripts/build.ts";
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "needs a kernel with BTF";
  return engineUnavailable();
}

const reason = unavailable();
const fields = new SensorFields();

function read(event: SensorEvent, name: string, argument?: string): unknown {
  return fields.reader(name, argument)?.read(event);
}

/** A sensor on the real kernel, and all that it told of containers of one engine. */
class Watch implements AsyncDisposable {
  readonly events: SensorEvent[] = [];
  readonly engine: Engine;
  readonly native: SensorProcess;
  readonly sensor: Sensor;
  #look: () => void = () => undefined;
  #seeded = 0;

  constructor({ host, dataRoot }: PrivateEngine, binary: string) {
    this.engine = new Engine({ address: parseEngineAddress(host) });
    const log = { info: () => undefined, warn: () => undefined };
    this.native = new SensorProcess({ binary, log, backoffMs: 10 });
    this.sensor = new Sensor({
      source: this.native,
      details: new EngineDetails({ engine: this.engine, dataRoot }),
      hostName: "test",
      onEvents: (events) => this.#take(events),
      onMessage: (event) => this.#hear(event),
    });
  }

  async start(): Promise<void> {
    await this.sensor.start();
    await this.#configure();
    await this.until(() => this.#seeded > 0);
  }

  get seeded(): number {
    return this.#seeded;
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds())
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sensor.stop();
    await this.engine[Symbol.asyncDispose]();
  }

  async #configure(): Promise<void> {
    const kinds = kindsOf(eventTypes);
    await this.native.command("configure", {
      kinds,
      hostKinds: kinds,
      failedKinds: kinds,
      environment: false,
    });
  }

  #take(events: readonly SensorEvent[]): void {
    for (const event of events) {
      if (event.container === undefined && !event.process.exePath.endsWith("/busybox")) continue;
      this.events.push(event.detach());
    }
    this.#look();
  }

  #hear(event: string): void {
    if (event === "seeded") this.#seeded += 1;
    // One that was started again has been told nothing yet.
    if (event === "ready" && this.native.counters.restarts > 0) void this.#configure();
    this.#look();
  }
}

describe.skipIf(reason !== undefined).each(cgroupLayouts)(
  `identity of containers, control groups %s${reason === undefined ? "" : ` (SKIPPED: ${reason})`}`,
  (layout) => {
    const containers = CONTAINERS[layout];
    let host: CgroupHost;
    let engine: PrivateEngine;
    let watch: Watch;

    beforeAll(async () => {
      host = await CgroupHost.start(layout);
      engine = await startPrivateEngine({ enter: host.enter });
      await engine.busyboxImage("short:1.2");
      watch = new Watch(engine, await host.program(BINARY));
      await watch.start();
    }, DEADLINE_MS);

    afterAll(async () => {
      await watch?.[Symbol.asyncDispose]();
      await engine?.[Symbol.asyncDispose]();
      await host?.[Symbol.asyncDispose]();
    }, DEADLINE_MS);

    /** Runs a container that is over at once, and writes a file of its own name. */
    async function runShort(name: string): Promise<void> {
      const command = `echo ${name} > /tmp/mark-${name}; id -u`;
      const run = ["run", "--rm", "--network", "none", "--name", name, "short:1.2", "/bin/sh", "-c", command];
      const { code, stderr } = await engine.docker(run);
      expect(stderr).toBe("");
      expect(code).toBe(0);
    }

    /** On a busy machine runc may execute itself once more when it is in the container's group already. */
    const firstOf = (name: string) =>
      watch.events.find(
        ({ type, container, process }) =>
          type === "execve" && container?.name === name && process.exePath === "/bin/busybox",
      );

    const opened = (name: string) =>
      watch.events.filter(({ type, path }) => type.startsWith("open") && path === `/tmp/mark-${name}`);

    it(`is right for every event of ${containers} containers that last no longer than a command`, {
      timeout: DEADLINE_MS,
    }, async () => {
      const names = Array.from({ length: containers }, (_, place) => `short-${place}`);
      const left = [...names];
      const work = async () => {
        for (let name = left.shift(); name !== undefined; name = left.shift()) await runShort(name);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      await watch.until(() => names.every((name) => opened(name).length > 0));

      // A process that names its container in its command line is in that container, with all that is known of it.
      const told = watch.events.filter(
        ({ process: { exePath, args } }) =>
          exePath === "/bin/busybox" && args.join(" ").includes("mark-short-"),
      );
      const wrong = told.filter((event) => {
        const name = /mark-(short-\d+);/u.exec(event.process.args.join(" "))?.[1];
        return (
          event.container?.name !== name ||
          event.container?.image !== "short:1.2" ||
          read(event, "container.image.repository") !== "short"
        );
      });
      expect(
        wrong.map((event) => [
          event.type,
          event.process.commandLine,
          event.container?.name,
          event.container?.image,
        ]),
      ).toEqual([]);
      expect(told.length).toBeGreaterThanOrEqual(containers * 3);

      // The first program of each was told, as process 1 of its container, with the user's name of its own accounts.
      const first = watch.events.filter(
        (event) =>
          event.type === "execve" &&
          event.result === 0 &&
          read(event, "proc.vpid") === 1 &&
          event.container?.image === "short:1.2",
      );
      const byName = new Set(
        first
          .filter(({ process: { args } }) => args.join(" ").includes("mark-short-"))
          .map(({ container }) => container?.name),
      );
      expect(byName.size).toBe(containers);

      // Whatever else happened in them is told of the same containers, and nothing waits any more.
      const ids = new Set(first.map(({ container }) => container?.id));
      const theirs = watch.events.filter(({ tracked }) => ids.has(tracked?.identity.id));
      expect(theirs.filter(({ container }) => container?.described !== true).length).toBe(0);
      expect(new Set(theirs.map(({ type }) => type))).toContain("procexit");
      const { held, unknownKinds } = watch.sensor.counters;
      expect({ overflowed: held.overflowed, unknownKinds }).toEqual({ overflowed: 0, unknownKinds: 0 });
    });

    it("is right again after the native sensor was killed", { timeout: DEADLINE_MS }, async () => {
      const { stdout } = await engine.docker([
        "run",
        "-d",
        "--network",
        "none",
        "--name",
        "steady",
        "short:1.2",
        "/bin/sleep",
        "1000",
      ]);
      const id = stdout.trim();
      const seeded = watch.seeded;
      process.kill(watch.native.counters.pid ?? 0, "SIGKILL");
      await watch.until(() => watch.seeded > seeded);
      await engine.docker(["exec", "steady", "/bin/sh", "-c", "echo x > /tmp/mark-again"]);
      await watch.until(() => opened("again").length > 0);
      const [event] = opened("again");
      expect([event?.container?.id, event?.container?.name, event?.process.name]).toEqual([
        id,
        "steady",
        "sh",
      ]);
      expect(watch.sensor.counters.begins).toBe(2);
    });

    it("has names of the container's own accounts from its first program on", {
      timeout: DEADLINE_MS,
    }, async () => {
      // Of an image that nobody has seen: nothing is known of its accounts.
      await engine.busyboxImage("fresh:1");
      const run = [
        "run",
        "--rm",
        "--network",
        "none",
        "--name",
        "fresh",
        "--user",
        "1000",
        "fresh:1",
        "/bin/id",
      ];
      await engine.docker(run);
      const first = () => firstOf("fresh");
      await watch.until(() => first() !== undefined);
      const event = first();
      expect(event === undefined ? undefined : [read(event, "user.uid"), read(event, "user.name")]).toEqual([
        1000,
        "app",
      ]);
    });

    it("names the image of a container that was started by its id", { timeout: DEADLINE_MS }, async () => {
      const id = await engine.busyboxImage("named:7");
      const short = id.slice("sha256:".length, "sha256:".length + 12);
      await engine.docker(["run", "--rm", "--network", "none", "--name", "by-id", short, "/bin/id"]);
      const first = () => firstOf("by-id");
      await watch.until(() => first() !== undefined);
      const event = first();
      const names = ["container.image", "container.image.repository", "container.image.tag"];
      expect(event === undefined ? [] : names.map((name) => read(event, name))).toEqual([
        "named:7",
        "named",
        "7",
      ]);
    });
  },
);
