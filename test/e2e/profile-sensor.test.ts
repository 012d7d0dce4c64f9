import { constants, existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Digest, eventTypes, parseDigest } from "@pratique/core";
import { Engine, parseEngineAddress } from "@pratique/engine";
import {
  beginLearning,
  type Deviation,
  dockerRunFlags,
  type EventFacts,
  formatHardening,
  hardeningOf,
  ImageLearner,
  type ItemKind,
  isRuntimeSetup,
} from "@pratique/profile";
import {
  EngineDetails,
  kindsOf,
  Sensor,
  type SensorEvent,
  SensorFields,
  SensorProcess,
  type TrackedContainer,
} from "@pratique/sensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PreventionOptions, preventionOf } from "./prevention-of.ts";
import { engineUnavailable, type PrivateEngine, startPrivateEngine, succeed } from "./private-engine.ts";

const BINARY = fileURLToPath(new URL("../../dist/sensor/pratique-sensor", import.meta.url));
const IMAGE = "workload:learned";
const WORK = "echo kept > /data/kept && echo short > /tmp/short && cat /data/kept && rm /tmp/short";
const HOUR_MS = 3_600_000;
const WRITING =
  constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;
const sight = { systemCalls: "some", capabilities: "implied" } as const;

function unavailable(): string | undefined {
  if (!existsSync(BINARY)) return "needs the native sensor: node scripts/build.ts";
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "needs a kernel with BTF";
  return engineUnavailable();
}

const reason = unavailable();
const fields = new SensorFields();
const isUpper = fields.reader("proc.is_exe_upper_layer", undefined);
const isLower = fields.reader("proc.is_exe_lower_layer", undefined);
const isMemory = fields.reader("proc.is_exe_from_memfd", undefined);

/** What the sensor knows beyond the event. */
function factsOf(event: SensorEvent): EventFacts {
  const { openFlags } = event;
  return {
    executableLayer: layerOf(event),
    runtime: isRuntimeSetup(event.process, layerOf(event)),
    ...(openFlags !== undefined && { opensForWriting: (openFlags & WRITING) !== 0 }),
  };
}

function layerOf(event: SensorEvent): NonNullable<EventFacts["executableLayer"]> {
  if (isMemory?.read(event) === true) return "memory";
  if (isUpper?.read(event) === true) return "added";
  return isLower?.read(event) === true ? "image" : "unknown";
}

