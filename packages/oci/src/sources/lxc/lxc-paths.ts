import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { MiB } from "@pratique/core";

export interface LxcUser {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  /** 0 for root, whose containers are those of the system. */
  readonly userId: number;
}

const SYSTEM_FILE = "/etc/lxc/lxc.conf";
const SYSTEM_PATH = "/var/lib/lxc";
const MAX_CONFIG_BYTES = MiB;

/** Where containers of a user lie: `lxc.lxcpath` of lxc.system.conf(5), else the usual place. */
export function lxcPaths({ environment, homeDirectory, userId }: LxcUser): readonly string[] {
  if (userId === 0) return [pathIn(SYSTEM_FILE) ?? SYSTEM_PATH];
  const configHome = environment.XDG_CONFIG_HOME || join(homeDirectory, ".config");
  const dataHome = environment.XDG_DATA_HOME || join(homeDirectory, ".local", "share");
  const own = pathIn(join(configHome, "lxc", "lxc.conf")) ?? join(dataHome, "lxc");
  return [own, pathIn(SYSTEM_FILE) ?? SYSTEM_PATH];
}

/** A file that cannot be read says nothing. */
function pathIn(file: string): string | undefined {
  try {
    if (statSync(file).size > MAX_CONFIG_BYTES) return undefined;
    return /^[ \t]*lxc\.lxcpath[ \t]*=[ \t]*(?<path>\/\S*)[ \t\r]*$/mu.exec(readFileSync(file, "utf8"))
      ?.groups?.path;
  } catch {
    // The usual place is looked at then, and where no such container is there, that is an error.
    return undefined;
  }
}
