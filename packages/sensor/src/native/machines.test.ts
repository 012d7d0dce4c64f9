import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { tempDirectory } from "../../../testkit/src/temp-directory.ts";

const native = path.resolve(import.meta.dirname, "../../native");
const programs = globSync("bpf/*.bpf.c", { cwd: native });
const clang = ["clang-19", "clang"].find((name) => spawnSync("which", [name]).status === 0);
const INCLUDES = { x86: "/usr/include/x86_64-linux-gnu", arm64: "/usr/include/aarch64-linux-gnu" };

/** As `build.sh` compiles them, for a machine that need not be this one. */
describe.each(Object.entries(INCLUDES))("BPF programs for %s", (machine, include) => {
  it.skipIf(clang === undefined || !existsSync(path.join(include, "asm")))("compile", () => {
    using directory = tempDirectory();
    const flags = ["-std=gnu17", "-O2", "-g", "-target", "bpf", "-mcpu=v3", `-D__TARGET_ARCH_${machine}`];
    const warnings = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"];
    const includes = ["-I.", "-Ibpf", `-I${include}`];
    const failed = programs.flatMap((program) => {
      const args = [...flags, ...warnings, ...includes, "-c", program, "-o", directory.at("object")];
      const { status, stderr } = spawnSync(clang ?? "", args, { cwd: native, encoding: "utf8" });
      return status === 0 ? [] : [`${program}: ${stderr}`];
    });
    expect(failed).toEqual([]);
    expect(programs.length).toBeGreaterThan(0);
  });
});
