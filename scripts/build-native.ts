import { spawnSync } from "node:child_process";
import { existsSync, globSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import process from "node:process";

interface NativePart {
  /** Where its sources and its `build.sh` lie. */
  readonly sources: string;
  readonly program: string;
  readonly purpose: string;
}

const parts: readonly NativePart[] = [
  {
    sources: "packages/sensor/native",
    program: "pratique-sensor",
    purpose: "containers are not watched from the kernel",
  },
  {
    sources: "packages/profile/native",
    program: "pratique-replay",
    purpose: "`pratique profile try` tries nothing",
  },
  {
    sources: "packages/selftest/native",
    program: "pratique-attacks",
    purpose: "`pratique selftest` has no attacks",
  },
];

/** How a `build.sh` ends where there is nothing to build with here: EX_UNAVAILABLE of sysexits.h. */
const UNAVAILABLE = 69;

export interface BuildNativeOptions {
  /** Whether a compiler's warning is an error: other compilers than ours have others. */
  readonly strict: boolean;
}

/**
 * Builds what is written in C into `dist/sensor`, where sources are newer than the program. What there is no compiler for,
 * or no library, is left out with a word: everything else works without. Gives the programs whose sources do not compile.
 */
export function buildNative(root: string, { strict }: BuildNativeOptions): readonly string[] {
  if (process.platform !== "linux") return [];
  const directory = path.join(root, "dist/sensor");
  const broken: string[] = [];
  for (const { sources, program, purpose } of parts) {
    const from = path.join(root, sources);
    if (isNewer(path.join(directory, program), from)) continue;
    const { status, stderr } = spawnSync("sh", [path.join(from, "build.sh"), directory], {
      encoding: "utf8",
      env: strict ? process.env : { ...process.env, WERROR: "" },
    });
    if (status === 0) continue;
    // Of older sources, and no part of what is built now.
    rmSync(path.join(directory, program), { force: true });
    if (status === UNAVAILABLE) console.error(`${program} is left out, so that ${purpose}: ${stderr.trim()}`);
    else {
      console.error(`${stderr.trimEnd()}\n${program} does not compile here, so that ${purpose}`);
      broken.push(program);
    }
  }
  return broken;
}

function isNewer(program: string, sources: string): boolean {
  if (!existsSync(program)) return false;
  const built = statSync(program).mtimeMs;
  return globSync("**/*", { cwd: sources }).every(
    (file) => statSync(path.join(sources, file)).mtimeMs < built,
  );
}
