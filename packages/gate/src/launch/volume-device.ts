import path from "node:path";
import { GateError } from "../errors.ts";

/**
 * File systems that reach nothing of this host's disk: what lies behind them is elsewhere, or empty. The kernel
 * reads no path of the host from their options.
 */
const ELSEWHERE: ReadonlySet<string> = new Set(["tmpfs", "ramfs", "nfs", "nfs4", "cifs", "smb3", "ceph"]);
/** Kernel file systems, which need no device, and where the host has them. */
const KERNEL: ReadonlyMap<string, string> = new Map([
  ["proc", "/proc"],
  ["sysfs", "/sys"],
  ["devtmpfs", "/dev"],
  ["devpts", "/dev/pts"],
  ["mqueue", "/dev/mqueue"],
  ["cgroup", "/sys/fs/cgroup"],
  ["cgroup2", "/sys/fs/cgroup"],
  ["bpf", "/sys/fs/bpf"],
  ["pstore", "/sys/fs/pstore"],
  ["debugfs", "/sys/kernel/debug"],
  ["tracefs", "/sys/kernel/tracing"],
  ["securityfs", "/sys/kernel/security"],
  ["configfs", "/sys/kernel/config"],
  ["efivarfs", "/sys/firmware/efi/efivars"],
  ["binfmt_misc", "/proc/sys/fs/binfmt_misc"],
  ["fusectl", "/sys/fs/fuse/connections"],
  ["selinuxfs", "/sys/fs/selinux"],
  ["smackfs", "/sys/fs/smackfs"],
  ["resctrl", "/sys/fs/resctrl"],
  ["nfsd", "/proc/fs/nfsd"],
]);
/** Options that name directories even where no slash shows it; `lowerdir+` and `datadir+` add one each. */
const LAYER = /^(?:lowerdir|upperdir|workdir|datadir)\+?$/u;

/**
 * The absolute host paths and devices that the options of a volume of the `local` driver reach; they go to mount(2)
 * as they are. A kernel file system (`proc`, `devtmpfs`) stands for the place where the host has it. A file system
 * on a device reaches `/dev`, by whatever name the device goes: a container can make a node of it anywhere.
 *
 * Of another driver nothing is known but its options, so each option that is an absolute path counts.
 *
 * @throws GateError `LAUNCH_UNREADABLE` for a path that is relative, which starts where the engine was started, and
 * for one that the file system would read otherwise than it is written.
 */
export function volumeDevices(driver: string, options: Readonly<Record<string, string>>): readonly string[] {
  if (driver !== "" && driver !== "local") {
    return Object.values(options).filter((value) => value.startsWith("/"));
  }
  const { type = "", device = "", o = "" } = options;
  // The driver mounts nothing then: such options are a quota.
  if (type === "" && device === "") return [];
  const flags = o.split(",");
  if (flags.includes("bind") || flags.includes("rbind")) return [absolute(device)];
  if (ELSEWHERE.has(type)) return [];
  const kernel = KERNEL.get(type);
  if (kernel !== undefined) return [kernel];
  const named = flags.flatMap((option) => pathsIn(option));
  if (type === "overlay" && named.length > 0) return named;
  const node = absolute(device);
  return node === "/dev" || node.startsWith("/dev/") ? [node, ...named] : [node, "/dev", ...named];
}

/** Any option may name a path; an overlay file system shows the directories that its options name. */
function pathsIn(option: string): readonly string[] {
  const equals = option.indexOf("=");
  const value = option.slice(equals + 1);
  // An overlay takes it for an escape: `/\etc` is `/etc`, and a comma or colon after it parts nothing.
  if (option.includes("\\")) throw unreadable("without a backslash", option);
  if (!LAYER.test(option.slice(0, Math.max(equals, 0))) && !value.includes("/")) return [];
  return value
    .split(":")
    .filter((layer) => layer !== "")
    .map((layer) => absolute(layer));
}

function absolute(text: string): string {
  if (!text.startsWith("/")) throw unreadable("of a volume that is absolute", text);
  return path.posix.normalize(text);
}

function unreadable(expected: string, found: string): GateError {
  const shown = JSON.stringify(found.slice(0, 200));
  return new GateError("LAUNCH_UNREADABLE", `expected a path ${expected}, found ${shown}`);
}
