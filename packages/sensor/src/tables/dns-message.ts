import { formatIpv4, formatIpv6 } from "../wire/structures.ts";

/** A question or an answer of the Domain Name System, as far as the sensor uses it: RFC 1035, section 4. */
export interface DnsMessage {
  readonly isResponse: boolean;
  /** 0 where there is no error; 3 where the name does not exist. */
  readonly responseCode: number;
  readonly questions: readonly DnsQuestion[];
  /** Addresses and other names, in the order of the message. */
  readonly answers: readonly DnsAnswer[];
}

interface DnsQuestion {
  /** In lower case, without the last dot. */
  readonly name: string;
  readonly type: number;
}

export interface DnsAnswer {
  /** The name that it is an answer for. */
  readonly owner: string;
  readonly ttlSeconds: number;
  readonly kind: "address" | "alias";
  /** An address as RFC 5952 has it, or the name that `owner` is another name for. */
  readonly value: string;
}

const HEADER_BYTES = 12;
const MAX_QUESTIONS = 16;
const MAX_ANSWERS = 256;
/** RFC 1035, section 2.3.4. */
const MAX_NAME_CHARS = 255;
/** A pointer may point at a pointer; an honest message does so once. */
const MAX_POINTERS = 32;
const TYPE_A = 1;
const TYPE_CNAME = 5;
const TYPE_AAAA = 28;
const CLASS_INTERNET = 1;
const OPCODE = 0x7800;
const RESPONSE = 0x8000;

/**
 * Reads a message, with the length before it that it has over TCP or without. What breaks off is read up to where
 * it does, since the sensor keeps the beginning only. Undefined where it is no message of the system.
 */
export function parseDnsMessage(bytes: Buffer, overTcp = false): DnsMessage | undefined {
  if (!overTcp) return parseBody(bytes);
  const body = withoutLength(bytes);
  const message = body && parseBody(body);
  if (message !== undefined && message.questions.length > 0) return message;
  // Whoever sends the length by itself has none before the message.
  return parseBody(bytes) ?? message;
}

function parseBody(body: Buffer): DnsMessage | undefined {
  if (body.length < HEADER_BYTES) return undefined;
  const flags = body.readUInt16BE(2);
  const questionCount = body.readUInt16BE(4);
  if ((flags & OPCODE) !== 0 || questionCount > MAX_QUESTIONS) return undefined;
  const reader = new MessageReader(body);
  const questions = readQuestions(reader, questionCount);
  // A message without its whole question is more likely something else on that port.
  if (questions === undefined) return undefined;
  const isResponse = (flags & RESPONSE) !== 0;
  const answers = isResponse ? readAnswers(reader, Math.min(body.readUInt16BE(6), MAX_ANSWERS)) : [];
  return { isResponse, responseCode: flags & 0xf, questions, answers };
}

function withoutLength(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 2) return undefined;
  return bytes.subarray(2, 2 + bytes.readUInt16BE(0));
}

function readQuestions(reader: MessageReader, count: number): readonly DnsQuestion[] | undefined {
  const questions: DnsQuestion[] = [];
  for (let left = count; left > 0; left--) {
    const name = reader.name();
    const type = reader.number16();
    const questionClass = reader.number16();
    if (name === undefined || type === undefined || questionClass === undefined) return undefined;
    questions.push({ name, type });
  }
  return questions;
}

function readAnswers(reader: MessageReader, count: number): readonly DnsAnswer[] {
  const answers: DnsAnswer[] = [];
  for (let left = count; left > 0; left--) {
    const owner = reader.name();
    const type = reader.number16();
    const answerClass = reader.number16();
    const ttlSeconds = reader.number32();
    const data = reader.data();
    if (owner === undefined || ttlSeconds === undefined || data === undefined) break;
    const value = answerClass === CLASS_INTERNET ? reader.value(type, data) : undefined;
    if (value === undefined) continue;
    answers.push({ owner, ttlSeconds, kind: type === TYPE_CNAME ? "alias" : "address", value });
  }
  return answers;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Each reader gives undefined where the message breaks off; nothing after it can be read then. */
class MessageReader {
  readonly #bytes: Buffer;
  #at = HEADER_BYTES;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  number16(): number | undefined {
    if (this.#at + 2 > this.#bytes.length) return undefined;
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  number32(): number | undefined {
    if (this.#at + 4 > this.#bytes.length) return undefined;
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  data(): Span | undefined {
    const length = this.number16();
    if (length === undefined || this.#at + length > this.#bytes.length) return undefined;
    const start = this.#at;
    this.#at += length;
    return { start, end: this.#at };
  }

  name(): string | undefined {
    const read = this.#nameAt(this.#at);
    if (read !== undefined) this.#at = read.end;
    return read?.name;
  }

  value(type: number | undefined, { start, end }: Span): string | undefined {
    if (type === TYPE_A && end - start === 4) return formatIpv4(this.#bytes, start);
    if (type === TYPE_AAAA && end - start === 16) return formatIpv6(this.#bytes, start);
    if (type === TYPE_CNAME) return this.#nameAt(start)?.name;
    return undefined;
  }

  /** RFC 1035, section 4.1.4. Pointers lead backwards only, so that no message leads in a circle. */
  #nameAt(start: number): { readonly name: string; readonly end: number } | undefined {
    const bytes = this.#bytes;
    const labels: string[] = [];
    let [at, end, chars, pointers, before] = [start, -1, 0, 0, start];
    for (;;) {
      const length = bytes[at];
      if (length === undefined) return undefined;
      if (length === 0) return { name: labels.join("."), end: end < 0 ? at + 1 : end };
      if (length >= 0xc0) {
        const target = ((length & 0x3f) << 8) | (bytes[at + 1] ?? 0);
        pointers += 1;
        if (at + 1 >= bytes.length || target >= before || pointers > MAX_POINTERS) return undefined;
        if (end < 0) end = at + 2;
        [at, before] = [target, target];
        continue;
      }
      chars += length + 1;
      if (length > 63 || chars > MAX_NAME_CHARS || at + 1 + length > bytes.length) return undefined;
      labels.push(labelText(bytes, at + 1, at + 1 + length));
      at += 1 + length;
    }
  }
}

/** In lower case; bytes that no host name has are written as RFC 1035, section 5.1, writes them. */
function labelText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString("latin1", start, end).toLowerCase();
  if (/^[a-z0-9_-]*$/u.test(text)) return text;
  return text.replaceAll(/[^!-~]|[.\\]/gu, (character) => {
    return `\\${String(character.charCodeAt(0)).padStart(3, "0")}`;
  });
}