describe.skipIf(reason !== undefined)(
  `a profile of what the sensor sees${reason === undefined ? "" : ` (SKIPPED: ${reason})`}`,
  () => {
    let engine: PrivateEngine;
    let api: Engine;
    let native: SensorProcess;
    let sensor: Sensor;
    let image: Digest;
    let directory: string;
    let learner: ImageLearner;
    const told: Deviation[] = [];
    const containers = new Map<string, TrackedContainer>();
    const exits = new Map<string, () => void>();

    beforeAll(async () => {
      directory = await mkdtemp(path.join(tmpdir(), "prs-"));
      engine = await startPrivateEngine();
      image = parseDigest(await engine.busyboxImage(IMAGE));
      learner = new ImageLearner({ host: "host1", sight }, beginLearning(image));
      api = new Engine({ address: parseEngineAddress(engine.host) });
      native = new SensorProcess({
        binary: BINARY,
        log: { info: () => undefined, warn: () => undefined },
      });
      const seeded = Promise.withResolvers<void>();
      sensor = new Sensor({
        source: native,
        details: new EngineDetails({ engine: api, dataRoot: engine.dataRoot }),
        hostName: "host1",
        onContainer: (container) => containers.set(container.identity.id, container),
        onEvents: (events) => events.forEach(take),
        onMessage: (event) => event === "seeded" && seeded.resolve(),
      });
      await sensor.start();
      const kinds = kindsOf(eventTypes);
      await native.command("configure", { kinds, hostKinds: [], failedKinds: kinds, environment: false });
      await seeded.promise;
    });

    afterAll(async () => {
      await sensor?.stop();
      await api?.[Symbol.asyncDispose]();
      await engine?.[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    });

    function take(event: SensorEvent): void {
      told.push(...learner.observe(event, factsOf(event)));
      const { container, process, type } = event;
      if (type === "procexit" && process.vpid === 1 && container !== undefined) exits.get(container.name)?.();
    }

    /** Runs a container, and waits until the sensor has told its end. */
    async function run(name: string, script: string, flags: readonly string[] = ["--network", "none"]) {
      const ended = new Promise<void>((resolve) => {
        exits.set(name, resolve);
      });
      const result = await engine.docker(["run", "--name", name, ...flags, IMAGE, "/bin/sh", "-c", script]);
      await ended;
      return result;
    }

    const learned = (kind: ItemKind) =>
      learner.profile.list(kind).map(({ subject, value }) => `${subject} ${value}`);

    it("holds what the workload does, and nothing of the runtime", async () => {
      succeed(await run("learn1", WORK, ["--network", "none", "--volume", "/data"]));
      learner.advance(Date.now() + HOUR_MS);
      expect(learned("executable")).toEqual(["/bin/busybox image"]);
      expect(learned("parent")).toEqual(["/bin/busybox (outside)", "/bin/busybox /bin/busybox"]);
      expect(learned("write")).toEqual(["/data /data/kept", "/tmp /tmp/short"]);
      expect(learned("mount")).toEqual(["/ /data"]);
      expect(learned("user")).toEqual([" 0"]);
      expect(learned("secret")).toEqual([]);
      expect(learned("capability")).toEqual([]);
      expect(told).toEqual([]);
    });

    it("tells nothing when it is done again, and what is new", async () => {
      learner.setMode("watch", "ada", Date.now());
      succeed(await run("watch1", WORK, ["--network", "none", "--volume", "/data"]));
      expect(told.map(({ text }) => text)).toEqual([]);
      await run(
        "watch2",
        "cp /bin/busybox /tmp/tool; /bin/busybox cp /bin/busybox /tmp/tool; /tmp/tool id > /etc/x",
      );
      const found = told.map(({ item: { kind, subject, value } }) => `${kind} ${subject} ${value}`);
      expect(found).toEqual(
        expect.arrayContaining([
          "executable /tmp/tool added",
          "write /tmp /tmp/tool",
          "write /etc /etc/x",
          "parent /tmp/tool (outside)",
        ]),
      );
    });

    it("lets the workload work by what is exported, and not what is new", async () => {
      const seccompPath = path.join(directory, "seccomp.json");
      const hardening = hardeningOf(learner.profile);
      const options = { name: "work", image: IMAGE, seccompPath };
      await writeFile(seccompPath, formatHardening("seccomp", hardening, options) ?? "");
      const flags = [
        ...dockerRunFlags(hardening, options),
        ...hardening.mounts.flatMap((mount) => ["--volume", mount]),
      ];
      expect(flags).toContain("--read-only");
      expect(await run("hard1", WORK, flags)).toMatchObject({ code: 0, stdout: "kept\n" });
      expect(await run("hard2", "echo x > /etc/x", flags)).toMatchObject({ code: 1 });
    });

    it.each<[PreventionOptions["programs"]]>([["image"], ["learned"]])(
      "has the kernel kill what was not learned, by the programs that are %s",
      async (programs) => {
        const name = `enforced-${programs}`;
        const created = ["run", "-d", "--name", name, "--network", "none", IMAGE, "/bin/sleep", "100"];
        const id = succeed(await engine.docker(created)).stdout.trim();
        const exec = (...words: readonly string[]) => engine.docker(["exec", name, ...words]);
        succeed(await exec("/bin/busybox", "cp", "/bin/busybox", "/tmp/busybox2"));
        expect(await exec("/tmp/busybox2", "true")).toMatchObject({ code: 0 });

        learner.setMode("enforce", "ada", Date.now());
        const tables = learner.enforcement();
        if (tables === undefined) throw new Error("nothing is enforced");
        const { policy, executables } = preventionOf(tables, { rule: 7, groups: 1, programs });
        await native.command("prevent", { mode: "enforce", survive: false, executables });
        const cgroups = containers.get(id)?.cgroupIds;
        const set = [...(cgroups ?? [])].map((cgroupId) => ({
          cgroupId: String(cgroupId),
          container: id,
          policy,
        }));
        expect(await native.command("containers", { set })).toMatchObject({ set: set.length, refused: [] });

        expect(set.length).toBeGreaterThan(0);
        expect(await exec("/bin/busybox", "true")).toMatchObject({ code: 0 });
        expect(await exec("/tmp/busybox2", "true")).toMatchObject({ code: 137 });
        await native.command("containers", { remove: set.map(({ cgroupId }) => cgroupId) });
        expect(await exec("/tmp/busybox2", "true")).toMatchObject({ code: 0 });
      },
    );
  },
);
