import { exeFlags } from "../wire/wire-format.ts";
import { type ArgumentRow, ofProcess, result, text } from "./argument-rows.ts";
import { capabilityText, exeFlagNames, flagText } from "./flag-names.ts";
import type { ReadableEvent } from "./readable-event.ts";

const LOWER_LAYER = 1 << 30;

/** What execve(2) and clone(2) have in common: the process as it is afterwards. */
export const executionArguments: readonly ArgumentRow[] = [
  result(),
  ofProcess("exe", ({ process }) => process.exe),
  ofProcess("args", ({ process }) => process.args.join(" ")),
  ofProcess("tid", ({ record }) => record.tid),
  ofProcess("pid", ({ record }) => record.pid),
  ofProcess("ptid", ({ record }) => record.ppid),
  ofProcess("cwd", ({ process }) => process.cwd),
  ofProcess("comm", ({ process }) => process.name),
  ofProcess("env", ({ process }) => process.image.environment?.line),
  ofProcess("tty", ({ process }) => process.facts.tty),
  ofProcess("vpgid", ({ process }) => process.facts.vpgid),
  ofProcess("loginuid", ({ process }) => process.facts.loginuid),
  ofProcess("flags", exeFlagBits, (event) => flagText(exeFlagBits(event), exeFlagNames)),
  capability("cap_inheritable", ({ process }) => process.facts.capInheritable),
  capability("cap_permitted", ({ process }) => process.facts.capPermitted),
  capability("cap_effective", ({ process }) => process.facts.capEffective),
  ofProcess("exe_ino", ({ process }) => process.facts.exeInode),
  ofProcess("uid", ({ process }) => process.uid),
  ofProcess("gid", ({ process }) => process.facts.egid),
  ofProcess("pgid", ({ process }) => process.facts.pgid),
  ofProcess("trusted_exepath", ({ process }) => process.exePath),
  text("filename", "filename"),
  text("interpreter", "interpreter"),
];

function exeFlagBits({ process }: ReadableEvent): number {
  const bits = process.facts.exeFlags;
  const isLower = (bits & exeFlags.overlay) !== 0 && (bits & exeFlags.upper) === 0;
  return (bits & (exeFlags.writable | exeFlags.upper | exeFlags.memfd)) | (isLower ? LOWER_LAYER : 0);
}

function capability(name: string, read: (event: ReadableEvent) => bigint): ArgumentRow {
  return ofProcess(
    name,
    (event) => `0x${read(event).toString(16)}`,
    (event) => capabilityText(read(event)),
  );
}
