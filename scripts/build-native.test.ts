import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type TempDirectory, tempDirectory } from "../packages/testkit/src/index.ts";
import { buildNative } from "./build-native.ts";

const root = path.resolve(import.meta.dirname, "..");
const parts = ["packages/sensor/native", "packages/profile/native", "packages/selftest/native"];

/** Whether all that these are built with is here. */
const hasTools =
  [["cc"], ["clang-19", "clang"]].every((names) =>
    names.some((name) => spawnSync(name, ["--version"]).status === 0),
  ) && existsSync("/usr/include/bpf/libbpf.h");

let directory: TempDirectory;

beforeEach(() => {
  directory = tempDirectory();
});
afterEach(() => {
  vi.restoreAllMocks();
  directory[Symbol.dispose]();
});

describe.skipIf(process.platform !== "linux")("what is written in C", () => {
  it("is left out with a word where there is no compiler, and told of where it does not compile", () => {
    const said: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line: string) => void said.push(line));
    const scripts = [
      "echo 'build.sh: clang is missing' >&2; exit 69",
      "echo 'main.c:1: no such thing' >&2; exit 1",
      'mkdir -p "$1"; touch "$1/pratique-attacks"',
    ];
    for (const [index, part] of parts.entries()) {
      mkdirSync(directory.at(part), { recursive: true });
      writeFileSync(directory.at(`${part}/build.sh`), scripts[index] ?? "");
    }
    mkdirSync(directory.at("dist/sensor"), { recursive: true });
    writeFileSync(directory.at("dist/sensor/pratique-replay"), "of older sources");
    utimesSync(directory.at("dist/sensor/pratique-replay"), 0, 0);
    expect(buildNative(directory.path, { strict: true })).toEqual(["pratique-replay"]);
    expect(said).toEqual([
      "pratique-sensor is left out, so that containers are not watched from the kernel: build.sh: clang is missing",
      "main.c:1: no such thing\npratique-replay does not compile here, so that `pratique profile try` tries nothing",
    ]);
    expect(existsSync(directory.at("dist/sensor/pratique-replay"))).toBe(false);
    expect(existsSync(directory.at("dist/sensor/pratique-attacks"))).toBe(true);
  });

  interface Change {
    /** The first of the part's sources; where it is no C, nothing else has to be compiled. */
    readonly source?: string;
    readonly environment?: NodeJS.ProcessEnv;
  }

  function build(part: string, { source = "no C\n", environment = {} }: Change = {}) {
    cpSync(path.join(root, part), directory.at("native"), { recursive: true });
    writeFileSync(directory.at(part.includes("sensor") ? "native/bpf/0.bpf.c" : "native/0.c"), source);
    return spawnSync("sh", [directory.at("native/build.sh"), directory.at("out")], {
      encoding: "utf8",
      env: { ...process.env, ...environment },
    });
  }

  it.each(parts)("is not built in %s where there is no compiler", (part) => {
    expect(build(part, { environment: { CC: "no-such-compiler" } })).toMatchObject({
      status: 69,
      stderr: expect.stringMatching(/^build\.sh: no-such-compiler .*\n$/u),
    });
  });

  it.skipIf(!hasTools).each(parts)("is an error in %s where it does not compile", (part) => {
    expect(build(part)).toMatchObject({ status: 1, stderr: expect.stringContaining("no C") });
  });

  it.skipIf(!hasTools)("takes a warning for an error unless it is told not to", () => {
    const source = "static int unused(void) { return 0; }\n";
    expect(build("packages/selftest/native", { source })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("unused"),
    });
    const environment = { WERROR: "" };
    expect(build("packages/selftest/native", { source, environment }).status).toBe(0);
  });
});
