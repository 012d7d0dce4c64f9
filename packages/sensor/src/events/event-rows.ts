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
  flags,
  group,
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
  user,
} from "./argument-rows.ts";
import type { EventDescriptor } from "./descriptor-types.ts";
import { dnsArguments } from "./dns-arguments.ts";
import { givenDescriptor, openedDescriptor, socketDescriptor } from "./event-descriptor.ts";
import { executionArguments } from "./execution-arguments.ts";
import * as names from "./flag-names.ts";
import type { EventTraits, ReadableEvent } from "./readable-event.ts";

/** How the record of one kind becomes an event. */
export interface EventRow extends EventTraits {
  readonly type: EventType;
  readonly kind: number;
  readonly arguments: readonly ArgumentRow[];
  readonly byName: ReadonlyMap<string, ArgumentRow>;
  readonly hasResult: boolean;
  /** What `fd.*` is read from; undefined where the event is about no descriptor. */
  readonly descriptor: ((event: ReadableEvent) => EventDescriptor) | undefined;
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

/** The descriptor in the first number. */
const given = (event: ReadableEvent) => givenDescriptor(event, event.record.int(wireTags.number0) ?? -1);
/** The descriptor that the call returned. */
const returned = (event: ReadableEvent) => givenDescriptor(event, event.record.result);
const socket = (event: ReadableEvent) => socketDescriptor(event, event.record.int(wireTags.number0) ?? -1);
const accepted = (event: ReadableEvent) => socketDescriptor(event, event.record.result);

const opening: RowOptions = { descriptor: openedDescriptor, opens: true, paths: { name: "name" } };
const aboutPath: RowOptions = { paths: { name: "path" } };
const moving: RowOptions = { paths: { source: "oldpath", target: "newpath" } };
const file = [openFlags(), number("mode", 1, "octal"), device(), inode()];

/**
 * Every kind of event, with the arguments that the rule language gives it, in its order. The numbers of a record are
 * the arguments of the call, counted from 0; where they are something else stands in `native/events.md`.
 */
const eventRows: readonly EventRow[] = [
  row("execve", executionArguments),
  row("execveat", executionArguments),
  ...(["fork", "vfork", "clone", "clone3"] as const).map((type) =>
    row(type, [
      ...executionArguments.filter(({ name }) => name !== "flags" && name !== "filename"),
      flags("flags", 1, names.cloneNames),
      ofProcess("vtid", ({ process }) => process.facts.vtid),
      ofProcess("vpid", ({ process }) => process.vpid),
    ]),
  ),
  row("procexit", [result("status"), number("ret", 0), signal("sig", 1), number("core", 2)], {
    hasResult: false,
  }),

  row("open", [descriptor(), path("name"), ...file], opening),
  row("openat", [descriptor(), path("name"), ...file], opening),
  row("openat2", [descriptor(), path("name"), ...file, number("resolve", 2)], opening),
  row("creat", [descriptor(), path("name"), ...file], opening),
  row("open_by_handle_at", [descriptor(), openFlags(), text("path", "resolved"), device(), inode()], {
    ...opening,
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
  row("accept4", [descriptor(), tuple(), signed("listenfd", 0), number("flags", 3)], {
    descriptor: accepted,
    isServer: true,
  }),
  row("bind", [result(), tuple("addr"), descriptor()], { descriptor: socket, isServer: true }),
  row("listen", [result(), descriptor(), number("backlog", 1)], { descriptor: socket, isServer: true }),
  ...(["sendto", "sendmsg", "sendmmsg"] as const).map((type) =>
    row(type, [result(), data(), descriptor(), number("size", 2), tuple()], { descriptor: socket }),
  ),
  ...(["recvfrom", "recvmsg"] as const).map((type) =>
    row(type, [result(), data(), descriptor(), number("size", 2), tuple()], {
      descriptor: socket,
      receives: true,
    }),
  ),
  row("dns", dnsArguments, {
    descriptor: (event) => socketDescriptor(event, event.record.int(wireTags.number1) ?? -1),
    hasResult: false,
  }),

  row(
    "mount",
    [result(), text("dev", "text2"), path("dir"), text("type", "text"), flags("flags", 3, names.mountNames)],
    { paths: { source: "dev", target: "dir" } },
  ),
  row("umount", [result(), path("name")], { paths: { name: "name" } }),
  row("umount2", [result(), path("name"), flags("flags", 1, names.umountNames)], { paths: { name: "name" } }),
  row("pivot_root", [result(), path("new_root"), path("put_old", "second")], { paths: { name: "new_root" } }),
  row("move_mount", [result(), path("from"), path("to", "second"), number("flags", 4)], {
    paths: { source: "from", target: "to" },
  }),
  row("fsopen", [descriptor(), text("type", "text"), number("flags", 1)], { descriptor: returned }),
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

  row("setuid", [result(), user("uid", 0)]),
  row("setgid", [result(), group("gid", 0)]),
  row("setreuid", [result(), user("ruid", 0), user("euid", 1)]),
  row("setregid", [result(), group("rgid", 0), group("egid", 1)]),
  row("setresuid", [result(), user("ruid", 0), user("euid", 1), user("suid", 2)]),
  row("setresgid", [result(), group("rgid", 0), group("egid", 1), group("sgid", 2)]),
  row("capset", [
    result(),
    capabilities("cap_inheritable", 0),
    capabilities("cap_permitted", 1),
    capabilities("cap_effective", 2),
  ]),

  row("chmod", [result(), path("filename"), mode("mode", 1)], { paths: { name: "filename" } }),
  row("fchmod", [result(), descriptor(), mode("mode", 1)], { descriptor: given }),
  row("fchmodat", [result(), directory("dirfd", 0), path("filename"), mode("mode", 2)], {
    paths: { name: "filename" },
  }),
  row("chown", [result(), path("path"), user("uid", 1), group("gid", 2)], aboutPath),
  row("lchown", [result(), path("path"), user("uid", 1), group("gid", 2)], aboutPath),
  row("fchown", [result(), descriptor(), user("uid", 1), group("gid", 2)], { descriptor: given }),
  row(
    "fchownat",
    [
      result(),
      directory("dirfd", 0),
      path("pathname"),
      user("uid", 2),
      group("gid", 3),
      flags("flags", 4, names.atNames),
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
      directory("newdir", 2),
      path("newpath", "second"),
      flags("flags", 4, names.atNames),
    ],
    linking("oldpath", "newpath"),
  ),
  row("symlink", [result(), text("target", "path2"), path("linkpath")], linking("target", "linkpath")),
  row(
    "symlinkat",
    [result(), text("target", "path2"), directory("linkdirfd", 1), path("linkpath")],
    linking("target", "linkpath"),
  ),
  row("rename", [result(), path("oldpath"), path("newpath", "second")], moving),
  row(
    "renameat",
    [
      result(),
      directory("olddirfd", 0),
      path("oldpath"),
      directory("newdirfd", 2),
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
      directory("newdirfd", 2),
      path("newpath", "second"),
      flags("flags", 4, names.renameNames),
    ],
    moving,
  ),
  row("unlink", [result(), path("path")], aboutPath),
  row("unlinkat", [result(), directory("dirfd", 0), path("name"), flags("flags", 2, names.unlinkNames)], {
    paths: { name: "name" },
  }),
  row("rmdir", [result(), path("path")], aboutPath),
  row("mkdir", [result(), path("path"), mode("mode", 1)], aboutPath),
  row("mkdirat", [result(), directory("dirfd", 0), path("path"), mode("mode", 2)], aboutPath),
  row("mknod", [result(), path("path"), mode("mode", 1), number("dev", 2)], aboutPath),
  row(
    "mknodat",
    [result(), directory("dirfd", 0), path("path"), mode("mode", 2), number("dev", 3)],
    aboutPath,
  ),
  row("utimensat", [result(), directory("dirfd", 0), path("path"), number("flags", 3)], aboutPath),

  row("init_module", [result(), number("length", 1), text("uargs", "text")]),
  row("finit_module", [result(), descriptor(), text("uargs", "text"), flags("flags", 2, names.moduleNames)], {
    descriptor: given,
  }),
  row("delete_module", [result(), text("name", "text"), flags("flags", 1, names.deleteModuleNames)]),
  row("kexec_load", [result(), number("segments", 1), number("flags", 3)]),
  row("bpf", [descriptor(), choice("cmd", 0, names.bpfNames), result("res_or_fd"), number("type", 1)], {
    descriptor: (event) => ({ ...returned(event), letter: "b" }),
  }),
  row("perf_event_open", [descriptor(), number("type", 0), signed("pid", 1), signed("cpu", 2)], {
    descriptor: returned,
  }),
  row("memfd_create", [descriptor(), text("name", "text"), flags("flags", 1, names.memfdNames)], {
    descriptor: (event) => ({ ...returned(event), letter: "m", name: event.record.text(wireTags.text) }),
  }),
  row("io_uring_setup", [descriptor("res"), number("entries", 0)], {
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
    signed("fd_out", 2),
    number("size", 4),
    flags("flags", 5, names.spliceNames),
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
