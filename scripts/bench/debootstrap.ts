import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { run } from "./run.ts";

/** Releases of Debian of which roots can be built. */
type Suite = "bookworm" | "trixie";

const DEFAULT_SUITE: Suite = "bookworm";
/** Raise it when the same recipe is to be built anew. */
const BUILDER_VERSION = 1;
/** Daemons are not to be started, and nobody is there to answer questions. */
const QUIET = { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C", PATH: process.env.PATH };
const INSTALL = ["install", "--yes", "--quiet", "--no-install-recommends"];

export interface RootRecipe {
  /** Part of the directory's name. */
  readonly name: string;
  /** Debian 12 where it does not say. */
  readonly suite?: Suite;
  /** Installed over the smallest root, with what they depend on. */
  readonly packages: readonly string[];
}

/** Why no Debian root can be built here; undefined where one can. */
export function debianRootUnavailable(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  for (const name of ["debootstrap", "unshare", "chroot", "apt-get"]) {
    if (spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0) return `needs ${name}`;
  }
  return debianMirror() === undefined ? "needs a Debian mirror in apt's sources" : undefined;
}

/**
 * A root of Debian from `main` alone, by debootstrap and apt, from the mirror that this machine's apt uses. It is
 * built once: roots are kept below the system's directory for temporary files.
 */
export async function debianRoot(recipe: RootRecipe): Promise<string> {
  const directory = path.join(tmpdir(), "pratique-roots", `${recipe.name}-${keyOf(recipe)}`);
  if (existsSync(directory)) return directory;
  const partial = `${directory}.${process.pid}`;
  mkdirSync(path.dirname(directory), { recursive: true });
  try {
    await build(partial, recipe);
    renameSync(partial, directory);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return directory;
}

function keyOf({ suite = DEFAULT_SUITE, packages }: RootRecipe): string {
  return createHash("sha256")
    .update(JSON.stringify([BUILDER_VERSION, suite, packages]))
    .digest("hex")
    .slice(0, 12);
}

async function build(root: string, { suite = DEFAULT_SUITE, packages }: RootRecipe): Promise<void> {
  mkdirSync(root);
  await contained(root, ["debootstrap", "--variant=minbase", suite, root, debianMirror() ?? ""]);
  writeFileSync(path.join(root, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  await contained(root, ["chroot", root, "apt-get", "update", "--quiet"]);
  // Packages ask for /proc while they are configured.
  const withProc = 'mount -t proc proc "$0/proc" && exec chroot "$0" apt-get "$@"';
  await contained(root, ["sh", "-c", withProc, root, ...INSTALL, ...packages]);
  await contained(root, ["chroot", root, "apt-get", "clean"]);
  rmSync(path.join(root, "var/lib/apt/lists"), { recursive: true });
  rmSync(path.join(root, "usr/sbin/policy-rc.d"));
}

/**
 * In a mount namespace of its own, so that no mount outlives the build, however it ends. What is written to the root
 * lands in it, but through an overlay that answers each `fsync` at once: dpkg makes thousands of them, and a root that
 * was not built to its end is built anew.
 */
async function contained(root: string, command: readonly string[]): Promise<void> {
  const beside = mkdtempSync(`${root}.overlay-`);
  try {
    const [lower, work] = ["lower", "work"].map((name) => path.join(beside, name));
    for (const directory of [lower, work]) if (directory !== undefined) mkdirSync(directory);
    const options = `lowerdir=${lower},upperdir=${root},workdir=${work},volatile`;
    const overlaid = 'mount -t overlay -o "$0" overlay "$1" || true; shift; exec "$@"';
    const shell = ["sh", "-c", overlaid, options, root, ...command];
    await run("unshare", ["--mount", "--propagation", "private", ...shell], { env: QUIET });
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** Where apt gets this release's `main` from: not its updates, and not another vendor's additions. */
function debianMirror(): string | undefined {
  const format = "$(REPO_URI)\t$(CODENAME)\t$(COMPONENT)\t$(ORIGIN)";
  const { stdout } = spawnSync("apt-get", ["indextargets", "--format", format, "Created-By: Packages"], {
    encoding: "utf8",
  });
  return (stdout ?? "")
    .split("\n")
    .map((line) => line.split("\t"))
    .find(
      ([uri = "", codename = "", component, origin]) =>
        /^https?:/u.test(uri) && /^[a-z]+$/u.test(codename) && component === "main" && origin === "Debian",
    )?.[0];
}
