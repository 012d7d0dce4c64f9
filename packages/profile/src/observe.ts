import type { EventType, RuntimeEvent, RuntimeProcess } from "@pratique/core";
import { type ExecutableLayer, type Item, item, OUTSIDE, pathItem, subjectItem } from "./item.ts";
import { patternOf } from "./path-pattern.ts";
import { canonicalAddress, canonicalName, formatPeer } from "./peer-pattern.ts";
import { isSecretPath } from "./sensitive-path.ts";

/** What a source may know of an event beyond the event. What is left out is not known. */
export interface EventFacts {
  /** Where the program came from that runs. */
  readonly executableLayer?: ExecutableLayer;
  /** 64 hexadecimal digits. */
  readonly executableSha256?: string;
  /** The script that an interpreter was started for. */
  readonly script?: string;
  /** The name by which the container found the address that it talks to. */
  readonly remoteName?: string;
  /** The names that a question to DNS asks for. */
  readonly questions?: readonly string[];
  /** A file was opened for writing. Where it is left out, the argument `flags` tells. */
  readonly opensForWriting?: boolean;
  /** The new name of a rename or link, as the kernel resolved it. */
  readonly secondPath?: string;
  /** Names of every system call since the last event, from sources that see all of them. */
  readonly systemCalls?: readonly string[];
  /** Capabilities that the kernel was asked for and gave, without `CAP_`, from sources that see it. */
  readonly capabilities?: readonly string[];
  /** A 32-bit system call. */
  readonly compat?: boolean;
  /** The process is the runtime's own and has not executed the container's program yet: `isRuntimeSetup`. */
  readonly runtime?: boolean;
}

/** What a container does by an event, as a profile holds it. */
type Reader = (event: RuntimeEvent, facts: EventFacts) => readonly Item[];

/** A value of {@link Item} of the kind `syscall` for system calls of another width than the machine's. */
export const COMPAT = "@32-bit";

const EINPROGRESS = -115;
const WRITES = /\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)\b/u;
const MOST_QUESTIONS = 8;
const SHA256 = /^[0-9a-f]{64}$/u;
const PRIVILEGED_PORTS = 1024;
const NO_CALLS: ReadonlySet<EventType> = new Set(["container", "dns", "procexit", "signaldeliver"]);

/** By the types of event that show something besides that they happened. */
export const readers: Readonly<Partial<Record<EventType, Reader>>> = {
  execve: execution,
  execveat: execution,
  open: opening,
  openat: opening,
  openat2: opening,
  open_by_handle_at: (event, facts) => [...opening(event, facts), capability("DAC_READ_SEARCH")],
  creat: writing,
  chmod: writing,
  fchmod: writing,
  fchmodat: writing,
  chown: (event) => [...writing(event), capability("CHOWN")],
  lchown: (event) => [...writing(event), capability("CHOWN")],
  fchown: (event) => [...writing(event), capability("CHOWN")],
  fchownat: (event) => [...writing(event), capability("CHOWN")],
  link: linking,
  linkat: linking,
  symlink: linking,
  symlinkat: linking,
  rename: (event, facts) => [...writing(event), ...linking(event, facts)],
  renameat: (event, facts) => [...writing(event), ...linking(event, facts)],
  renameat2: (event, facts) => [...writing(event), ...linking(event, facts)],
  unlink: writing,
  unlinkat: writing,
  mkdir: writing,
  mkdirat: writing,
  rmdir: writing,
  mknod: (event) => [...writing(event), capability("MKNOD")],
  mknodat: (event) => [...writing(event), capability("MKNOD")],
  connect: talking,
  sendto: talking,
  sendmsg: talking,
  sendmmsg: talking,
  bind: binding,
  listen: listening,
  dns: asking,
  socket: makingSocket,
  container: containerMounts,
  mount: (event) => [...mounting(event), capability("SYS_ADMIN")],
  move_mount: (event) => [...mounting(event), capability("SYS_ADMIN")],
  umount: () => [capability("SYS_ADMIN")],
  umount2: () => [capability("SYS_ADMIN")],
  fsopen: () => [capability("SYS_ADMIN")],
  pivot_root: () => [capability("SYS_ADMIN")],
  setns: () => [capability("SYS_ADMIN")],
  chroot: () => [capability("SYS_CHROOT")],
  setuid: () => [capability("SETUID")],
  setreuid: () => [capability("SETUID")],
  setresuid: () => [capability("SETUID")],
  setgid: () => [capability("SETGID")],
  setregid: () => [capability("SETGID")],
  setresgid: () => [capability("SETGID")],
  init_module: () => [capability("SYS_MODULE")],
  finit_module: () => [capability("SYS_MODULE")],
  delete_module: () => [capability("SYS_MODULE")],
  kexec_load: () => [capability("SYS_BOOT")],
  kill: () => [capability("KILL")],
};

/**
 * What an event shows of a container: nothing where the call failed, and nothing of the host's own processes.
 * `serves` tells whether the container is known to listen: what it answers to who asked there are no peers.
 */
export function itemsOf(
  event: RuntimeEvent,
  facts: EventFacts = {},
  serves: (listen: Item) => boolean = () => false,
): readonly Item[] {
  if (event.container === undefined || facts.runtime === true || !tookEffect(event)) return [];
  const items: Item[] = [];
  // A process of which nothing is known has no user.
  if (event.process.uid >= 0) items.push(item("user", String(event.process.uid)));
  if (!NO_CALLS.has(event.type)) items.push(item("syscall", event.type));
  if (facts.compat === true) items.push(item("syscall", COMPAT));
  for (const call of facts.systemCalls ?? []) items.push(item("syscall", call));
  for (const name of facts.capabilities ?? []) items.push(capability(name));
  if (!isAnswer(event, serves)) items.push(...(readers[event.type]?.(event, facts) ?? []));
  return items;
}

