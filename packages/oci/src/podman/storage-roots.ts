import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { MiB } from "@pratique/core";

export interface PodmanUser {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  /** 0 for root, whose storage is that of the system. */
  readonly userId: number;
}

const SYSTEM_ROOT = "/var/lib/containers/storage";
const SYSTEM_FILES = ["/etc/containers/storage.conf", "/usr/share/containers/storage.conf"];
const MAX_CONFIG_BYTES = MiB;
/** Additional stores of one file. */
const MAX_STORES = 64;

/**
 * Where Podman of a user keeps images, as containers-storage.conf(5) says: `graphroot`, `imagestore` and
 * `additionalimagestores` of the user's file or the system's, else the usual place. The user's own place is first.
 */
export function podmanStorageRoots(user: PodmanUser): readonly string[] {
  const { environment, homeDirectory, userId } = user;
  const named = environment.CONTAINERS_STORAGE_CONF;
  const isRoot = userId === 0;
  const configHome = environment.XDG_CONFIG_HOME || join(homeDirectory, ".config");
  const own = named || (isRoot ? undefined : join(configHome, "containers", "storage.conf"));
  const dataHome = environment.XDG_DATA_HOME || join(homeDirectory, ".local", "share");
  const system = readConfig(SYSTEM_FILES.find((file) => existsSync(file)));
  const config = own !== undefined && existsSync(own) ? readConfig(own) : system;
  const ownRoot = isRoot || config !== system ? config.graphroot : config.rootless_storage_path;
  const usual = isRoot ? SYSTEM_ROOT : join(dataHome, "containers", "storage");
  const roots = [ownRoot ?? usual, config.imagestore, ...config.additional];
  return [...new Set(roots.filter((root) => root !== undefined).map((root) => expand(root, user)))];
}

interface StorageConfig {
  readonly graphroot?: string | undefined;
  readonly rootless_storage_path?: string | undefined;
  readonly imagestore?: string | undefined;
  readonly additional: readonly string[];
}

/** Of TOML just the few keys that are asked for; a file that cannot be read says nothing. */
function readConfig(file: string | undefined): StorageConfig {
  const text = file === undefined ? "" : textOf(file);
  const list =
    /^[ \t]*additionalimagestores[ \t]*=[ \t]*\[(?<list>[^\]]*)\]/mu.exec(text)?.groups?.list ?? "";
  const lines = list.split("\n").filter((line) => !/^\s*#/u.test(line));
  const additional = [...lines.join("\n").matchAll(/["'](?<path>[^"'\n]+)["']/gu)].map(
    ({ groups }) => groups?.path ?? "",
  );
  return {
    graphroot: settingOf(text, "graphroot"),
    rootless_storage_path: settingOf(text, "rootless_storage_path"),
    imagestore: settingOf(text, "imagestore"),
    additional: additional.slice(0, MAX_STORES),
  };
}

function settingOf(
  text: string,
  key: "graphroot" | "rootless_storage_path" | "imagestore",
): string | undefined {
  const value = new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*["'](?<value>[^"'\\n]+)["']`, "mu").exec(text);
  return value?.groups?.value;
}

function textOf(file: string): string {
  try {
    return statSync(file).size > MAX_CONFIG_BYTES ? "" : readFileSync(file, "utf8");
  } catch {
    // The usual place is looked at then, and where no such image is there, that is an error.
    return "";
  }
}

function expand(path: string, { environment, homeDirectory, userId }: PodmanUser): string {
  const values = { HOME: homeDirectory, USER: environment.USER ?? "", UID: String(userId) };
  return path.replaceAll(/\$(?<name>HOME|USER|UID)\b/gu, (whole, name: string) =>
    name === "HOME" || name === "USER" || name === "UID" ? values[name] : whole,
  );
}

/** The socket on which Podman of a user may serve Docker's API. */
export function podmanSocket({ environment, userId }: PodmanUser): string {
  const runtime = userId === 0 ? "/run" : environment.XDG_RUNTIME_DIR || `/run/user/${userId}`;
  return join(runtime, "podman", "podman.sock");
}
