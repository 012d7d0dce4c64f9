import { KiB } from "@pratique/core";
import { GateError } from "../../errors.ts";

/** One question of the engine to its plugin. */
export interface Question {
  /** The request target: `/AuthZPlugin.AuthZReq`. */
  readonly path: string;
  /** Undefined where it was longer than anybody looks at. */
  readonly body: Uint8Array | undefined;
}

interface Head {
  readonly path: string;
  readonly bodyBytes: number;
}

const MAX_HEAD_BYTES = 8 * KiB;
const END_OF_HEAD = "\r\n\r\n";
const REQUEST_LINE = /^POST (\/[!-~]*) HTTP\/1\.1$/u;
/** A token, a colon, and visible ASCII with blanks (RFC 9112, section 5; without what is obsolete). */
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[!-~][ -~\t]*)?)$/u;
const LENGTH = /^\d{1,12}$/u;
/** What would have the body end elsewhere than its length says, or the other side wait. */
const REFUSED: ReadonlySet<string> = new Set(["transfer-encoding", "content-encoding", "expect", "upgrade"]);

/**
 * Reads the questions on one connection, in the one form of HTTP that the engine's plugin client sends (moby,
 * pkg/plugins): a POST whose length is announced, and the next only after the answer. Whatever else HTTP knows is
 * refused. That is little enough to be read in a fraction of the time that Node's server takes, for which the engine
 * would wait several times in each launch.
 */
export class QuestionReader {
  readonly #keptBytes: (path: string) => number;
  #chunks: Uint8Array[] = [];
  /** Of the head, or once that is read, of the body. */
  #arrivedBytes = 0;
  #head: Head | undefined;

  /** `keptBytes` says how long a body may be that is kept; what is longer is read and forgotten. */
  constructor(keptBytes: (path: string) => number) {
    this.#keptBytes = keptBytes;
  }

  /** Whether a question has begun to arrive. */
  get isAmid(): boolean {
    return this.#head !== undefined || this.#arrivedBytes > 0;
  }

  /** The question that these bytes complete; undefined where more are to come. Throws `MESSAGE_MALFORMED`. */
  push(chunk: Uint8Array): Question | undefined {
    const rest = this.#head === undefined ? this.#readHead(chunk) : chunk;
    if (this.#head === undefined || rest === undefined) return undefined;
    const { path, bodyBytes } = this.#head;
    this.#arrivedBytes += rest.byteLength;
    if (this.#arrivedBytes > bodyBytes) throw malformed("expected nothing behind a question");
    const isKept = bodyBytes <= this.#keptBytes(path);
    if (isKept && rest.byteLength > 0) this.#chunks.push(rest);
    if (this.#arrivedBytes < bodyBytes) return undefined;
    const body = isKept ? joined(this.#chunks) : undefined;
    this.#head = undefined;
    this.#chunks = [];
    this.#arrivedBytes = 0;
    return { path, body };
  }

  /** What follows the head in these bytes; undefined where the head goes on. */
  #readHead(chunk: Uint8Array): Uint8Array | undefined {
    const arrived = joined([...this.#chunks, chunk]);
    const end = arrived.subarray(0, MAX_HEAD_BYTES).indexOf(END_OF_HEAD, 0, "latin1");
    if (end < 0) {
      if (arrived.byteLength >= MAX_HEAD_BYTES)
        throw malformed(`expected a head below ${MAX_HEAD_BYTES} bytes`);
      this.#chunks = [arrived];
      this.#arrivedBytes = arrived.byteLength;
      return undefined;
    }
    this.#head = readHead(arrived.toString("latin1", 0, end));
    this.#chunks = [];
    this.#arrivedBytes = 0;
    return arrived.subarray(end + END_OF_HEAD.length);
  }
}

function readHead(text: string): Head {
  const [requestLine = "", ...lines] = text.split("\r\n");
  const path = REQUEST_LINE.exec(requestLine)?.[1];
  if (path === undefined) throw malformed("expected a POST by HTTP/1.1");
  let length: string | undefined;
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) throw malformed("expected a header");
    const lowerCase = name.toLowerCase();
    if (REFUSED.has(lowerCase)) throw malformed(`expected no header ${lowerCase}`);
    if (lowerCase !== "content-length") continue;
    if (length !== undefined) throw malformed("expected one length");
    length = value.trimEnd();
  }
  if (length === undefined || !LENGTH.test(length)) throw malformed("expected the length of the body");
  return { path, bodyBytes: Number(length) };
}

function joined(chunks: readonly Uint8Array[]): Buffer {
  const [first] = chunks;
  if (first === undefined) return Buffer.alloc(0);
  if (chunks.length > 1) return Buffer.concat(chunks);
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}

function malformed(problem: string): GateError {
  return new GateError("MESSAGE_MALFORMED", problem);
}
