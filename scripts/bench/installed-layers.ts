import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { run } from "./run.ts";

/** What is installed one after another on top of the base. */
const GROUPS = 3;
const STATUS = "var/lib/dpkg/status";
const INFO = "var/lib/dpkg/info";
/** What packages may still name outside `/usr`, where these directories are links into it. */
const MERGED = /^\/(?:bin|sbin|lib(?:32|64|x32)?)\//u;

interface Installed {
  readonly name: string;
  /** Its paragraph of the database. */
  readonly record: string;
  /** In KiB, as the database says. */
  readonly size: number;
  readonly isBase: boolean;
}

/**
 * Packs a root in layers as images are built: a base, then what `apt-get install` put there, each with its files and the
 * database of packages as it was then. Gives the names of the files, lowest first.
 */
export async function packInstalled(root: string, directory: string): Promise<readonly string[]> {
  const groups = groupsOf(readPackages(root));
  const layerOf = layersByPath(root, groups);
  const members = groups.map((): string[] => []);
  for (const file of await everythingIn(root)) members[layerOf.get(file) ?? 0]?.push(file);
  const names: string[] = [];
  for (const [layer, files] of members.entries()) {
    const name = layer === 0 ? "base.tar" : `installed-${layer}.tar`;
    const status = groups.slice(0, layer + 1).flatMap((group) => group.map(({ record }) => record));
    await packLayer({ root, files, status: `${status.join("\n\n")}\n\n` }, path.join(directory, name));
    names.push(name);
  }
  return names;
}

interface Contents {
  readonly root: string;
  readonly files: readonly string[];
  readonly status: string;
}

async function packLayer({ root, files, status }: Contents, tar: string): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
  try {
    const list = path.join(directory, "list");
    writeFileSync(list, withParents(files).join("\0"));
    const options = ["--numeric-owner", "--no-recursion", "--null"];
    await run("tar", ["-C", root, ...options, "-cf", tar, "-T", list]);
    mkdirSync(path.join(directory, path.dirname(STATUS)), { recursive: true });
    writeFileSync(path.join(directory, STATUS), status);
    await run("tar", ["-C", directory, "--numeric-owner", "-rf", tar, STATUS]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function readPackages(root: string): readonly Installed[] {
  const records = readFileSync(path.join(root, STATUS), "utf8").trim().split(/\n\n+/u);
  return records.map((record) => {
    const field = (name: string) => new RegExp(`^${name}: (?<value>.*)$`, "mu").exec(record)?.groups?.value;
    return {
      name: field("Package") ?? "",
      record,
      size: Number(field("Installed-Size") ?? 0),
      isBase: field("Essential") === "yes" || /^(?:required|important)$/u.test(field("Priority") ?? ""),
    };
  });
}

/** The base, and groups that are about as large as each other. */
function groupsOf(packages: readonly Installed[]): readonly (readonly Installed[])[] {
  const added = packages.filter(({ isBase }) => !isBase);
  const whole = added.reduce((sum, { size }) => sum + size, 0);
  const groups = Array.from({ length: GROUPS }, (): Installed[] => []);
  let size = 0;
  for (const one of added) {
    groups[Math.min(GROUPS - 1, Math.floor((size / whole) * GROUPS))]?.push(one);
    size += one.size;
  }
  return [packages.filter(({ isBase }) => isBase), ...groups];
}

/** In which layer each file of a package lies, and what the database has of it. */
function layersByPath(root: string, groups: readonly (readonly Installed[])[]): ReadonlyMap<string, number> {
  const layerOf = new Map<string, number>();
  const byName = new Map(groups.flatMap((group, layer) => group.map(({ name }) => [name, layer] as const)));
  for (const file of readdirSync(path.join(root, INFO))) {
    const layer = byName.get(/^[^:]+?(?=(?::[a-z0-9-]+)?\.[a-z0-9]+$)/u.exec(file)?.[0] ?? "");
    if (layer === undefined) continue;
    layerOf.set(`${INFO}/${file}`, layer);
    if (!file.endsWith(".list")) continue;
    for (const line of readFileSync(path.join(root, INFO, file), "utf8").split("\n")) {
      const owned = MERGED.test(line) ? `usr${line}` : line.slice(1);
      if (owned !== "" && !layerOf.has(owned)) layerOf.set(owned, layer);
    }
  }
  return layerOf;
}

/** All but directories and the database itself, relative to the root. Node's own listing follows symlinks, round and round. */
async function everythingIn(root: string): Promise<readonly string[]> {
  const found = await run("find", [root, "!", "-type", "d", "-printf", "%P\\0"]);
  return found.split("\0").filter((file) => file !== "" && file !== STATUS);
}

function withParents(files: readonly string[]): readonly string[] {
  const names = new Set<string>();
  for (const file of files) {
    for (let slash = file.indexOf("/"); slash >= 0; slash = file.indexOf("/", slash + 1)) {
      names.add(file.slice(0, slash));
    }
    names.add(file);
  }
  return [...names];
}
