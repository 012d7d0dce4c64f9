import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Digest, parseDigest, type RuntimeEvent, type RuntimeProcess } from "@pratique/core";
import {
  beginLearning,
  dockerRunFlags,
  type EventFacts,
  formatHardening,
  type Hardening,
  hardeningOf,
  ImageLearner,
  type ReplayStep,
  replayOf,
  type Sight,
} from "@pratique/profile";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CommandResult,
  engineUnavailable,
  type PrivateEngine,
  startPrivateEngine,
  succeed,
} from "./private-engine.ts";

const unavailable = engineUnavailable();
const composeMissing =
  spawnSync("which", ["docker-compose"]).status === 0 ? undefined : "(SKIPPED: needs docker-compose)";
const IMAGE = "workload:test";
const DAY_MS = 86_400_000;

/** The workload: writes where it should, reads it back, cleans up. */
const WORK = "echo kept > /data/kept && echo short > /tmp/short && cat /data/kept && rm /tmp/short";
/** Every system call of a static busybox that does it, as strace shows them. */
const WORK_CALLS = (
  "access arch_prctl brk chdir clone close dup2 execve exit_group fcntl fstat futex getcwd getegid geteuid getgid " +
  "getpid getppid getrandom getuid ioctl mmap mprotect munmap newfstatat openat poll prctl prlimit64 read readlink " +
  "readlinkat rseq rt_sigaction rt_sigprocmask rt_sigreturn sendfile set_robust_list set_tid_address uname unlink " +
  "wait4 write"
).split(" ");

