import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LookOptions, lookAtProcess, lookForScript } from "./look-at-process.ts";

const CONTAINER = "a".repeat(64);
const SSL = "/usr/lib/libssl.so.3";
const PID = 7;

let directory: TempDirectory;

beforeEach(() => {
  directory = tempDirectory();
});
afterEach(() => directory[Symbol.dispose]());

interface Parts {
  readonly cgroup?: string;
  readonly exe?: string;
  readonly maps?: readonly string[];
  readonly mounts?: readonly string[];
  readonly descriptors?: readonly string[];
}

function mapped(file: string): string {
  return `7fe25d446000-7fe25d488000 r-xp 00002000 fe:00 306128                     ${file}\n`;
}

/** What the kernel would tell of the process. */
function tell({
  cgroup = CONTAINER,
  exe = "/usr/bin/a",
  maps = [],
  mounts = [],
  descriptors = [],
}: Parts): void {
  const at = (name: string) => directory.at(path.join("proc", String(PID), name));
  mkdirSync(at("fd"), { recursive: true });
  writeFileSync(at("cgroup"), `0::/docker/${cgroup}\n`);
  symlinkSync(exe, at("exe"));
  mkdirSync(directory.at("root/usr/lib/x"), { recursive: true });
  mkdirSync(directory.at("root/usr/bin"));
  writeFileSync(directory.at("root/usr/lib/x/tool.py"), "");
  symlinkSync("../lib/x/tool.py", directory.at("root/usr/bin/tool"));
  symlinkSync(directory.at("root"), at("root"));
  writeFileSync(at("maps"), maps.map(mapped).join(""));
  const root = `100 1 0:50 / / rw - overlay overlay rw,lowerdir=/l,upperdir=${directory.at("upper")},workdir=/w`;
  writeFileSync(
    at("mountinfo"),
    [root, ...mounts.map((place) => `1 2 0:51 / ${place} rw - ext4 x rw`), ""].join("\n"),
  );
  for (const [number, target] of descriptors.entries()) symlinkSync(target, at(`fd/${number}`));
  mkdirSync(directory.at("upper"), { recursive: true });
}

function look(options: Partial<LookOptions> = {}) {
  return lookAtProcess(PID, {
    container: CONTAINER,
    isKnown: () => false,
    proc: directory.at("proc"),
    ...options,
  });
}

it("tells the program and what it has loaded", async () => {
  tell({ maps: ["/usr/bin/a", SSL] });
  expect(await look()).toMatchObject({ program: "/usr/bin/a", loaded: [SSL], isCut: false });
});

it("tells archives that a virtual machine of Java has open, and those of nothing else", async () => {
  const descriptors = ["/app/a.jar", "socket:[1]", "/app/b.txt"];
  tell({ maps: ["/usr/lib/jvm/lib/server/libjvm.so"], descriptors });
  expect((await look())?.loaded).toContain("/app/a.jar");
  expect((await look())?.loaded).not.toContain("/app/b.txt");
});

it("tells archives among many hundreds, whatever numbers they have", async () => {
  const descriptors = Array.from({ length: 600 }, (_, at) => `/app/${at}.jar`);
  tell({ maps: ["/usr/lib/jvm/lib/server/libjvm.so"], descriptors });
  const seen = await look({ isKnown: () => true });
  expect(seen?.loaded).toEqual(expect.arrayContaining(descriptors));
  expect(seen?.isCut).toBe(false);
});

it("reads no more than some thousands of descriptors, and says so", async () => {
  const descriptors = Array.from({ length: 4097 }, (_, at) => `socket:[${at}]`);
  tell({ maps: ["/usr/lib/jvm/lib/server/libjvm.so"], descriptors });
  const seen = await look();
  expect(seen?.isCut).toBe(true);
  expect(seen?.bytes).toBeGreaterThan(1_000_000);
});

it("opens no descriptors where there is no such machine", async () => {
  tell({ maps: [SSL], descriptors: ["/app/a.jar"] });
  expect((await look())?.loaded).toEqual([SSL]);
});

