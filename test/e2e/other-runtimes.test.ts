import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CgroupHost, cgroupLayouts } from "./cgroup-host.ts";
import { type OtherRuntime, otherRuntimes, removeEmptyGroups, runtimeUnavailable } from "./other-runtimes.ts";
import { engineUnavailable } from "./private-engine.ts";
import { builtSensor, WatchingAgent } from "./watching-agent.ts";

const unavailable =
  engineUnavailable() ?? (existsSync(builtSensor) ? undefined : "the native sensor has not been built");
const rows = otherRuntimes.map((row) => ({ ...row, reason: unavailable ?? runtimeUnavailable(row) }));
for (const { name, reason } of rows) {
  if (reason !== undefined) console.warn(`SKIPPED: other-runtimes.test.ts ${name}: ${reason}`);
}

/** What these do on the host for a container is the host's, whatever it is called. */
const KEEPERS = ["conmon", "containerd-shim-runc-v2", "lxc-start", "podman", "ctr"];

describe.skipIf(unavailable !== undefined).each(cgroupLayouts)(
  `containers of other runtimes than Docker, control groups %s ${unavailable ?? ""}`,
  (layout) => {
    let host: CgroupHost;
    let directory: string;
    let agent: WatchingAgent;

    beforeAll(async () => {
      host = await CgroupHost.start(layout);
      directory = await mkdtemp(path.join(tmpdir(), "pro-"));
      agent = new WatchingAgent({
        directory: path.join(directory, "agent"),
        // None: whoever they are is told by other files.
        engineHost: `unix://${directory}/no.sock`,
        sensor: await host.program(builtSensor),
        events:
          "evt.type in (execve, execveat, openat, mount) and (proc.aname in (conmon, lxc-start, containerd-shim, podman, ctr) or proc.cmdline contains mark-)",
      });
      await agent.start();
    });

    afterAll(async () => {
      await agent?.[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
      removeEmptyGroups();
      await host?.[Symbol.asyncDispose]();
    });

    describe.each(rows)("of $name", ({ name, overlay, reason, start }) => {
      let runtime: OtherRuntime;
      const prefix = `prt-${name.toLowerCase()}-${process.pid}-${cgroupLayouts.indexOf(layout)}`;

      beforeAll(async () => {
        if (reason === undefined)
          runtime = await start(host, await mkdtemp(path.join(directory, "runtime-")));
      });
      afterAll(async () => {
        await runtime?.[Symbol.asyncDispose]();
      });

      const detected = (container: string) =>
        agent.detections.filter((detection) => detection.container?.name === container);
      const marked = (mark: string) =>
        agent.events.filter(({ process }) => process.commandLine.includes(`mark-${mark}`));

      it.skipIf(reason !== undefined).each(["run", "enter"] as const)(
        "are known with name and image in every event of what they %s",
        async (how) => {
          const mark = `${prefix}-${how}`;
          const words = `id >/dev/null; /bin/echo mark-${mark}; /bin/cat /etc/passwd mark-${mark}; true`;
          const { id, image } = await runtime[how](mark, words);
          const inside = () => marked(mark).filter(({ process }) => process.exePath === "/bin/busybox");
          await expect.poll(() => inside().length, { timeout: 20_000 }).toBeGreaterThan(3);
          const known = { id, name: mark, image };
          expect(inside().filter(({ container }) => !isDeepStrictEqual(container, known))).toEqual([]);
          expect(detected(mark).map(({ output }) => output)).toEqual([]);
        },
      );

      it.skipIf(reason !== undefined)(
        "are judged by the default rules, and nothing is unknown of them",
        async () => {
          const mark = `${prefix}-b`;
          const drop = overlay ? "/bin/cp /bin/busybox /tmp/dropped; /tmp/dropped echo;" : "";
          const known = await runtime.run(mark, `/bin/cat /etc/shadow; ${drop} true`);
          const rules = () => [...new Set(detected(mark).map(({ rule }) => rule))].toSorted();
          const drift = overlay ? ["Program that is not in the image executed"] : [];
          await expect.poll(rules, { timeout: 20_000 }).toEqual(["Password hashes read", ...drift]);
          for (const { container, output } of detected(mark)) {
            expect(container).toMatchObject(known);
            expect(output).not.toContain("<NA>");
          }
        },
      );

      it.skipIf(reason !== undefined)("are told apart from the processes of the host that keep them", () => {
        const kept = agent.events.filter(({ process }) => KEEPERS.includes(path.basename(process.exePath)));
        const inContainers = kept.filter(
          ({ type, container }) => type.startsWith("exec") && container !== null,
        );
        expect(inContainers.map(({ process, container }) => [process.commandLine, container?.name])).toEqual(
          [],
        );
      });
    });

    it("leave the host's own as the host's", async () => {
      spawnSync("/bin/busybox", ["echo", "mark-of-the-host"]);
      const own = () =>
        agent.events.filter(({ process }) => process.commandLine.includes("mark-of-the-host"));
      await expect.poll(() => own().length, { timeout: 20_000 }).toBeGreaterThan(0);
      expect(own().filter(({ container }) => container !== null)).toEqual([]);
    });
  },
);
