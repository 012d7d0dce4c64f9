import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { tempDirectory } from "../../../../testkit/src/temp-directory.ts";

const buildScript = fileURLToPath(new URL("../../../native/build.sh", import.meta.url));
const talkSource = fileURLToPath(new URL("./talk.c", import.meta.url));

/** Why the native sensor cannot be built or run here; undefined where it can. */
export function nativeUnavailable(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "needs a kernel with BTF";
  for (const name of ["cc", "unshare", "ip", "busybox"]) {
    if (!succeeds("which", [name])) return `needs ${name}`;
  }
  return succeeds("which", ["clang-19"]) || succeeds("which", ["clang"]) ? undefined : "needs clang";
}

export interface NativeTools extends Disposable {
  /** The path of `pratique-sensor`. */
  readonly sensor: string;
  /** The path of the program that talks in many ways: see talk.c. */
  readonly talk: string;
}

/** Builds the native sensor, and what the tests need beside it. */
export function buildNativeTools(): NativeTools {
  const directory = tempDirectory();
  succeed("sh", [buildScript, directory.path]);
  const talk = directory.at("talk");
  succeed("cc", ["-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", "-static", "-o", talk, talkSource]);
  return {
    sensor: directory.at("pratique-sensor"),
    talk,
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

export function succeed(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr}`);
  return stdout;
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args).status === 0;
}
