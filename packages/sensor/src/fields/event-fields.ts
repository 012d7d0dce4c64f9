import type { ArgumentRow } from "../events/argument-rows.ts";
import { errorName } from "../events/error-names.ts";
import { opensForReading, opensForWriting } from "../events/flag-names.ts";
import type { SensorEvent } from "../events/sensor-event.ts";
import { readFile } from "../wire/structures.ts";
import { fileFlags, wireTags } from "../wire/wire-format.ts";
import { chosen, type FieldTable, indexOf, numeric, one, type Read, text, truth } from "./field-row.ts";

const ANY_EXECUTE = 0o111;

/** `evt.*`. */
export const eventFields: FieldTable = {
  "evt.num": numeric("number of the event since the sensor began", ({ number }) => number),
  "evt.time": text("time of day, in UTC, with nanoseconds", (event) => clockText(event, true)),
  "evt.time.s": text("time of day, in UTC", (event) => clockText(event, false)),
  "evt.time.iso8601": text("date and time", (event) => isoText(event)),
  "evt.datetime": text("date and time", (event) => isoText(event).replace("T", " ").replace("Z", "")),
  "evt.datetime.s": text("date and time, in seconds", (event) =>
    isoText(event).slice(0, 19).replace("T", " "),
  ),
  "evt.rawtime": numeric("nanoseconds since 1970", (event) => Math.round(event.time * 1e6)),
  "evt.rawtime.s": numeric("seconds since 1970", (event) => Math.floor(event.time / 1000)),
  "evt.rawtime.ns": numeric("nanoseconds of the second", (event) => Math.floor((event.time % 1000) * 1e6)),
  "evt.source": text("always `syscall`", () => "syscall"),
  "evt.is_async": truth("false: no event comes from elsewhere", () => false),
  "evt.hostname": text("name of the host", ({ context }) => context.hostName),
  "evt.dir": text("always `<`: events are told when the call has returned", () => "<"),
  "evt.type": text("name of the event", ({ type }) => type),
  "evt.type.is": chosen("number", "1 where the event has this name, else 0", (name) => {
    return ({ type }) => (type === name ? 1 : 0);
  }),
  "syscall.type": text("name of the system call; absent where it is none", ({ type, row }) =>
    row.hasResult ? type : undefined,
  ),
  "evt.category": text("`file`, `net`, `process` or `other`", categoryOf),
  "evt.cpu": numeric("number of the processor", ({ record }) => record.cpu),
  "evt.args": text("all arguments, `name=value`", argumentsText),
  "evt.info": text("all arguments, `name=value`", argumentsText),
  "evt.arg": chosen("string", "an argument, by its name or number, as it is written", readArgument),
  "evt.rawarg": chosen("string", "an argument as the process gave it", readRawArgument),
  "evt.abspath": text("absolute path of the first path of the call", ({ path }) => path),
  "evt.buffer": one("bytes", "the first bytes that were sent or received", ({ record }) =>
    record.bytes(wireTags.data),
  ),
  "evt.buflen": numeric("how many bytes were sent or received", ({ record, result }) =>
    record.has(wireTags.data) ? Math.max(result ?? 0, 0) : undefined,
  ),
  "evt.res": text("`SUCCESS`, or the name of the error", ({ result }) =>
    result === undefined ? undefined : result < 0 ? errorName(result) : "SUCCESS",
  ),
  "evt.rawres": numeric("what the call returned", ({ result }) => result),
  "evt.failed": truth("whether the call failed", ({ result }) =>
    result === undefined ? undefined : result < 0,
  ),
  "evt.count": numeric("always 1", () => 1),
  "evt.count.error": numeric("1 where the call failed", ({ result }) =>
    result !== undefined && result < 0 ? 1 : 0,
  ),
  "evt.is_io": truth("whether the event sends or receives", ({ row, type }) => row.receives || sends(type)),
  "evt.is_io_read": truth("whether the event receives", ({ row }) => row.receives),
  "evt.is_io_write": truth("whether the event sends", ({ type }) => sends(type)),
  "evt.io_dir": text("`read` or `write`", ({ row, type }) =>
    row.receives ? "read" : sends(type) ? "write" : undefined,
  ),
  "evt.is_open_read": truth("whether a file is opened for reading", ({ openFlags }) =>
    openFlags === undefined ? undefined : opensForReading(openFlags),
  ),
  "evt.is_open_write": truth("whether a file is opened for writing", ({ openFlags }) =>
    openFlags === undefined ? undefined : opensForWriting(openFlags),
  ),
  "evt.is_open_exec": truth("whether a file is created that can be executed", opensExecutable),
  "evt.is_open_create": truth("whether a file is created", ({ openFlags, record }) =>
    openFlags === undefined ? undefined : ((readFile(record)?.fileFlags ?? 0) & fileFlags.created) !== 0,
  ),
};

function readArgument(argument: string): Read {
  const index = indexOf(argument);
  if (index === undefined) return (event) => event.argument(argument);
  return (event) => {
    const row = event.row.arguments[index];
    return row === undefined ? undefined : event.argument(row.name);
  };
}

function readRawArgument(argument: string): Read {
  return (event) => {
    const raw = event.row.byName.get(argument)?.raw(event);
    return raw === undefined ? undefined : String(raw);
  };
}

function argumentsText(event: SensorEvent): string {
  const parts: string[] = [];
  for (const row of event.row.arguments) {
    const part = argumentText(event, row);
    if (part !== undefined) parts.push(`${row.name}=${part}`);
  }
  return parts.join(" ");
}

function argumentText(event: SensorEvent, row: ArgumentRow): string | undefined {
  const raw = row.raw(event);
  if (raw === undefined) return undefined;
  const said = row.text(event);
  if (said === undefined || said === String(raw)) return String(raw);
  return `${raw}(${said})`;
}

function opensExecutable({ openFlags, record }: SensorEvent): boolean | undefined {
  if (openFlags === undefined) return undefined;
  const mode = record.number(wireTags.number1) ?? 0;
  return (mode & ANY_EXECUTE) !== 0 && (openFlags & (O_CREAT | O_TMPFILE)) !== 0;
}

const O_CREAT = 0o100;
const O_TMPFILE = 0o20000000;

function sends(type: string): boolean {
  return type === "sendto" || type === "sendmsg" || type === "sendmmsg";
}

function categoryOf({ type, row, openFlags }: SensorEvent): string {
  if (openFlags !== undefined || row.paths !== undefined) return "file";
  if (row.receives || row.isServer || sends(type) || type === "connect" || type === "socket") return "net";
  return row.byName.has("exe") || type === "procexit" ? "process" : "other";
}

/** Dates hold whole milliseconds; the rest is written by hand. */
function isoText(event: SensorEvent): string {
  const whole = Math.floor(event.time);
  const rest = Math.floor((event.time - whole) * 1e6);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(rest).padStart(6, "0")}Z`;
}

function clockText(event: SensorEvent, withFraction: boolean): string {
  const iso = isoText(event);
  return withFraction ? iso.slice(11, -1) : iso.slice(11, 19);
}
