import { emptyFacts } from "../tables/empty-facts.ts";
import { readRecords, type WireRecord } from "../wire/record-reader.ts";
import { type RecordContent, recordBytes, type SectionContent, type WireTag } from "../wire/record-writer.ts";
import { processBytes, type WireFile, type WireProcess } from "../wire/structures.ts";
import { wireKinds, wireSizes } from "../wire/wire-format.ts";

export type KindName = keyof typeof wireKinds;

type Content = Partial<Omit<RecordContent, "kind">>;

/** The bytes of a record by the name of its kind, of process 100 below process 1 where nothing else is said. */
export function bytesOf(kind: KindName, content: Content = {}): Buffer {
  return recordBytes({ pid: 100, ppid: 1, timeNs: 10e9, ...content, kind: wireKinds[kind] });
}

export function recordOf(kind: KindName, content: Content = {}): WireRecord {
  const [record] = readRecords(bytesOf(kind, content));
  if (record === undefined) throw new Error("no record");
  return record;
}

/** Facts of an ordinary process of the host. */
export function factsOf(pid: number, change: Partial<WireProcess> = {}): WireProcess {
  return {
    ...emptyFacts(pid, pid * 1e6),
    uid: 0,
    euid: 0,
    gid: 0,
    egid: 0,
    sid: pid,
    pgid: pid,
    vpgid: pid,
    vsid: pid,
    pidNamespace: 4_026_531_836,
    ...change,
  };
}

/** A program that was executed. */
export function execution(
  argv: readonly string[],
  content: Content & { readonly facts?: Partial<WireProcess>; readonly exePath?: string } = {},
): Buffer {
  const { facts, exePath, sections, ...rest } = content;
  const pid = rest.pid ?? 100;
  const exe = argv[0] ?? "";
  return bytesOf("execve", {
    ...rest,
    sections: {
      process: processBytes(factsOf(pid, facts)),
      comm: exe.slice(exe.lastIndexOf("/") + 1).slice(0, 15),
      exePath: exePath ?? exe,
      arguments: argv,
      cwd: "/work",
      filename: exe,
      ...sections,
    },
  });
}

/** A file that was opened. */
export function opening(
  kind: KindName,
  path: string,
  file: Partial<WireFile>,
  content: Content = {},
): Buffer {
  const whole: WireFile = { inode: 7, device: 0, mode: 0, flags: 0, fileFlags: 0, ...file };
  return bytesOf(kind, {
    result: 3,
    ...content,
    sections: { path, file: fileBytes(whole), ...content.sections },
  });
}

export interface EndContent {
  readonly address: string;
  readonly port: number;
  /** 6: TCP, 17: UDP. */
  readonly protocol?: number;
  readonly type?: number;
}

/** `struct wire_address`. */
export function addressBytes({ address, port, protocol = 6, type = protocol === 6 ? 1 : 2 }: EndContent): Buffer {
  const bytes = Buffer.alloc(wireSizes.address);
  const isFour = !address.includes(":");
  bytes.writeUInt16LE(isFour ? 2 : 10, 0);
  bytes.writeUInt16LE(port, 2);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(protocol, 6);
  if (isFour) Buffer.from(address.split(".").map(Number)).copy(bytes, 8);
  else groupsOf(address).forEach((group, place) => bytes.writeUInt16BE(group, 8 + place * 2));
  return bytes;
}

/** A call on a socket. */
export function socketCall(
  kind: KindName,
  local: EndContent | undefined,
  remote: EndContent | undefined,
  content: Content = {},
): Buffer {
  const sections: Partial<Record<WireTag, SectionContent>> = { number0: 3, ...content.sections };
  if (local !== undefined) sections.local = addressBytes(local);
  if (remote !== undefined) sections.remote = addressBytes(remote);
  return bytesOf(kind, { ...content, sections });
}

function groupsOf(address: string): readonly number[] {
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array.from({ length: zeros }, () => "0"), ...right].map((group) => Number.parseInt(group, 16));
}

/** `struct wire_file`, as the sensor writes it. */
export function fileBytes(file: WireFile): Buffer {
  const bytes = Buffer.alloc(wireSizes.file);
  bytes.writeBigUInt64LE(BigInt(file.inode));
  [file.device, file.mode, file.flags, file.fileFlags].forEach((word, place) => {
    bytes.writeUInt32LE(word, 8 + place * 4);
  });
  return bytes;
}
