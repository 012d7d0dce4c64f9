/** The tags of a header: texts, lists of texts, and lists of numbers. */
export type Tags = Readonly<Record<number, string | readonly string[] | readonly number[]>>;

export interface PackageParts {
  readonly name?: string;
  readonly version?: string;
  readonly release?: string;
  readonly epoch?: number;
  readonly architecture?: string;
  readonly sourceRpm?: string;
  readonly vendor?: string;
  readonly module?: string;
  /** Paths from the root, with a leading slash; those of directories end with one, too. */
  readonly files?: readonly string[];
}

/** The header of a package, with everything that a test does not care about filled in. */
export function packageHeader(parts: PackageParts): Buffer {
  const { name = "bash", version = "5.1.8", release = "6.el9", architecture = "x86_64" } = parts;
  const tags: Record<number, string | readonly string[] | readonly number[]> = {
    1000: name,
    1001: version,
    1002: release,
    1022: architecture,
    1044: parts.sourceRpm ?? `${name}-${version}-${release}.src.rpm`,
    1011: parts.vendor ?? "AlmaLinux",
  };
  if (parts.epoch !== undefined) tags[1003] = [parts.epoch];
  if (parts.module !== undefined) tags[5096] = parts.module;
  if (parts.files !== undefined) Object.assign(tags, fileTags(parts.files));
  return headerOf(tags);
}

function fileTags(listed: readonly string[]): Tags {
  const files = listed.map((file) => file.replace(/\/$/u, ""));
  const directories = [...new Set(files.map(directoryOf))];
  return {
    [FILE_MODES]: listed.map((file) => (file.endsWith("/") ? 0o040755 : 0o100644)),
    1116: files.map((file) => directories.indexOf(directoryOf(file))),
    1117: files.map((file) => file.slice(directoryOf(file).length)),
    1118: directories,
  };
}

/** The one tag that is read whose numbers take two bytes. */
const FILE_MODES = 1030;

function directoryOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}

/** Lays out a header as rpm does: counts, index, data. */
export function headerOf(tags: Tags): Buffer {
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [tag, value] of Object.entries(tags)) {
    const padding = isNumbers(value) ? (4 - (offset % 4)) % 4 : 0;
    const width = Number(tag) === FILE_MODES ? 2 : 4;
    const bytes = Buffer.concat([Buffer.alloc(padding), bytesOf(value, width)]);
    const entry = Buffer.alloc(16);
    entry.writeUInt32BE(Number(tag), 0);
    entry.writeUInt32BE(typeOf(value, width), 4);
    entry.writeUInt32BE(offset + padding, 8);
    entry.writeUInt32BE(typeof value === "string" ? 1 : value.length, 12);
    index.push(entry);
    data.push(bytes);
    offset += bytes.length;
  }
  const intro = Buffer.alloc(8);
  intro.writeUInt32BE(index.length, 0);
  intro.writeUInt32BE(offset, 4);
  return Buffer.concat([intro, ...index, ...data]);
}

type Value = Tags[number];

function isNumbers(value: Value): value is readonly number[] {
  return typeof value !== "string" && typeof value[0] === "number";
}

function typeOf(value: Value, width: 2 | 4): number {
  if (typeof value === "string") return 6;
  if (!isNumbers(value)) return 8;
  return width === 2 ? 3 : 4;
}

function bytesOf(value: Value, width: 2 | 4): Buffer {
  if (typeof value === "string") return Buffer.from(`${value}\0`);
  if (!isNumbers(value)) return Buffer.from(value.map((text) => `${text}\0`).join(""));
  const bytes = Buffer.alloc(value.length * width);
  value.forEach((number, at) => bytes.writeUIntBE(number, at * width, width));
  return bytes;
}