describe("a script", () => {
  const python = (...args: readonly string[]) => ({
    execution: { exePath: "/usr/bin/python3.11", exe: "python3", args, directory: "/usr" },
  });

  it.each([
    ["by its path", "/usr/lib/x/tool.py"],
    ["from where it was executed", "lib/x/tool.py"],
  ])("is told %s", async (_, given) => {
    tell({ exe: "/usr/bin/python3.11" });
    expect(await look(python(given))).toMatchObject({
      program: "/usr/bin/python3.11",
      script: ["/usr/lib/x/tool.py"],
      loaded: [],
    });
  });

  it("is told with a link to it, and once where it is in memory as well", async () => {
    tell({ exe: "/usr/bin/python3.11", maps: ["/usr/lib/x/tool.py", SSL] });
    const seen = await look(python("/usr/bin/tool"));
    expect(seen).toMatchObject({ script: ["/usr/bin/tool", "/usr/lib/x/tool.py"], loaded: [SSL] });
  });

  it.each([
    ["nobody was given", {}, []],
    ["is not there", python("/usr/lib/x/no.py"), []],
    ["is mounted", python("/usr/lib/x/tool.py"), ["/usr/lib/x/tool.py"]],
    ["lies in another mount", python("/usr/lib/x/tool.py"), ["/usr/lib"]],
  ])("is not told that %s", async (_, options, mounts) => {
    tell({ exe: "/usr/bin/python3.11", mounts });
    expect((await look(options))?.script).toEqual([]);
  });

  it("is not the image's where it was written meanwhile", async () => {
    tell({ exe: "/usr/bin/python3.11" });
    mkdirSync(directory.at("upper/usr/lib/x"), { recursive: true });
    writeFileSync(directory.at("upper/usr/lib/x/tool.py"), "");
    expect((await look(python("/usr/bin/tool")))?.script).toEqual(["/usr/bin/tool"]);
  });

  it("is found by itself, by any process of its container that lives", async () => {
    tell({});
    const given = ["/usr/lib/x/no.py", "/usr/bin/tool"];
    const options = { container: CONTAINER, proc: directory.at("proc") };
    expect(await lookForScript(PID, given, options)).toEqual(["/usr/bin/tool", "/usr/lib/x/tool.py"]);
    expect(await lookForScript(PID, given, { ...options, container: "b".repeat(64) })).toBeUndefined();
    expect(await lookForScript(8, given, options)).toBeUndefined();
  });

  it("is not said to be missing by a process that has ended and is waited for", async () => {
    tell({});
    rmSync(directory.at(`proc/${PID}/root`));
    const options = { container: CONTAINER, proc: directory.at("proc") };
    expect(await lookForScript(PID, ["/usr/bin/tool"], options)).toBeUndefined();
  });
});

describe("what is not of the image", () => {
  it("lies in another mount", async () => {
    tell({ maps: [SSL, "/data/lib.so", "/database/lib.so"], mounts: ["/data"] });
    expect((await look())?.loaded).toEqual([SSL, "/database/lib.so"]);
  });

  it("was put there meanwhile", async () => {
    mkdirSync(directory.at("upper/usr/lib"), { recursive: true });
    writeFileSync(directory.at("upper/usr/lib/libssl.so.3"), "");
    tell({ maps: [SSL, "/usr/lib/libother.so"] });
    expect((await look())?.loaded).toEqual(["/usr/lib/libother.so"]);
  });

  it("has a link of the container's own in its way", async () => {
    mkdirSync(directory.at("upper"), { recursive: true });
    symlinkSync("/nowhere", directory.at("upper/usr"));
    tell({ exe: "/bin/a", maps: [SSL] });
    expect(await look()).toMatchObject({ program: "/bin/a", loaded: [] });
  });

  it("is a program of memory", async () => {
    tell({ exe: "/memfd:a (deleted)", maps: [SSL] });
    expect(await look()).toMatchObject({ program: undefined, loaded: [SSL] });
  });

  it("is not asked for again once it is known", async () => {
    tell({ maps: [SSL], mounts: ["/usr"] });
    expect((await look({ isKnown: () => true }))?.loaded).toEqual([SSL]);
  });
});

it.each([
  ["is another container's", "b".repeat(64)],
  ["is the host's", "x"],
])("tells nothing of a process that %s", async (_, cgroup) => {
  tell({ cgroup, maps: [SSL] });
  expect(await look()).toBeUndefined();
});

it("tells nothing of a process that has ended", async () => {
  expect(await look()).toBeUndefined();
});

it("reads no more than a part of sixty thousand mappings, and says so", async () => {
  tell({ maps: Array.from({ length: 65_530 }, (_, at) => `/tmp/${at}.so`) });
  const seen = await look();
  expect(seen?.isCut).toBe(true);
  expect(seen?.bytes).toBeLessThanOrEqual(512 * 1024);
  expect(seen?.loaded.length).toBeLessThanOrEqual(512);
});
