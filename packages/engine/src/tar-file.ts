const BLOCK = 512;

/** A file of an archive that is made here. */
export interface TarFile {
  readonly path: string;
  readonly mode: number;
  /** A link to elsewhere; a directory where there is neither a link nor content. */
  readonly link?: string;
  readonly content?: Uint8Array;
}

/** An archive in the form of POSIX.1-1988 (ustar), which the engine's import reads. Paths are ours, and short. */
export function* tarOfFiles(files: readonly TarFile[]): Generator<Uint8Array> {
  for (const file of files) {
    const content = file.content ?? new Uint8Array(0);
    yield headerOf(file, content.byteLength);
    yield content;
    yield new Uint8Array((BLOCK - (content.byteLength % BLOCK)) % BLOCK);
  }
  yield new Uint8Array(2 * BLOCK);
}

function headerOf({ path, mode, link, content }: TarFile, size: number): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  const type = link === undefined ? (content === undefined ? "5" : "0") : "2";
  header.write(type === "5" ? `${path}/` : path, 0, 100);
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(size, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(" ".repeat(8), 148);
  header.write(type, 156);
  header.write(link ?? "", 157, 100);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\u0000 `, 148);
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