function tookEffect({ result }: RuntimeEvent): boolean {
  return result === undefined || result >= 0 || result === EINPROGRESS;
}

function isAnswer({ type, protocol, local }: RuntimeEvent, serves: (listen: Item) => boolean): boolean {
  if (protocol !== "udp" || local === undefined || local.port === 0 || type === "bind") return false;
  return serves(item("listen", `udp/${local.port}`));
}

function execution(event: RuntimeEvent, facts: EventFacts): readonly Item[] {
  const { process } = event;
  if (process.exePath === "") return [];
  const parent = parentOf(process);
  const items = [
    subjectItem("executable", process.exePath, facts.executableLayer ?? "unknown"),
    subjectItem("parent", process.exePath, parent),
    // Not every source has an event for a container that appears.
    ...(parent === OUTSIDE ? containerMounts(event) : []),
  ];
  const { executableSha256, script } = facts;
  if (executableSha256 !== undefined && SHA256.test(executableSha256)) {
    items.push(subjectItem("hash", process.exePath, executableSha256));
  }
  if (script !== undefined) items.push(subjectItem("executable", script, "unknown"));
  return items;
}

function parentOf({ pid, vpid, parent }: RuntimeProcess): string {
  // In the initial namespace of processes, while the process is in one of its own.
  const isOutside = parent === undefined || vpid === 1 || (parent.vpid === parent.pid && vpid !== pid);
  return isOutside || parent.exePath === "" ? OUTSIDE : parent.exePath;
}

function opening(event: RuntimeEvent, { opensForWriting }: EventFacts): readonly Item[] {
  const path = pathOf(event);
  if (path === undefined) return [];
  const pattern = patternOf(path);
  const writes = opensForWriting ?? WRITES.test(event.arguments.flags ?? "");
  const items = writes ? [item("write", pattern)] : [];
  return isSecretPath(pattern) ? [...items, item("secret", pattern)] : items;
}

function writing(event: RuntimeEvent): readonly Item[] {
  const path = pathOf(event);
  return path === undefined ? [] : [pathItem("write", path)];
}

/** The target of a link is not written; its new name is. */
function linking(event: RuntimeEvent, { secondPath }: EventFacts): readonly Item[] {
  const named = secondPath ?? event.arguments.newpath ?? event.arguments.linkpath;
  return named === undefined ? writing(event) : [pathItem("write", absolute(named, event.process.cwd))];
}

function pathOf({ resolvedPath, path, process }: RuntimeEvent): string | undefined {
  const named = resolvedPath ?? path;
  return named === undefined || named === "" ? undefined : absolute(named, process.cwd);
}

function absolute(path: string, cwd: string): string {
  return path.startsWith("/") ? path : `${cwd}/${path}`;
}

function talking({ protocol, remote }: RuntimeEvent, { remoteName }: EventFacts): readonly Item[] {
  if (protocol === undefined || remote === undefined) return [];
  if (protocol === "unix") return remote.address === "" ? [] : [pathItem("socket", remote.address)];
  const address = canonicalAddress(remote.address);
  const hasPorts = protocol === "tcp" || protocol === "udp";
  // A name service connects to port 0 to learn its own address, and sends nothing.
  if (address === undefined || (hasPorts && remote.port === 0)) return [];
  const host = remoteName === undefined ? address : (canonicalName(remoteName) ?? address);
  const port = `${protocol}/${remote.port}`;
  return [item("peer", formatPeer({ host, port })), item("port", port)];
}

function makingSocket(event: RuntimeEvent): readonly Item[] {
  const { domain = "", type = "" } = event.arguments;
  const isRaw = event.protocol === "raw" || /\b[AP]F_PACKET\b/u.test(domain) || type.includes("SOCK_RAW");
  return isRaw && !domain.includes("NETLINK") ? [capability("NET_RAW")] : [];
}

function binding({ protocol, local }: RuntimeEvent): readonly Item[] {
  if (local === undefined || local.port === 0 || (protocol !== "tcp" && protocol !== "udp")) return [];
  const items = local.port < PRIVILEGED_PORTS ? [capability("NET_BIND_SERVICE")] : [];
  return protocol === "udp" ? [...items, item("listen", `udp/${local.port}`)] : items;
}

function listening({ protocol, local }: RuntimeEvent): readonly Item[] {
  return protocol === "tcp" && local !== undefined ? [item("listen", `tcp/${local.port}`)] : [];
}

/** A message has one question in practice, and may have more. */
function asking(event: RuntimeEvent, { questions }: EventFacts): readonly Item[] {
  const asked = questions ?? askedNames(event.arguments);
  return asked.slice(0, MOST_QUESTIONS).flatMap((question) => {
    const name = canonicalName(question);
    return name === undefined ? [] : [item("name", name)];
  });
}

/** Answers repeat the question; only who asks is of interest. */
function askedNames({ direction, name = "" }: RuntimeEvent["arguments"]): readonly string[] {
  return direction === "question" ? name.split(",") : [];
}

function containerMounts({ container }: RuntimeEvent): readonly Item[] {
  return (container?.mounts ?? []).map(({ target }) => pathItem("mount", target));
}

function mounting(event: RuntimeEvent): readonly Item[] {
  const path = pathOf(event);
  return path === undefined ? [] : [pathItem("mount", path)];
}

function capability(name: string): Item {
  return item("capability", name.toUpperCase().replace(/^CAP_/u, ""));
}
