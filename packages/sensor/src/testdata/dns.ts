interface DnsContent {
  readonly isResponse?: boolean;
  readonly questions?: readonly { readonly name: string; readonly type: number }[];
  readonly answers?: readonly {
    readonly owner: string;
    readonly type: number;
    readonly ttl: number;
    readonly data: Buffer;
  }[];
  /** What the head says, where it does not say how many there are. */
  readonly questionCount?: number;
  readonly answerCount?: number;
}

/** A message of the Domain Name System without compression. */
export function dnsBytes({ isResponse, questions = [], answers = [], questionCount, answerCount }: DnsContent): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(isResponse === true ? 0x8180 : 0x0100, 2);
  head.writeUInt16BE(questionCount ?? questions.length, 4);
  head.writeUInt16BE(answerCount ?? answers.length, 6);
  const parts: Buffer[] = [head];
  for (const { name, type } of questions) parts.push(nameBytes(name), words(type, 1));
  for (const { owner, type, ttl, data } of answers) {
    parts.push(nameBytes(owner), words(type, 1, ttl >>> 16, ttl & 0xffff, data.length), data);
  }
  return Buffer.concat(parts);
}

export function nameBytes(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.alloc(1)]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, place) => bytes.writeUInt16BE(value, place * 2));
  return bytes;
}
