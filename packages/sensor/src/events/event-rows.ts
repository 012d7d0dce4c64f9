import { constants } from "node:fs";
import type { EventType } from "@pratique/core";
import { wireKinds, wireTags } from "../wire/wire-format.ts";
import {
  type ArgumentRow,
  capabilities,
  choice,
  data,
  descriptor,
  device,
  directory,
  fileMode,
  flags,
  inode,
  mode,
  number,
  ofProcess,
  openFlags,
  path,
  result,
  signal,
  signed,
  text,
  tuple,
} from "./argument-rows.ts";
import { dnsArguments } from "./dns-arguments.ts";
import {
  type EventDescriptor,
  givenDescriptor,
  openedDescriptor,
  socketDescriptor,
} from "./event-descriptor.ts";
import { executionArguments } from "./execution-arguments.ts";
import * as names from "./flag-names.ts";
import type { SensorEvent } from "./sensor-event.ts";

/** How the record of one kind becomes an event. */
export interface EventRow {
  readonly type: EventType;
  readonly kind: number;
  readonly arguments: readonly ArgumentRow[];
  readonly byName: ReadonlyMap<string, ArgumentRow>;
  readonly hasResult: boolean;
  /** What `fd.*` is read from; undefined where the event is about no descriptor. */
  readonly descriptor: ((event: SensorEvent) => EventDescriptor) | undefined;
  /** The call opens a file; these flags are those that it has without being given them. */
  readonly openFlags: number | undefined;
  readonly opens: boolean;
  /** The process is what is connected to. */
  readonly isServer: boolean;
  readonly receives: boolean;
  /** The event is about a path that no descriptor has: what `fs.path.*` is read from. */
  readonly paths: EventPaths | undefined;
}

/** Which arguments `fs.path.name`, `fs.path.source` and `fs.path.target` are. */
export interface EventPaths {
  readonly name?: string;
  readonly source?: string;
  readonly target?: string;
}

type RowOptions = Partial<Omit<EventRow, "type" | "kind" | "arguments" | "byName">>;

const { O_CREAT, O_WRONLY, O_TRUNC } = constants;

/** The descriptor in the first number. */
const given = (event: SensorEvent) => givenDescriptor(event, event.record.int(wireTags.number0) ?? -1);
/** The descriptor that the call returned. */
const returned = (event: SensorEvent) => givenDescriptor(event, event.record.result);
const socket = (event: SensorEvent) => socketDescriptor(event, event.record.int(wireTags.number0) ?? -1);
const accepted = (event: SensorEvent) => socketDescriptor(event, event.record.result);

const opening = { descriptor: openedDescriptor, opens: true, openFlags: 0, paths: { name: "name" } };
const aboutPath = { paths: { name: "path" } };
const moving = { paths: { source: "oldpath", target: "newpath" } };

/**
 * Every kind of event, with the arguments that the rule language gives it, in its order. What the numbers of a record
 * are stands in `native/events.md`.
 */
