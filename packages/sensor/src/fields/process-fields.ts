import { descriptorTypes } from "../events/descriptor-types.ts";
import type { SensorEvent } from "../events/sensor-event.ts";
import { baseName } from "../tables/lexical-path.ts";
import type { TrackedProcess } from "../tables/tracked-process.ts";
import { exeFlags } from "../wire/wire-format.ts";
import {
  type FieldRow,
  type FieldTable,
  indexOf,
  numeric,
  type Read,
  several,
  text,
  truth,
} from "./field-row.ts";

/** How far up a chain of ancestors is looked. */
const MAX_ANCESTORS = 64;

/** `proc.*`. */
export const processFields: FieldTable = {
  "proc.name": text("the kernel's name of the process, at most 15 bytes", ({ process }) =>
    known(process.name),
  ),
  "proc.pname": text("name of the parent", ({ process }) => known(process.parent?.name)),
  "proc.exe": text("first argument of the command line", ({ process }) => known(process.exe)),
  "proc.pexe": text("first argument of the parent's command line", ({ process }) =>
    known(process.parent?.exe),
  ),
  "proc.exepath": text("path of the file that runs", ({ process }) => known(process.exePath)),
  "proc.pexepath": text("path of the file that the parent runs", ({ process }) =>
    known(process.parent?.exePath),
  ),
  "proc.args": argumentsRow("arguments, the first left out", ({ process }) => process),
  "proc.cmdline": text("name and arguments", ({ process }) => known(process.commandLine)),
  "proc.pcmdline": text("name and arguments of the parent", ({ process }) =>
    known(process.parent?.commandLine),
  ),
  "proc.exeline": text("first argument and arguments", ({ process }) => known(exeLine(process))),
  "proc.cmdnargs": numeric("how many arguments there are", ({ process }) => process.args.length),
  "proc.cmdlenargs": numeric("how many characters the arguments have", ({ process }) =>
    process.args.reduce((sum, argument) => sum + argument.length, 0),
  ),
  "proc.env": environmentRow(),
  "proc.cwd": text("current directory, with a slash at its end", ({ process }) => directoryText(process.cwd)),
  "proc.tty": numeric(
    "number of the controlling terminal, 0 where there is none",
    ({ process }) => process.facts.tty,
  ),
  "proc.pid": numeric("number of the process on the host", ({ process }) => process.pid),
  "proc.ppid": numeric("number of the parent on the host", ({ record }) => record.ppid),
  "proc.vpid": numeric("number of the process in its namespace", ({ process }) => process.vpid),
  "proc.pvpid": numeric("number of the parent in its namespace", ({ process }) => process.parent?.vpid),
  "proc.sid": numeric("session, in its namespace", ({ process }) => process.facts.vsid),
  "proc.sname": text("name of the leader of the session", (event) => known(sessionLeader(event)?.name)),
  "proc.sid.exe": text("first argument of the leader of the session", (event) =>
    known(sessionLeader(event)?.exe),
  ),
  "proc.sid.exepath": text("path of the leader of the session", (event) =>
    known(sessionLeader(event)?.exePath),
  ),
  "proc.pgid": numeric("process group on the host", ({ process }) => process.facts.pgid),
  "proc.vpgid": numeric("process group in its namespace", ({ process }) => process.facts.vpgid),
  "proc.vpgid.name": text("name of the leader of the process group", (event) =>
    known(groupLeader(event)?.name),
  ),
  "proc.vpgid.exe": text("first argument of the leader of the group", (event) =>
    known(groupLeader(event)?.exe),
  ),
  "proc.vpgid.exepath": text("path of the leader of the group", (event) =>
    known(groupLeader(event)?.exePath),
  ),
  "proc.pgid.name": text("name of the leader of the process group", (event) =>
    known(groupLeader(event)?.name),
  ),
  "proc.pgid.exe": text("first argument of the leader of the group", (event) =>
    known(groupLeader(event)?.exe),
  ),
  "proc.pgid.exepath": text("path of the leader of the group", (event) => known(groupLeader(event)?.exePath)),
  "proc.is_sid_leader": truth(
    "whether it leads its session",
    ({ process }) => process.facts.vsid === process.vpid,
  ),
  "proc.is_vpgid_leader": truth(
    "whether it leads its group",
    ({ process }) => process.facts.vpgid === process.vpid,
  ),
  "proc.is_pgid_leader": truth(
    "whether it leads its group",
    ({ process }) => process.facts.pgid === process.pid,
  ),
  "proc.loginshellid": numeric("number of the outermost shell above it", loginShell),
  "proc.duration": numeric("nanoseconds since the process began", (event) =>
    durationNs(event, event.process),
  ),
  "proc.ppid.duration": numeric("nanoseconds since the parent began", (event) =>
    event.process.parent === undefined ? undefined : durationNs(event, event.process.parent),
  ),
  "proc.pid.ts": numeric("start in nanoseconds since 1970", ({ process }) =>
    Math.round(process.startedAt * 1e6),
  ),
  "proc.ppid.ts": numeric("start of the parent in nanoseconds since 1970", ({ process }) =>
    process.parent === undefined ? undefined : Math.round(process.parent.startedAt * 1e6),
  ),
  "proc.is_exe_writable": exeTruth("whether its user can write to the file", "writable"),
  "proc.is_exe_upper_layer": exeTruth("whether the file is not from the image", "upper"),
  "proc.is_exe_lower_layer": truth(
    "whether the file is from the image",
    ({ process: { facts } }) =>
      (facts.exeFlags & exeFlags.overlay) !== 0 && (facts.exeFlags & exeFlags.upper) === 0,
  ),
  "proc.is_exe_from_memfd": exeTruth("whether the file is in memory only", "memfd"),
  "proc.exe_ino": numeric("inode of the file", ({ process }) => process.facts.exeInode),
  "proc.exe_ino.ctime": numeric("last change of the file's inode, nanoseconds since 1970", ({ process }) =>
    positive(process.facts.exeCtimeNs),
  ),
  "proc.exe_ino.mtime": numeric("last change of the file's content, nanoseconds since 1970", ({ process }) =>
    positive(process.facts.exeMtimeNs),
  ),
  "proc.exe_ino.ctime_duration_proc_start": numeric(
    "nanoseconds from the last change of the inode to the execution",
    ({ process, context }) =>
      process.facts.exeCtimeNs === 0
        ? undefined
        : Math.round(context.clock.wallMs(process.image.sinceNs) * 1e6) - process.facts.exeCtimeNs,
  ),
  "proc.is_container_healthcheck": truth("whether the engine runs it as the health check", isHealthCheck),
  "proc.is_container_liveness_probe": truth("false: no orchestrator is asked", () => false),
  "proc.is_container_readiness_probe": truth("false: no orchestrator is asked", () => false),
  "proc.stdin.type": text("kind of descriptor 0", ({ process }) => standardType(process, 0)),
  "proc.stdout.type": text("kind of descriptor 1", ({ process }) => standardType(process, 1)),
  "proc.stderr.type": text("kind of descriptor 2", ({ process }) => standardType(process, 2)),
  "proc.aname": ancestorRow("name of an ancestor", "string", (process) => known(process.name)),
  "proc.aexe": ancestorRow("first argument of an ancestor", "string", (process) => known(process.exe)),
  "proc.aexepath": ancestorRow("path of the file that an ancestor runs", "string", (process) =>
    known(process.exePath),
  ),
  "proc.acmdline": ancestorRow("name and arguments of an ancestor", "string", (process) =>
    known(process.commandLine),
  ),
  "proc.aargs": ancestorRow("arguments of an ancestor", "string", (process) => process.args.join(" ")),
  "proc.apid": ancestorRow("number of an ancestor", "number", (process) => process.pid),
  "proc.aenv": ancestorRow(
    "environment of an ancestor",
    "string",
    (process) => process.image.environment?.line,
  ),
};

