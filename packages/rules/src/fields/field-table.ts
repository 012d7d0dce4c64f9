import type { FieldType } from "@pratique/core";

/** What a field compares as. The type of `any` fields depends on the argument of the call that they name. */
export type KnownType = FieldType | "any";

/** What may stand in brackets after a name: nothing, a number, a name, or either. */
export type ArgumentKind = "none" | "index" | "key" | "index-or-key";

/**
 * How many values a field has. `list`: compared as a whole. `any`: a check holds when it holds for one of them, as
 * for ancestors. `ends`: both ends of a connection, of which `=` asks for one and `!=` for both.
 */
export type Multiplicity = "one" | "list" | "any" | "ends";

export interface KnownField {
  readonly name: string;
  readonly type: KnownType;
  readonly argument: ArgumentKind;
  readonly isArgumentRequired: boolean;
  /** Whether the argument may follow a dot: `evt.arg.flags`. */
  readonly isDotted: boolean;
  readonly multiplicity: Multiplicity;
}

function tableRows(): readonly KnownField[] {
  const types = [
    ["string", strings],
    ["number", numbers],
    ["boolean", booleans],
    ["bytes", "evt.buffer"],
    ["address", "fd.ip fd.cip fd.sip fd.lip fd.rip"],
    ["network", "fd.net fd.cnet fd.snet fd.lnet fd.rnet"],
    ["any", "evt.rawarg"],
  ] as const;
  return types.flatMap(([type, names]) =>
    names
      .split(/\s+/u)
      .filter((name) => name !== "")
      .map((name) => knownField(name, type)),
  );
}

function knownField(name: string, type: KnownType): KnownField {
  const [argument, ...options] = withArgument.get(name) ?? withoutArgument;
  return {
    name,
    type,
    argument,
    isArgumentRequired: options.includes("required"),
    isDotted: options.includes("dotted"),
    multiplicity: multiplicities.get(name) ?? "one",
  };
}

type ArgumentOption = "required" | "dotted";

type ArgumentRow = readonly [ArgumentKind, ...ArgumentOption[]];

const withoutArgument: ArgumentRow = ["none"];
const withArgument = new Map<string, ArgumentRow>([
  ["evt.arg", ["index-or-key", "required", "dotted"]],
  ["evt.rawarg", ["key", "required", "dotted"]],
  ["evt.type.is", ["key", "required", "dotted"]],
  ["evt.around", ["index", "required"]],
  ["evt.abspath", ["key", "dotted"]],
  ["proc.args", ["index"]],
  ["proc.env", ["key"]],
  ["proc.aenv", ["index-or-key"]],
  ["proc.aname", ["index"]],
  ["proc.aexe", ["index"]],
  ["proc.aexepath", ["index"]],
  ["proc.acmdline", ["index"]],
  ["proc.aargs", ["index"]],
  ["proc.apid", ["index"]],
  ["pratique.image.aexepath", ["index"]],
  ["thread.cgroup", ["key", "required", "dotted"]],
  ["container.mount", ["index-or-key", "required"]],
  ["container.mount.source", ["index-or-key", "required"]],
  ["container.mount.dest", ["index-or-key", "required"]],
  ["container.mount.mode", ["index-or-key", "required"]],
  ["container.mount.rdwr", ["index-or-key", "required"]],
  ["container.mount.propagation", ["index-or-key", "required"]],
  ["container.label", ["key", "required", "dotted"]],
  ["k8s.pod.label", ["key", "required", "dotted"]],
  ["k8s.ns.label", ["key", "required", "dotted"]],
  ["k8s.rc.label", ["key", "required", "dotted"]],
  ["k8s.rs.label", ["key", "required", "dotted"]],
  ["k8s.svc.label", ["key", "required", "dotted"]],
  ["k8s.deployment.label", ["key", "required", "dotted"]],
  ["fd.types", ["index"]],
]);

const multiplicities: ReadonlyMap<string, Multiplicity> = new Map([
  ["fd.ip", "ends"],
  ["fd.net", "ends"],
  ["fd.port", "ends"],
  ["fd.proto", "ends"],
  ["fd.types", "list"],
  ["proc.aname", "any"],
  ["proc.aexe", "any"],
  ["proc.aexepath", "any"],
  ["proc.acmdline", "any"],
  ["proc.aargs", "any"],
  ["proc.aenv", "any"],
  ["proc.apid", "any"],
  ["pratique.image.aexepath", "any"],
]);

