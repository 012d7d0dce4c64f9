const BLOCK = 512;

/** One entry of a tar that a test builds; what is absent is filled in the way GNU tar would. */
export interface TarItem {
  readonly path: string | Uint8Array;
  /** `file` where there is content, and `directory` where the path ends with a slash. */
  readonly kind?: "file" | "directory" | "symlink" | "hardlink" | "char" | "block" | "fifo";
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  /** The target of a link. */
  readonly target?: string | Uint8Array;
  /** Records of a pax header in front of the entry. */
  readonly pax?: Readonly<Record<string, string | Uint8Array>>;
  /** Lies to tell: what is written into the header in place of the truth. */
  readonly raw?: {
    readonly type?: string;
    readonly size?: number | Uint8Array;
    readonly checksum?: number;
    readonly magic?: string;
    readonly prefix?: string;
  };
}

const TYPES = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  char: "3",
  block: "4",
  directory: "5",
  fifo: "6",
} as const;

/** A tar of the entries, with the two blocks of zeros at its end. Long names become GNU long names. */
export function tarOf(items: readonly TarItem[]): Buffer {
  return Buffer.concat([...items.map(tarEntryOf), Buffer.alloc(2 * BLOCK)]);
}

/** One entry with the headers that it needs, padded, without an end of archive. */
export function tarEntryOf(item: TarItem): Buffer {
  const path = Buffer.from(item.path);
  const target = Buffer.from(item.target ?? "");
  const content = Buffer.from(item.content ?? "");
  const kind = item.kind ?? (path.at(-1) === 0x2f ? "directory" : "file");
  const parts: Buffer[] = [];
  if (item.pax !== undefined) parts.push(special("x", paxRecords(item.pax)));
  if (path.length > 100) parts.push(special("L", Buffer.concat([path, Buffer.alloc(1)])));
  if (target.length > 100) parts.push(special("K", Buffer.concat([target, Buffer.alloc(1)])));
  const mode = item.mode ?? (kind === "directory" ? 0o755 : 0o644);
  const { raw = {} } = item;
  parts.push(header({ path, target, mode, size: content.length, type: TYPES[kind], ...raw }), pad(content));
  return Buffer.concat(parts);
}

interface HeaderFields {
  readonly path: Uint8Array;
  readonly target?: Uint8Array;
  readonly mode?: number;
  readonly size: number | Uint8Array;
  readonly type: string;
  readonly checksum?: number;
  readonly magic?: string;
  readonly prefix?: string;
}

function header(fields: HeaderFields): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.set(fields.path.subarray(0, 100), 0);
  octal(block, 100, 8, fields.mode ?? 0o644);
  octal(block, 108, 8, 0);
  octal(block, 116, 8, 0);
  if (typeof fields.size === "number") octal(block, 124, 12, fields.size);
  else block.set(fields.size.subarray(0, 12), 124);
  octal(block, 136, 12, 0);
  block.write(fields.type, 156, "latin1");
  block.set((fields.target ?? new Uint8Array()).subarray(0, 100), 157);
  block.write(fields.magic ?? "ustar\u000000", 257, "latin1");
  block.write(fields.prefix ?? "", 345, "latin1");
  block.fill(0x20, 148, 156);
  const sum = fields.checksum ?? block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function special(type: string, content: Buffer): Buffer {
  const path = Buffer.from("././@LongLink");
  return Buffer.concat([header({ path, size: content.length, type }), pad(content)]);
}

function paxRecords(records: Readonly<Record<string, string | Uint8Array>>): Buffer {
  return Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, Buffer.from(value))));
}

/** The length counts its own digits. */
function paxRecord(key: string, value: Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from("\n")]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length += 1;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function octal(block: Buffer, at: number, length: number, value: number): void {
  block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
}

function pad(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}
