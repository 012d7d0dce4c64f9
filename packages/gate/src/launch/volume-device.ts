import path from "node:path";

/** File systems that reach nothing of this host's disk: what lies behind them is elsewhere, or empty. */
const ELSEWHERE: ReadonlySet<string> = new Set(["tmpfs", "nfs", "nfs4", "cifs", "smb3"]);
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
]);
const LAYERS: ReadonlySet<string> = new Set(["lowerdir", "upperdir", "workdir"]);

/**
 * The host paths and devices that the options of a volume of the `local` driver reach; they go to mount(2) as
 * they are. A kernel file system (`proc`, `devtmpfs`) stands for the place where the host has it.
 *
 * Of another driver nothing is known but its options, so each option that is an absolute path counts.
 */
export function volumeDevices(driver: string, options: Readonly<Record<string, string>>): readonly string[] {
  if (driver !== "" && driver !== "local") {
    return Object.values(options).filter((value) => value.startsWith("/"));
  }
  const { type = "", device = "", o = "" } = options;
  if (type === "" && device === "" && o === "") return [];
  const flags = o.split(",");
  const layers = flags.flatMap((option) => layerPaths(option));
  const binds = flags.includes("bind") || flags.includes("rbind");
  if (!binds && ELSEWHERE.has(type)) return layers;
  const kernel = binds ? undefined : KERNEL.get(type);
  if (kernel !== undefined) return [kernel];
  if (device.startsWith("/")) return [path.posix.normalize(device), ...layers];
  return layers.length > 0 ? layers : [device === "" ? type : device].filter((value) => value !== "");
}

/** An overlay file system shows the directories that its options name. */
function layerPaths(option: string): readonly string[] {
  const equals = option.indexOf("=");
  if (!LAYERS.has(option.slice(0, equals))) return [];
  return option
    .slice(equals + 1)
    .split(":")
    .filter((layer) => layer !== "");
}