const strings = `
  evt.time evt.time.s evt.time.iso8601 evt.datetime evt.datetime.s evt.pluginname evt.plugininfo evt.source
  evt.asynctype evt.hostname evt.latency.human evt.dir evt.type syscall.type evt.category evt.args evt.arg evt.info
  evt.res evt.io_dir evt.abspath

  proc.exe proc.pexe proc.aexe proc.exepath proc.pexepath proc.aexepath proc.name proc.pname proc.aname proc.args
  proc.aargs proc.cmdline proc.pcmdline proc.acmdline proc.exeline proc.env proc.aenv proc.cwd proc.sname
  proc.sid.exe proc.sid.exepath proc.vpgid.name proc.vpgid.exe proc.vpgid.exepath proc.pgid.name proc.pgid.exe
  proc.pgid.exepath proc.stdin.type proc.stdout.type proc.stderr.type proc.stdin.name proc.stdout.name
  proc.stderr.name thread.cap_permitted thread.cap_inheritable thread.cap_effective thread.cgroups thread.cgroup

  fd.type fd.typechar fd.name fd.directory fd.filename fd.l4proto fd.sockfamily fd.uid fd.containername
  fd.containerdirectory fd.proto fd.cproto fd.sproto fd.lproto fd.rproto fd.cip.name fd.sip.name fd.lip.name
  fd.rip.name fd.nameraw fd.types
  fs.path.name fs.path.nameraw fs.path.source fs.path.sourceraw fs.path.target fs.path.targetraw
  fdlist.nums fdlist.names fdlist.cips fdlist.sips fdlist.cports fdlist.sports

  user.name user.homedir user.shell user.loginname group.name

  container.id container.full_id container.name container.image container.image.id container.type container.mounts
  container.mount container.mount.source container.mount.dest container.mount.mode container.mount.rdwr
  container.mount.propagation container.image.repository container.image.tag container.image.digest
  container.healthcheck container.liveness_probe container.readiness_probe container.ip container.cni.json
  container.label container.labels

  k8s.pod.name k8s.ns.name k8s.pod.id k8s.pod.uid k8s.pod.sandbox_id k8s.pod.full_sandbox_id k8s.pod.label
  k8s.pod.labels k8s.pod.ip k8s.pod.cni.json k8s.rc.name k8s.rc.id k8s.rc.label k8s.rc.labels k8s.svc.name k8s.svc.id
  k8s.svc.label k8s.svc.labels k8s.ns.id k8s.ns.label k8s.ns.labels k8s.rs.name k8s.rs.id k8s.rs.label k8s.rs.labels
  k8s.deployment.name k8s.deployment.id k8s.deployment.label k8s.deployment.labels

  pratique.fd.resolved pratique.fd.kind pratique.script.path pratique.target.exepath pratique.image.aexepath

`;

const numbers = `
  evt.num evt.rawtime evt.rawtime.s evt.rawtime.ns evt.reltime evt.reltime.s evt.reltime.ns evt.latency
  evt.latency.s evt.latency.ns evt.deltatime evt.deltatime.s evt.deltatime.ns evt.type.is evt.cpu evt.buflen
  evt.rawres evt.wait_latency evt.count evt.count.error evt.count.error.file evt.count.error.net
  evt.count.error.memory evt.count.error.other evt.count.exit evt.around

  proc.cmdnargs proc.cmdlenargs proc.loginshellid proc.tty proc.pid proc.ppid proc.apid proc.vpid proc.pvpid proc.sid
  proc.vpgid proc.pgid proc.duration proc.ppid.duration proc.pid.ts proc.ppid.ts proc.exe_ino proc.exe_ino.ctime
  proc.exe_ino.mtime proc.exe_ino.ctime_duration_proc_start proc.exe_ino.ctime_duration_pidns_start
  proc.pidns_init_start_ts proc.fdopencount proc.fdlimit proc.fdusage proc.vmsize proc.vmrss proc.vmswap
  proc.nthreads proc.nchilds thread.pfmajor thread.pfminor thread.tid thread.vtid thread.exectime
  thread.totexectime thread.cpu thread.cpu.user thread.cpu.system thread.vmsize thread.vmrss

  fd.num fd.port fd.cport fd.sport fd.lport fd.rport fd.dev fd.dev.major fd.dev.minor fd.ino

  user.uid user.loginuid group.gid container.start_ts container.duration

  pratique.uid.before
`;

const booleans = `
  evt.is_async evt.failed evt.is_io evt.is_io_read evt.is_io_write evt.is_wait evt.is_syslog evt.is_open_read
  evt.is_open_write evt.is_open_exec evt.is_open_create

  proc.is_exe_writable proc.is_exe_upper_layer proc.is_exe_lower_layer proc.is_exe_from_memfd proc.is_sid_leader
  proc.is_vpgid_leader proc.is_pgid_leader thread.ismain proc.is_container_healthcheck
  proc.is_container_liveness_probe proc.is_container_readiness_probe

  fd.is_server fd.connected fd.name_changed fd.is_upper_layer fd.is_lower_layer

  container.privileged container.host_pid container.host_network container.host_ipc

  pratique.exe.unlinked pratique.exe.tmpfs pratique.exe.mounted pratique.exe.setuid
  pratique.parent.dropped
`;

/**
 * The fields of Falco for system calls and containers, those that it had and that rules may still name, and below
 * `pratique.` our own.
 */
export const knownFields: ReadonlyMap<string, KnownField> = new Map(
  tableRows().map((row) => [row.name, row]),
);
