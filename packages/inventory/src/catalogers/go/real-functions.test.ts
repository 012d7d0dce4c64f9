import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { readFunctions } from "@pratique/core";
import { fileTreeOf, tempDirectory } from "@pratique/testkit";
import { afterAll, expect, it } from "vitest";
import { go } from "./go.ts";

const GO = "/usr/bin/go";
const SOURCE = `package main

import "os"

type list[T any] struct{ items []T }

func (l *list[T]) push(item T) { l.items = append(l.items, item) }

//go:noinline
func called() func() { return func() { println(len(os.Args)) } }

func inlined() int { return len(os.Args) }

func never() { println("never") }

func main() {
	l := &list[int]{}
	l.push(inlined())
	called()()
	println(len(l.items))
}
`;

/** One for all, as Go compiles its own runtime first. */
const cache = tempDirectory();
afterAll(() => cache[Symbol.dispose]());

function run(
  directory: string,
  args: readonly string[],
  target: Readonly<Record<string, string>> = {},
): string {
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    GOCACHE: cache.path,
    GOPROXY: "off",
    GOTOOLCHAIN: "local",
    CGO_ENABLED: "0",
    ...target,
  };
  return execFileSync(GO, args, {
    cwd: directory,
    env,
    encoding: "utf8",
    stdio: "pipe",
    maxBuffer: 64 * 1024 ** 2,
  });
}

/** Functions of the library that `go tool nm` names, but for those that have no names of their own; `text` and `etext` are marks of the linker. */
function symbolsOf(listing: string): readonly (readonly [path: string, name: string])[] {
  const found: (readonly [string, string])[] = [];
  for (const line of listing.split("\n")) {
    const match =
      /^\s*[0-9a-f]+ [Tt] (?<path>os|runtime|internal\/poll|sync|syscall)\.(?!e?text$)(?<name>.+)$/u.exec(
        line,
      );
    const { path, name } = match?.groups ?? {};
    const method = name?.replace(/^\(\*?(\w+)\)/u, "$1");
    if (
      path !== undefined &&
      method !== undefined &&
      /^[A-Za-z]\w*(?:\.(?!abi|func\d)[A-Za-z]\w*)?$/u.test(method)
    ) {
      found.push([path, method]);
    }
  }
  return found;
}

it.each([
  ["a program without symbols", "-s -w", [], {}],
  ["a program that may lie anywhere", "", ["-buildmode=pie"], {}],
  ["a program for Windows", "", [], { GOOS: "windows" }],
  ["a program for macOS", "", [], { GOOS: "darwin", GOARCH: "arm64" }],
  ["a program of 32 bits", "", [], { GOOS: "linux", GOARCH: "386" }],
  ["a program of the other byte order", "", [], { GOOS: "linux", GOARCH: "s390x" }],
])(
  "tells all functions of %s, and few that are not there",
  async (_, strip, flags, target) => {
    using directory = tempDirectory();
    writeFileSync(directory.at("go.mod"), "module example.org/tool\n\ngo 1.18\n");
    writeFileSync(directory.at("main.go"), SOURCE);
    for (const [name, more] of Object.entries({ program: strip, named: "" })) {
      const release = `-ldflags=-X main.version=1.2.3 ${more}`;
      run(directory.path, ["build", ...flags, release, "-o", name, "."], target);
    }
    const content = readFileSync(directory.at("program"));
    const { packages } = await go.catalog(fileTreeOf({ "opt/program.exe": { content, mode: 0o755 } }), {});
    const functions = readFunctions(packages.find(({ name }) => name === "stdlib")?.functions ?? "");
    const holds = (path: string, name: string) => functions?.mayHold({ path, name }) !== false;

    const symbols = symbolsOf(run(directory.path, ["tool", "nm", "named"], target));
    expect(symbols.length).toBeGreaterThan(500);
    expect(symbols.filter(([path, name]) => !holds(path, name))).toEqual([]);
    const others = symbols.map(([path, name]) => [path, `${name}Nowhere`] as const);
    expect(others.filter(([path, name]) => holds(path, name)).length).toBeLessThan(symbols.length / 50);
    const own = readFunctions(packages.find(({ name }) => name === "example.org/tool")?.functions ?? "");
    const told = ["inlined", "list.push", "called", "never"].map((name) => own?.mayHold({ path: "", name }));
    expect(told).toEqual([true, true, true, false]);
  },
  300_000,
);