export const eventRows: readonly EventRow[] = [
  row("execve", executionArguments),
  row("execveat", [...executionArguments, directory("dirfd", 0), flags("flags", 1, names.atNames)]),
  ...(["fork", "vfork", "clone", "clone3"] as const).map((type) =>
    row(type, [
      ...executionArguments.filter(({ name }) => name !== "flags" && name !== "filename"),
      flags("flags", 0, names.cloneNames),
      ofProcess("vtid", ({ process }) => process.facts.vtid),
      ofProcess("vpid", ({ process }) => process.vpid),
    ]),
  ),
  row("procexit", [number("status", 0), number("ret", 1), signal("sig", 2), number("core", 3)], {
    hasResult: false,
  }),

  row("open", [descriptor(), path("name"), openFlags(), fileMode(), device(), inode()], opening),
  row(
    "openat",
    [descriptor(), directory("dirfd", 0), path("name"), openFlags(), fileMode(), device(), inode()],
    opening,
  ),
  row(
    "openat2",
    [descriptor(), directory("dirfd", 0), path("name"), openFlags(), fileMode(), number("resolve", 1)],
    opening,
  ),
  row("creat", [descriptor(), path("name"), fileMode(), device(), inode(), openFlags("creat_flags")], {
    ...opening,
    openFlags: O_CREAT | O_WRONLY | O_TRUNC,
  }),
  row("open_by_handle_at", [descriptor(), signed("mountfd", 0), openFlags(), path("path")], {
    ...opening,
    descriptor: (event) => ({ ...openedDescriptor(event), name: event.resolvedPath ?? event.path }),
    paths: { name: "path" },
  }),

  row(
    "socket",
    [
      descriptor(),
      choice("domain", 0, names.familyNames),
      choice("type", 1, names.socketTypeNames, 0xf),
      number("proto", 2),
    ],
    { descriptor: (event) => socketDescriptor(event, event.record.result) },
  ),
  row("connect", [result(), tuple(), descriptor(), tuple("addr")], { descriptor: socket }),
  row("accept", [descriptor(), tuple(), signed("listenfd", 0)], { descriptor: accepted, isServer: true }),
  row("accept4", [descriptor(), tuple(), signed("listenfd", 0), number("flags", 1)], {
    descriptor: accepted,
    isServer: true,
  }),
  row("bind", [result(), tuple("addr"), descriptor()], { descriptor: socket, isServer: true }),
  row("listen", [result(), descriptor(), number("backlog", 1)], { descriptor: socket, isServer: true }),
  ...(["sendto", "sendmsg", "sendmmsg"] as const).map((type) =>
    row(type, [result(), data(), descriptor(), number("size", 1), tuple()], { descriptor: socket }),
  ),
  ...(["recvfrom", "recvmsg"] as const).map((type) =>
    row(type, [result(), data(), descriptor(), number("size", 1), tuple()], {
      descriptor: socket,
      receives: true,
    }),
  ),
  row("dns", dnsArguments, { descriptor: socket, hasResult: false }),

  row(
    "mount",
    [
      result(),
      text("dev", "path"),
      path("dir", "second"),
      text("type", "text"),
      flags("flags", 0, names.mountNames),
    ],
    { paths: { source: "dev", target: "dir" } },
  ),
  row("umount", [result(), path("name")], { paths: { name: "name" } }),
  row("umount2", [result(), path("name"), flags("flags", 0, names.umountNames)], { paths: { name: "name" } }),
  row("pivot_root", [result(), path("new_root"), path("put_old", "second")], { paths: { name: "new_root" } }),
  row("move_mount", [result(), path("from"), path("to", "second"), number("flags", 0)], {
    paths: { source: "from", target: "to" },
  }),
  row("fsopen", [descriptor(), text("type", "text"), number("flags", 0)], { descriptor: returned }),
  row("setns", [result(), descriptor(), flags("nstype", 1, names.cloneNames)], { descriptor: given }),
  row("unshare", [result(), flags("flags", 0, names.cloneNames)]),

  row("ptrace", [
    result(),
    choice("request", 0, names.ptraceNames),
    number("pid", 1),
    number("addr", 2),
    number("data", 3),
  ]),
  row("process_vm_readv", [result(), number("pid", 0)]),
  row("process_vm_writev", [result(), number("pid", 0)]),
  row("pidfd_getfd", [descriptor(), signed("pid_fd", 0), signed("target_fd", 1), number("flags", 2)], {
    descriptor: returned,
  }),

  row("setuid", [result(), signed("uid", 0)]),
  row("setgid", [result(), signed("gid", 0)]),
  row("setreuid", [result(), signed("ruid", 0), signed("euid", 1)]),
  row("setregid", [result(), signed("rgid", 0), signed("egid", 1)]),
  row("setresuid", [result(), signed("ruid", 0), signed("euid", 1), signed("suid", 2)]),
  row("setresgid", [result(), signed("rgid", 0), signed("egid", 1), signed("sgid", 2)]),
  row("capset", [
    result(),
    capabilities("cap_inheritable", 0),
    capabilities("cap_permitted", 1),
    capabilities("cap_effective", 2),
  ]),

  row("chmod", [result(), path("filename"), mode("mode", 0)], { paths: { name: "filename" } }),
  row("fchmod", [result(), descriptor(), mode("mode", 1)], { descriptor: given }),
  row("fchmodat", [result(), directory("dirfd", 0), path("filename"), mode("mode", 1)], {
    paths: { name: "filename" },
  }),
  row("chown", [result(), path("path"), signed("uid", 0), signed("gid", 1)], aboutPath),
  row("lchown", [result(), path("path"), signed("uid", 0), signed("gid", 1)], aboutPath),
  row("fchown", [result(), descriptor(), signed("uid", 1), signed("gid", 2)], { descriptor: given }),
  row(
    "fchownat",
    [
      result(),
      directory("dirfd", 0),
      path("pathname"),
      signed("uid", 1),
      signed("gid", 2),
      flags("flags", 3, names.atNames),
    ],
    { paths: { name: "pathname" } },
  ),

  row("link", [result(), path("oldpath"), path("newpath", "second")], linking("oldpath", "newpath")),
  row(
    "linkat",
    [
      result(),
      directory("olddir", 0),
      path("oldpath"),
      directory("newdir", 1),
      path("newpath", "second"),
      flags("flags", 2, names.atNames),
    ],
    linking("oldpath", "newpath"),
  ),
  row(
    "symlink",
    [result(), text("target", "path"), path("linkpath", "second")],
    linking("target", "linkpath"),
  ),
  row(
    "symlinkat",
    [result(), text("target", "path"), directory("linkdirfd", 0), path("linkpath", "second")],
    linking("target", "linkpath"),
  ),
  row("rename", [result(), path("oldpath"), path("newpath", "second")], moving),
  row(
    "renameat",
    [
      result(),
      directory("olddirfd", 0),
      path("oldpath"),
      directory("newdirfd", 1),
      path("newpath", "second"),
    ],
    moving,
  ),
  row(
    "renameat2",
    [
      result(),
      directory("olddirfd", 0),
      path("oldpath"),
      directory("newdirfd", 1),
      path("newpath", "second"),
      flags("flags", 2, names.renameNames),
    ],
    moving,
  ),
  row("unlink", [result(), path("path")], aboutPath),
  row("unlinkat", [result(), directory("dirfd", 0), path("name"), flags("flags", 1, names.unlinkNames)], {
    paths: { name: "name" },
  }),
  row("rmdir", [result(), path("path")], aboutPath),
  row("mkdir", [result(), path("path"), mode("mode", 0)], aboutPath),
  row("mkdirat", [result(), directory("dirfd", 0), path("path"), mode("mode", 1)], aboutPath),
  row("mknod", [result(), path("path"), mode("mode", 0), number("dev", 1)], aboutPath),
  row(
    "mknodat",
    [result(), directory("dirfd", 0), path("path"), mode("mode", 1), number("dev", 2)],
    aboutPath,
  ),
  row("utimensat", [result(), directory("dirfd", 0), path("path"), number("flags", 1)], aboutPath),

  row("init_module", [result(), number("length", 0), text("uargs", "text")]),
  row("finit_module", [result(), descriptor(), text("uargs", "text"), flags("flags", 1, names.moduleNames)], {
    descriptor: given,
  }),
  row("delete_module", [result(), text("name", "text"), flags("flags", 0, names.deleteModuleNames)]),
  row("kexec_load", [result(), number("segments", 0), number("flags", 1)]),
  row("bpf", [descriptor(), choice("cmd", 0, names.bpfNames), result("res_or_fd")], {
    descriptor: (event) => ({ ...returned(event), letter: "b" }),
  }),
  row("perf_event_open", [descriptor(), number("type", 0), signed("pid", 1), signed("cpu", 2)], {
    descriptor: returned,
  }),
  row("memfd_create", [descriptor(), text("name", "text"), flags("flags", 0, names.memfdNames)], {
    descriptor: (event) => ({ ...returned(event), letter: "m", name: event.record.text(wireTags.text) }),
  }),
  row("io_uring_setup", [descriptor("res"), number("entries", 0), flags("flags", 1, names.uringNames)], {
    descriptor: (event) => ({ ...returned(event), letter: "r" }),
  }),
  row("userfaultfd", [result(), flags("flags", 0, names.closeOnExecNames)]),
  row("keyctl", [result(), number("operation", 0), number("arg2", 1), number("arg3", 2)]),

  row("kill", [result(), signed("pid", 0), signal("sig", 1)]),
  row("tkill", [result(), signed("tid", 0), signal("sig", 1)]),
  row("tgkill", [result(), signed("pid", 0), signed("tid", 1), signal("sig", 2)]),
  row("signaldeliver", [signed("spid", 0), signed("dpid", 1), signal("sig", 2)], { hasResult: false }),

  row("dup", [result(), signed("oldfd", 0)], { descriptor: returned }),
  row("dup2", [result(), signed("oldfd", 0), signed("newfd", 1)], { descriptor: returned }),
  row("dup3", [result(), signed("oldfd", 0), signed("newfd", 1), flags("flags", 2, names.closeOnExecNames)], {
    descriptor: returned,
  }),
  row("fcntl", [result(), signed("fd", 0), choice("cmd", 1, names.fcntlNames)], { descriptor: returned }),
  row("splice", [
    result(),
    signed("fd_in", 0),
    signed("fd_out", 1),
    number("size", 2),
    flags("flags", 3, names.spliceNames),
  ]),

  row("chdir", [result(), path("path")], aboutPath),
  row("fchdir", [result(), descriptor()], { descriptor: given }),
  row("chroot", [result(), path("path")], aboutPath),
  row("setsid", [result()]),
];

/** By the number of the kind in a record. */
export const rowOfKind: readonly (EventRow | undefined)[] = (() => {
  const rows: (EventRow | undefined)[] = Array.from({ length: 256 });
  for (const one of eventRows) rows[one.kind] = one;
  return rows;
})();

/** Which kind of record tells of a type of event; undefined where none does. */
export function kindOfType(type: EventType): number | undefined {
  return isKindName(type) ? wireKinds[type] : undefined;
}

function row(
  type: keyof typeof wireKinds & EventType,
  argumentRows: readonly ArgumentRow[],
  options: RowOptions = {},
): EventRow {
  return {
    type,
    kind: wireKinds[type],
    arguments: argumentRows,
    byName: new Map(argumentRows.map((argument) => [argument.name, argument])),
    hasResult: options.hasResult ?? true,
    descriptor: options.descriptor,
    openFlags: options.openFlags,
    opens: options.opens ?? false,
    isServer: options.isServer ?? false,
    receives: options.receives ?? false,
    paths: options.paths,
  };
}

function linking(target: string, source: string): RowOptions {
  return { paths: { source, target } };
}

function isKindName(type: string): type is keyof typeof wireKinds {
  return Object.hasOwn(wireKinds, type);
}
