import { meantPath } from "../events/event-path.ts";
import type { SensorEvent } from "../events/sensor-event.ts";
import type { TrackedProcess } from "../tables/tracked-process.ts";
import { readFile } from "../wire/structures.ts";
import { exeFlags, wireTags } from "../wire/wire-format.ts";
import { type FieldRow, type FieldTable, numeric, text, truth } from "./field-row.ts";
import { ancestorRow } from "./process-fields.ts";

/** `pratique.*`: what Falco has no field for. */
export const pratiqueFields: FieldTable = {
  "pratique.fd.resolved": text(
    "the file that is opened, as the kernel resolved its path; of a Unix socket that is connected to, the name that it was made by",
    (event) => event.resolvedPath,
  ),
  "pratique.fd.kind": text(
    "kind of the file: `file`, `directory`, `block`, `char`, `fifo`, `socket`",
    (event) => kindOf(readFile(event.record)?.mode),
  ),
  "pratique.exe.unlinked": exeTruth("whether no directory has the file that runs any more", "unlinked"),
  "pratique.exe.tmpfs": exeTruth("whether the file that runs lies on a file system in memory", "tmpfs"),
  "pratique.exe.mounted": exeTruth(
    "whether the file that runs was mounted into the container, and is no part of its image: false where images lie on no overlay",
    "mounted",
  ),
  "pratique.exe.setuid": exeTruth("whether the file that runs has the bit of set-user-ID", "setuid"),
  "pratique.parent.dropped": truth(
    "whether the parent is in the container, too, and its file is no part of the image",
    isParentDropped,
  ),
  "pratique.image.aexepath": ancestorRow(
    "path of the file that an ancestor runs, where it is a file of its image, or of the host",
    "string",
    ({ facts, exePath }) => ((facts.exeFlags & BROUGHT) === 0 && exePath !== "" ? exePath : undefined),
  ),
  "pratique.target.exepath": text(
    "the file that another process runs which the call is about",
    (event) => targetOf(event)?.exePath || undefined,
  ),
  "pratique.uid.before": numeric("effective user before the event", ({ before }) =>
    before === undefined || before.uid < 0 ? undefined : before.uid,
  ),
  "pratique.script.path": text("of a script that is executed: its path, where an interpreter runs", scriptOf),
};

/** Written into the container, mounted there, or in no file. */
const BROUGHT = exeFlags.upper | exeFlags.mounted | exeFlags.memfd;

/** In which number each call names the other process. */
const targetNumbers: ReadonlyMap<string, number> = new Map([
  ["kill", wireTags.number0],
  ["tkill", wireTags.number0],
  ["tgkill", wireTags.number0],
  ["process_vm_readv", wireTags.number0],
  ["process_vm_writev", wireTags.number0],
  ["ptrace", wireTags.number1],
]);

function targetOf(event: SensorEvent): TrackedProcess | undefined {
  const pid = event.record.int(targetNumbers.get(event.type) ?? 0) ?? 0;
  return pid > 0 ? event.context.processes.meantBy(event.process, pid) : undefined;
}

const S_IFMT = 0o170_000;
const kinds: ReadonlyMap<number, string> = new Map([
  [0o010_000, "fifo"],
  [0o020_000, "char"],
  [0o040_000, "directory"],
  [0o060_000, "block"],
  [0o100_000, "file"],
  [0o140_000, "socket"],
]);

function kindOf(mode: number | undefined): string | undefined {
  return mode === undefined ? undefined : kinds.get(mode & S_IFMT);
}

function exeTruth(meaning: string, flag: keyof typeof exeFlags): FieldRow {
  const bit = exeFlags[flag];
  return truth(meaning, ({ process }) => (process.facts.exeFlags & bit) !== 0);
}

function isParentDropped({ process: { parent }, tracked }: SensorEvent): boolean | undefined {
  if (parent === undefined) return undefined;
  // Of the host: what starts a runtime.
  if (tracked === undefined || parent.link.container !== tracked) return false;
  const { exeFlags: flags } = parent.facts;
  return (flags & exeFlags.overlay) === 0 || (flags & exeFlags.upper) !== 0;
}

function scriptOf(event: SensorEvent): string | undefined {
  if (!event.record.has(wireTags.interpreter)) return undefined;
  return meantPath(event, event.record.text(wireTags.filename), wireTags.directory);
}
