import { readFile } from "../wire/structures.ts";
import { fileFlags, wireTags } from "../wire/wire-format.ts";
import { groupNameOf, userNameOf } from "./account-of-event.ts";
import { errorName } from "./error-names.ts";
import { meantPath } from "./event-path.ts";
import {
  capabilityText,
  flagText,
  modeNames,
  type NameTable,
  openFlagText,
  signalText,
  valueText,
} from "./flag-names.ts";
import type { ReadableEvent } from "./readable-event.ts";

/** One argument of a call, by the name that the rule language gives it. */
export interface ArgumentRow {
  readonly name: string;
  /** As the process gave it; undefined where the record does not tell. */
  raw(event: ReadableEvent): string | number | undefined;
  /** What is written for it, where that is not the same: `O_CREAT|O_WRONLY` for a number. */
  text(event: ReadableEvent): string | undefined;
}

type Slot = 0 | 1 | 2 | 3 | 4 | 5;

const nothing = () => undefined;

function slotTag(slot: Slot): number {
  return wireTags.number0 + slot;
}

/** What the call returned; the name of the error where it failed. */
export function result(name = "res"): ArgumentRow {
  return {
    name,
    raw: ({ record }) => record.result,
    text: ({ record }) => (record.result < 0 ? errorName(record.result) : undefined),
  };
}

/** The descriptor that the event is about, with its name: `<f>/etc/passwd`. */
export function descriptor(name = "fd"): ArgumentRow {
  return {
    name,
    raw: (event) => event.descriptor?.number,
    text: (event) => {
      const found = event.descriptor;
      if (found === undefined) return undefined;
      if (event.record.result < 0 && event.row.opens === true) return errorName(event.record.result);
      return `<${found.letter}>${found.name ?? ""}`;
    },
  };
}

export function number(name: string, slot: Slot, base: "decimal" | "octal" = "decimal"): ArgumentRow {
  const tag = slotTag(slot);
  if (base === "decimal") return { name, raw: ({ record }) => record.number(tag), text: nothing };
  return { name, raw: ({ record }) => octalText(record.number(tag)), text: nothing };
}

function octalText(value: number | undefined): string | undefined {
  return value === undefined ? undefined : value === 0 ? "0" : `0${value.toString(8)}`;
}

/** A number with a sign: a descriptor, a user of -1. */
export function signed(name: string, slot: Slot): ArgumentRow {
  const tag = slotTag(slot);
  return { name, raw: ({ record }) => record.int(tag), text: nothing };
}

/** A user by name, where the container's own accounts, or the host's, have one. */
export function user(name: string, slot: Slot): ArgumentRow {
  return {
    ...signed(name, slot),
    text: (event) => {
      const uid = event.record.int(slotTag(slot));
      return uid === undefined ? undefined : userNameOf(event, uid);
    },
  };
}

export function group(name: string, slot: Slot): ArgumentRow {
  return {
    ...signed(name, slot),
    text: (event) => {
      const gid = event.record.int(slotTag(slot));
      return gid === undefined ? undefined : groupNameOf(event, gid);
    },
  };
}

/** The descriptor of a directory; AT_FDCWD is the process's own. */
export function directory(name: string, slot: Slot): ArgumentRow {
  const tag = slotTag(slot);
  return {
    name,
    raw: ({ record }) => record.int(tag),
    text: ({ record }) => (record.int(tag) === AT_FDCWD ? "AT_FDCWD" : undefined),
  };
}

const AT_FDCWD = -100;

export function flags(name: string, slot: Slot, table: NameTable): ArgumentRow {
  return named(name, slot, (value) => flagText(value, table));
}

/** One of several values. `mask` are the bits that belong to it. */
export function choice(name: string, slot: Slot, table: NameTable, mask = 0xffff_ffff): ArgumentRow {
  return named(name, slot, (value) => valueText((value & mask) >>> 0, table));
}

export function mode(name: string, slot: Slot): ArgumentRow {
  return named(name, slot, (value) => flagText(value & 0o7777, modeNames));
}

export function signal(name: string, slot: Slot): ArgumentRow {
  return named(name, slot, signalText);
}

export function capabilities(name: string, slot: Slot): ArgumentRow {
  const tag = slotTag(slot);
  return {
    name,
    raw: ({ record }) => record.number(tag),
    text: ({ record }) => {
      const value = record.bigint(tag);
      return value === undefined ? undefined : capabilityText(value);
    },
  };
}

function named(name: string, slot: Slot, say: (value: number) => string | undefined): ArgumentRow {
  const tag = slotTag(slot);
  return {
    name,
    raw: ({ record }) => record.number(tag),
    text: ({ record }) => {
      const value = record.number(tag);
      return value === undefined ? undefined : say(value);
    },
  };
}

/** Flags of open(2), out of what the record tells of the file. */
export function openFlags(name = "flags"): ArgumentRow {
  return {
    name,
    raw: (event) => event.openFlags,
    text: (event) => {
      const value = event.openFlags;
      if (value === undefined) return undefined;
      const file = readFile(event.record);
      return openFlagText(value, ((file?.fileFlags ?? 0) & fileFlags.created) !== 0);
    },
  };
}

export function inode(name = "ino"): ArgumentRow {
  return { name, raw: ({ record }) => readFile(record)?.inode, text: nothing };
}

export function device(name = "dev"): ArgumentRow {
  return { name, raw: ({ record }) => readFile(record)?.device, text: nothing };
}

/** A path; the text is what it means to the process, without following links. */
export function path(name: string, place: "first" | "second" = "first"): ArgumentRow {
  const tag = place === "first" ? wireTags.path : wireTags.path2;
  const from = place === "first" ? wireTags.directory : wireTags.directory2;
  return {
    name,
    raw: ({ record }) => record.text(tag),
    text: (event) => (place === "first" ? event.path : meantPath(event, event.record.text(tag), from)),
  };
}

/** Text that is no path, or is not to be taken as one: what a link points at. */
export function text(name: string, tag: keyof typeof wireTags): ArgumentRow {
  const number = wireTags[tag];
  return { name, raw: ({ record }) => record.text(number), text: nothing };
}

/** The first bytes of what was sent. What cannot be printed is a point. */
export function data(name = "data"): ArgumentRow {
  return {
    name,
    raw: ({ record }) =>
      record
        .bytes(wireTags.data)
        ?.toString("latin1")
        .replaceAll(/[^ -~]/gu, "."),
    text: nothing,
  };
}

/** Both ends of a connection. */
export function tuple(name = "tuple"): ArgumentRow {
  return { name, raw: (event) => event.descriptor?.name, text: nothing };
}

/** Something of the process, not of the call. */
export function ofProcess(
  name: string,
  read: (event: ReadableEvent) => string | number | undefined,
  say: (event: ReadableEvent) => string | undefined = nothing,
): ArgumentRow {
  return { name, raw: read, text: say };
}
