import { renameSync, symlinkSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { hostMounts } from "@pratique/gate";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type GatedEngine, IMAGE, startGatedEngine } from "./gate-harness.ts";
import { engineUnavailable } from "./private-engine.ts";
import { until } from "./until.ts";

const unavailable = engineUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: gate-mounts.test.ts: ${unavailable}`);

/** What the wrapped runtime runs, once, between the gate's answer and the engine's mount. */
const HOOK = "between";

describe.skipIf(unavailable !== undefined)(`mounts that others can exchange ${unavailable ?? ""}`, () => {
  let gated: GatedEngine;
  let directory: string;
  let theirs: string;
  let source: string;
  let afterAnswer: (() => void) | undefined;
  const listening = new AbortController();
  /** A start is as good as answered when what it mounts has been looked at. */
  const identify = (file: string) => {
    const identity = hostMounts.identify(file);
    afterAnswer?.();
    afterAnswer = undefined;
    return identity;
  };

  beforeAll(async () => {
    directory = await mkdtemp("/tmp/prm-");
    await chmod(directory, 0o755);
    const runtime = path.join(directory, "slow-runc");
    const hook = path.join(directory, HOOK);
    const script = `#!/bin/sh
case " $* " in *" create "*) if [ -x ${hook} ]; then mv ${hook} ${hook}.used; ${hook}.used before; runc "$@"; code=$?; ${hook}.used after; exit $code; fi;; esac
exec runc "$@"
`;
    await writeFile(runtime, script, { mode: 0o755 });
    gated = await startGatedEngine(
      {
        mountProof: {
          mounts: { ...hostMounts, identify },
          kill: (id) => post(gated.engine.socketPath, `/containers/${id}/kill`),
          sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
          whenUnproved: "refuse",
        },
      },
      { runtimes: { slow: { path: runtime } } },
    );
    void listen(gated, listening.signal);
  });
  afterAll(async () => {
    listening.abort();
    await gated?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(async () => {
    theirs = await mkdtemp(path.join(directory, "home-"));
    source = path.join(theirs, "data");
    await mkdir(source);
    await chown(theirs, 1000, 1000);
  });

  const run = (...args: readonly string[]) =>
    gated.engine.docker(["run", "-d", "--runtime", "slow", "--user", "1000", ...args]);
  const isRunning = async (name: string) => {
    const { stdout } = await gated.engine.docker(["inspect", "--format", "{{.State.Running}}", name]);
    return stdout.trim() === "true";
  };
  /** Has a command run once, when the gate has answered and the engine has not mounted yet; and one when it has. */
  const between = (command: string, after = ":") => {
    const script = `#!/bin/sh\nif [ $1 = before ]; then ${command}; else ${after}; fi\n`;
    return writeFile(path.join(directory, HOOK), script, { mode: 0o755 });
  };
  const provedOf = (target: string) =>
    gated.records.filter(
      ({ action, data }) =>
        action === "mounts.proved" && JSON.stringify(data).includes(`"target":"${target}"`),
    ).length;
  const refusedOf = (name: string) =>
    gated.records.filter(
      ({ action, data }) => action === "launch.denied" && JSON.stringify(data).includes(`"name":"${name}"`),
    );

  describe("go on, and are proved, where they are what was judged", () => {
    it("is a directory", async () => {
      expect(await run("--name", "honest", "-v", `${source}:/t1`, IMAGE, "sleep", "600")).toMatchObject({
        code: 0,
      });
      expect(await isRunning("honest")).toBe(true);
      expect(gated.records.findLast(({ action }) => action === "mounts.proved")?.data).toMatchObject({
        judged: [{ target: "/t1", hostPaths: [source] }],
      });
      expect((await gated.engine.docker(["restart", "-t", "0", "honest"])).code).toBe(0);
      expect(await isRunning("honest")).toBe(true);
      expect(provedOf("/t1")).toBe(2);
    });

    it("is a file, also after an editor has put another one in its place", async () => {
      const file = path.join(theirs, "settings");
      await writeFile(file, "old");
      await run("--name", "edited", "-v", `${file}:/t2:ro`, IMAGE, "sleep", "600");
      await writeFile(`${file}.new`, "new");
      await rename(`${file}.new`, file);
      expect(await isRunning("edited")).toBe(true);
      expect((await gated.engine.docker(["restart", "-t", "0", "edited"])).code).toBe(0);
      expect(await isRunning("edited")).toBe(true);
      expect(provedOf("/t2")).toBe(2);
    });

    it("is a directory that somebody replaces by another one of the same name in between", async () => {
      await between(`mv ${source} ${source}.old && mkdir ${source}`);
      expect((await run("--name", "replaced", "-v", `${source}:/t3`, IMAGE, "sleep", "600")).code).toBe(0);
      expect(await isRunning("replaced")).toBe(true);
      expect(provedOf("/t3")).toBe(1);
    });

    it.each([
      ["a directory that the engine makes", "/t4", () => ["-v", `${source}/made:/t4`]],
      ["below a link in the container", "/m/l/t5", () => ["-v", `${source}:/m`, "-v", `${source}:/m/l/t5`]],
      ["twice the same, read-only and not", "/t6", () => ["-v", `${source}:/t6:ro`, "-v", `${source}:/t7`]],
      [
        "read-only, with whatever is mounted below it",
        "/t8",
        () => [
          "--mount",
          `type=bind,source=${source},target=/t8,readonly,bind-recursive=readonly,bind-propagation=rprivate`,
        ],
      ],
      [
        "a volume that binds it",
        "/t9",
        () => [
          "--mount",
          `type=volume,target=/t9,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=${source}`,
        ],
      ],
      [
        "a part of such a volume",
        "/t10",
        () => [
          "--mount",
          `type=volume,source=parts,target=/t10,volume-subpath=part,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=${source}`,
        ],
      ],
      ["taken from another container", "/t1", () => ["--volumes-from", "honest"]],
    ] as const)("is %s", async (_, target, args) => {
      await mkdir(path.join(source, "part"));
      await symlink("/tmp", path.join(source, "l"));
      const before = provedOf(target);
      const { code, stdout, stderr } = await run(...args(), IMAGE, "sleep", "600");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(await isRunning(stdout.trim())).toBe(true);
      expect(provedOf(target) - before).toBe(1);
    });
  });

  it("are nobody's concern where only root can exchange them", async () => {
    const records = gated.records.length;
    expect((await run("-v", `${theirs}:/t`, IMAGE, "sleep", "600")).code).toBe(0);
    expect(gated.records.slice(records).map(({ action }) => action)).toEqual([
      "launch.allowed",
      "launch.allowed",
    ]);
  });

  describe("are killed and recorded where they were exchanged between answer and mount", () => {
    const killed = async (name: string, ...args: readonly string[]) => {
      const { code } = await run("--name", name, ...args, IMAGE, "sleep", "600");
      expect(code).not.toBe(0);
      expect(await isRunning(name)).toBe(false);
      expect(refusedOf(name)).toHaveLength(1);
      expect(refusedOf(name)).toMatchObject([{ class: "verdict", data: { verdict: { decision: "deny" } } }]);
      return refusedOf(name)[0]?.data.proof;
    };
    const asFound = (target: string, judged: string, found: string) => ({
      violations: [
        { policy: "gate", rule: "mounts-as-judged", value: `${target}: judged ${judged}, found ${found}` },
      ],
    });

    it("is a directory, for a link", async () => {
      await between(`mv ${source} ${source}.old && ln -s /etc ${source}`);
      const proof = await killed("linked", "-v", `${source}:/t`);
      expect(proof).toMatchObject(asFound("/t", source, "/etc"));
    });

    it("is a directory that is put back before anybody looks", async () => {
      const back = `rm ${source} && mv ${source}.old ${source}`;
      await between(`mv ${source} ${source}.old && ln -s /etc ${source}`, back);
      const proof = await killed("put-back", "-v", `${source}:/t`);
      expect(proof).toMatchObject(asFound("/t", source, "/etc"));
    });

    it("is a file, for a link to the engine's socket", async () => {
      const file = path.join(theirs, "file");
      await writeFile(file, "");
      await between(`ln -sf ${gated.engine.socketPath} ${file}`);
      const proof = await killed("socket", "-v", `${file}:/t`);
      expect(proof).toMatchObject(asFound("/t", file, gated.engine.socketPath));
    });

    it("is below a link in the container, beside another mount of the same directory", async () => {
      const other = path.join(theirs, "other");
      await symlink("/tmp", path.join(source, "l"));
      await symlink(source, other);
      await between(`ln -sfn /etc ${other}`);
      const proof = await killed("beside", "-v", `${source}:/m`, "-v", `${other}:/m/l/t`);
      expect(proof).toMatchObject(asFound("/m/l/t", source, "nothing of it"));
    });

    it("is what a volume binds", async () => {
      // The engine mounts it before it calls the runtime.
      afterAnswer = () => {
        renameSync(source, `${source}.old`);
        symlinkSync("/etc", source);
      };
      const volume = `type=volume,target=/t,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=${source}`;
      const proof = await killed("volume", "--mount", volume);
      expect(proof).toMatchObject(asFound("/t", source, "/etc"));
    });

    it("is killed where the engine starts it again by itself, and is not started once more", async () => {
      const command = ["sh", "-c", "while [ ! -e /t/go ]; do sleep 0.05; done"];
      const { code } = await run(
        "--name",
        "again",
        "--restart",
        "always",
        "-v",
        `${source}:/t`,
        IMAGE,
        ...command,
      );
      expect(code).toBe(0);
      await between(
        `mv ${source} ${source}.old && ln -s /etc ${source}`,
        `rm ${source}; mv ${source}.old ${source}`,
      );
      await writeFile(path.join(source, "go"), "");
      await until("it is refused", 20_000, () => refusedOf("again").length > 0);
      await until("it has ended", 20_000, async () => !(await isRunning("again")));
      expect(refusedOf("again")).toMatchObject([{ data: { proof: asFound("/t", source, "/etc") } }]);
    });
  });
});

async function listen({ client, decisions }: GatedEngine, signal: AbortSignal): Promise<void> {
  try {
    for await (const { action, actorId } of client.events({ signal, filters: { type: ["container"] } }))
      if (action === "start") void decisions.started(actorId);
  } catch {
    // The engine ends with the test.
  }
}

function post(socketPath: string, target: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const call = request(
    { socketPath, path: target, method: "POST", headers: { host: "engine" } },
    (answer) => {
      answer.resume().once("end", () => resolve());
    },
  );
  call.once("error", reject);
  call.end();
  return promise;
}