describe.skipIf(unavailable !== undefined)(`exported profiles, on a real engine ${unavailable ?? ""}`, () => {
  let engine: PrivateEngine;
  let image: Digest;
  let directory: string;

  beforeAll(async () => {
    engine = await startPrivateEngine();
    image = parseDigest(await engine.busyboxImage(IMAGE));
    directory = await mkdtemp(path.join(tmpdir(), "prx-"));
  });

  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  async function run(hardening: Hardening | undefined, script: string): Promise<CommandResult> {
    const flags = hardening === undefined ? ["--network", "none"] : await flagsOf(hardening);
    return engine.docker(["run", "--rm", ...flags, IMAGE, "/bin/sh", "-c", script]);
  }

  /** The seccomp profile goes through a file, as people hand it to the engine. */
  async function flagsOf(hardening: Hardening): Promise<readonly string[]> {
    const seccompPath = path.join(directory, `${hardening.seccomp?.basis}.json`);
    const options = { name: "work", image: IMAGE, seccompPath };
    await writeFile(seccompPath, formatHardening("seccomp", hardening, options) ?? "");
    return dockerRunFlags(hardening, options);
  }

  describe.each<readonly [string, Sight]>([
    ["every system call was seen", { systemCalls: "all", capabilities: "used" }],
    ["some system calls were seen", { systemCalls: "some", capabilities: "implied" }],
  ])("where %s", (_, sight) => {
    const hardening = () => hardeningOf(learnedBy(image, sight).profile);

    it("let the workload work", async () => {
      expect(await run(hardening(), WORK)).toEqual({ code: 0, stdout: "kept\n", stderr: "" });
    });

    it.each([
      ["a new setting", "echo x > /etc/new", "Read-only file system"],
      ["a new program", "echo x > /bin/new", "Read-only file system"],
      ["a device", "/bin/busybox mknod /tmp/null c 1 3", "Operation not permitted"],
      ["another root", "/bin/busybox chroot / /bin/true", "Operation not permitted"],
      ["a mount", "mount -t tmpfs none /tmp", "mount"],
    ])("refuse %s", async (_name, script, message) => {
      const { code, stderr } = await run(hardening(), script);
      expect(code).not.toBe(0);
      expect(stderr).toContain(message);
    });

    it("pass their own replay", async () => {
      const profile = learnedBy(image, sight).profile;
      const tried = replayOf(profile, hardening()).map((step) => [step, scriptOf(step)] as const);
      const found = [];
      for (const [step, script] of tried) {
        if (script === undefined) continue;
        const { code, stderr } = await run(hardening(), script);
        if ((code === 0 ? "works" : "refused") !== step.expected) found.push({ step, stderr });
      }
      expect(found).toEqual([]);
      const expectations = new Set(
        tried.flatMap(([step, script]) => (script === undefined ? [] : [step.expected])),
      );
      expect(expectations).toEqual(new Set(["works", "refused"]));
    });
  });

  it("refuse what the engine's default allows", async () => {
    const script =
      "/bin/busybox mknod /tmp/null c 1 3 && /bin/busybox chroot / /bin/true && echo x > /etc/new";
    expect(await run(undefined, script)).toMatchObject({ code: 0 });
  });

  it("refuse a call that was never seen, where every one was", async () => {
    const profile = learnedBy(image, { systemCalls: "all", capabilities: "used" }).profile;
    const script = "/bin/busybox ln -s /tmp/a /tmp/b";
    expect(await run(hardeningOf(profile), script)).toMatchObject({ code: 1 });
    const some = learnedBy(image, { systemCalls: "some", capabilities: "implied" }).profile;
    expect(await run(hardeningOf(some), script)).toMatchObject({ code: 0 });
  });

  it("begin with no call that the engine's own profile does not allow", async () => {
    const { stdout } = succeed(
      await engine.docker(["run", "-d", "--network", "none", IMAGE, "/bin/sleep", "60"]),
    );
    const bundle = "exec/containerd/daemon/io.containerd.runtime.v2.task/moby";
    const configuration = path.join(engine.directory, bundle, stdout.trim(), "config.json");
    const { linux } = JSON.parse(await readFile(configuration, "utf8"));
    const allowed = allowedNames(linux.seccomp.syscalls);
    const sight: Sight = { systemCalls: "some", capabilities: "implied" };
    const { profile: empty } = new ImageLearner({ host: "host1", sight }, beginLearning(image));
    const ours = allowedNames(hardeningOf(empty).seccomp?.profile.syscalls ?? []);
    expect(ours.size).toBeGreaterThan(300);
    expect([...ours].filter((name) => !allowed.has(name))).toEqual([]);
  });

  it.skipIf(composeMissing !== undefined)(`are read by Compose ${composeMissing ?? ""}`, async () => {
    const hardening = hardeningOf(learnedBy(image, { systemCalls: "some", capabilities: "implied" }).profile);
    const file = path.join(directory, "compose.yaml");
    const options = { name: "web", image: IMAGE, seccompPath: "./web.json" };
    await writeFile(path.join(directory, "web.json"), formatHardening("seccomp", hardening, options) ?? "");
    await writeFile(file, formatHardening("compose", hardening, options) ?? "");
    const { status, stdout } = spawnSync("docker-compose", ["-f", file, "config"], { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toContain("read_only: true");
  });
});

function allowedNames(rules: readonly { readonly names: readonly string[]; readonly action: string }[]) {
  return new Set(rules.flatMap(({ names, action }) => (action === "SCMP_ACT_ALLOW" ? names : [])));
}

/** A learner that has seen the workload and watches. */
function learnedBy(image: Digest, sight: Sight): ImageLearner {
  const learner = new ImageLearner({ host: "host1", sight }, beginLearning(image));
  for (const { event, facts } of workload(image, sight)) learner.observe(event, facts);
  learner.advance(2 * DAY_MS);
  return learner;
}

interface Told {
  readonly event: RuntimeEvent;
  readonly facts: EventFacts;
}

function workload(image: Digest, sight: Sight): readonly Told[] {
  const shell = processOf("/bin/busybox", undefined);
  const child = processOf("/bin/busybox", shell);
  const base = eventBase(image, shell);
  const write = { type: "openat", result: 3, arguments: { flags: "O_TRUNC|O_CREAT|O_WRONLY" } } as const;
  const facts: EventFacts = { executableLayer: "image" };
  return [
    { event: { ...base, type: "execve" }, facts },
    { event: { ...base, ...write, path: "/data/kept", resolvedPath: "/data/kept" }, facts },
    { event: { ...base, ...write, path: "/tmp/short", resolvedPath: "/tmp/short" }, facts },
    { event: { ...base, type: "execve", process: child }, facts },
    { event: { ...base, type: "unlink", process: child, path: "/tmp/short" }, facts },
    ...(sight.systemCalls === "all"
      ? [{ event: { ...base, type: "procexit" as const }, facts: { ...facts, systemCalls: WORK_CALLS } }]
      : []),
  ];
}

function processOf(exePath: string, parent: RuntimeProcess | undefined): RuntimeProcess {
  const [pid, vpid] = parent === undefined ? [4000, 1] : [4001, 7];
  return { pid, vpid, parent, name: "sh", exe: "sh", exePath, args: [], cwd: "/", uid: 0, startedAt: 1 };
}

function eventBase(image: Digest, process: RuntimeProcess): RuntimeEvent {
  return {
    number: 1,
    type: "execve",
    time: 1000,
    container: {
      id: "c".repeat(64),
      runtime: "docker",
      name: "work",
      image: IMAGE,
      imageId: image,
      privileged: false,
      labels: {},
      mounts: [],
      createdAt: 0,
    },
    process,
    result: 0,
    path: undefined,
    resolvedPath: undefined,
    protocol: undefined,
    local: undefined,
    remote: undefined,
    arguments: {},
  };
}

/** How a busybox does a step; undefined where it has no tool for it. */
function scriptOf({ action, target }: ReplayStep): string | undefined {
  switch (action) {
    case "execute":
      return `${target} true`;
    case "write":
      return `echo x > ${target}`;
    case "call":
      return callScripts.get(target);
    case "read":
    case "listen":
    case "connect":
    case "resolve":
      return undefined;
  }
}

const callScripts: ReadonlyMap<string, string> = new Map([
  ["mknod", "/bin/busybox mknod /tmp/pipe p"],
  ["chroot", "/bin/busybox chroot / /bin/true"],
  ["unlink", "echo x > /tmp/x && rm /tmp/x"],
  ["mount", "mount -t tmpfs none /tmp"],
  ["write", "echo x"],
]);