/** An empty text stands for what is not known. */
function known(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function positive(value: number): number | undefined {
  return value > 0 ? value : undefined;
}

function exeLine({ exe, args }: TrackedProcess): string {
  return [exe, ...args].join(" ");
}

function directoryText(cwd: string): string | undefined {
  if (cwd === "") return undefined;
  return cwd.endsWith("/") ? cwd : `${cwd}/`;
}

function exeTruth(meaning: string, flag: keyof typeof exeFlags): FieldRow {
  const bit = exeFlags[flag];
  return truth(meaning, ({ process }) => (process.facts.exeFlags & bit) !== 0);
}

function durationNs({ record }: SensorEvent, process: TrackedProcess): number {
  return Math.max(record.timeNs - process.facts.startNs, 0);
}

function argumentsRow(meaning: string, of: (event: SensorEvent) => TrackedProcess): FieldRow {
  return {
    ...text(meaning, (event) => of(event).args.join(" ")),
    readWith: (argument) => {
      const index = indexOf(argument);
      return index === undefined ? undefined : (event) => of(event).args[index];
    },
  };
}

function environmentRow(): FieldRow {
  return {
    ...text(
      "the environment; with a name, that variable's value",
      ({ process }) => process.image.environment?.line,
    ),
    readWith: (name) => (event) => event.process.image.environment?.value(name),
  };
}

/** Without an index any ancestor, the process itself left out; 0 is the process, 1 its parent. */
export function ancestorRow(
  meaning: string,
  type: "string" | "number",
  read: (process: TrackedProcess) => string | number | undefined,
): FieldRow {
  return {
    ...several(type, meaning, ({ process }) => ancestorValues(process, read)),
    readWith: (argument) => ancestorReader(argument, read),
  };
}

function ancestorReader(
  argument: string,
  read: (process: TrackedProcess) => string | number | undefined,
): Read | undefined {
  const index = indexOf(argument);
  if (index !== undefined) {
    return ({ process }) => {
      const found = ancestor(process, index);
      return found === undefined ? undefined : read(found);
    };
  }
  return undefined;
}

function ancestor(process: TrackedProcess, index: number): TrackedProcess | undefined {
  let found: TrackedProcess | undefined = process;
  for (let left = Math.min(index, MAX_ANCESTORS); left > 0 && found !== undefined; left--)
    found = found.parent;
  return found;
}

function ancestorValues(
  process: TrackedProcess,
  read: (process: TrackedProcess) => string | number | undefined,
): readonly (string | number)[] | undefined {
  const values: (string | number)[] = [];
  let found = process.parent;
  for (let left = MAX_ANCESTORS; left > 0 && found !== undefined; left--) {
    const value = read(found);
    if (value !== undefined) values.push(value);
    found = found.parent;
  }
  return values.length === 0 ? undefined : values;
}

function sessionLeader(event: SensorEvent): TrackedProcess | undefined {
  return leader(event, event.process.facts.sid);
}

function groupLeader(event: SensorEvent): TrackedProcess | undefined {
  return leader(event, event.process.facts.pgid);
}

/** The process itself, or another one as long as it lives. */
function leader({ process, context }: SensorEvent, pid: number): TrackedProcess | undefined {
  return process.pid === pid ? process : context.processes.get(pid);
}

const shells: ReadonlySet<string> = new Set([
  "sh",
  "bash",
  "csh",
  "zsh",
  "ksh",
  "dash",
  "ash",
  "fish",
  "tcsh",
]);

function loginShell({ process }: SensorEvent): number | undefined {
  let outermost: number | undefined;
  let found: TrackedProcess | undefined = process;
  for (let left = MAX_ANCESTORS; left > 0 && found !== undefined; left--) {
    if (shells.has(baseName(found.name))) outermost = found.pid;
    found = found.parent;
  }
  return outermost;
}

/** A health check is executed into the container by the engine: its parent is outside. */
function isHealthCheck({ process, container }: SensorEvent): boolean {
  const check = container?.healthCheck;
  if (check === undefined || check === "") return false;
  const line = exeLine(process);
  return line === check || line.endsWith(` -c ${check}`);
}

function standardType({ link }: TrackedProcess, number: 0 | 1 | 2): string | undefined {
  const letter = link.standard[number];
  return letter === undefined ? undefined : typeOfLetter(letter);
}

function typeOfLetter(letter: string): string | undefined {
  return new Map<string, string>(Object.entries(descriptorTypes)).get(letter);
}
