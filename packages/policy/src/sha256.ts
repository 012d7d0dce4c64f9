const WORD = 2 ** 32;

/**
 * The SHA-256 of a text's UTF-8 bytes, in lower-case hex (FIPS 180-4, section 6.2). Written out because this
 * package runs anywhere, and the platforms' own is asynchronous or missing.
 */
export function sha256Hex(text: string): string {
  const message = padded(utf8(text));
  const hash = firstPrimes(8).map((prime) => fraction(Math.sqrt(prime)));
  const constants = firstPrimes(64).map((prime) => fraction(Math.cbrt(prime)));
  const schedule = new Uint32Array(64);
  for (let offset = 0; offset < message.byteLength; offset += 64) {
    fillSchedule(schedule, message, offset);
    compress(hash, schedule, constants);
  }
  return hash.map((word) => word.toString(16).padStart(8, "0")).join("");
}

/** Lone surrogates become U+FFFD, as everywhere (Unicode, section 3.9). */
function utf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text.toWellFormed()) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), tail(point));
    else if (point < 0x1_0000) bytes.push(0xe0 | (point >> 12), tail(point >> 6), tail(point));
    else bytes.push(0xf0 | (point >> 18), tail(point >> 12), tail(point >> 6), tail(point));
  }
  return Uint8Array.from(bytes);
}

function tail(bits: number): number {
  return 0x80 | (bits & 0x3f);
}

/** Section 5.1.1: a one bit, zeros, and the length in bits as 64 bits. */
function padded(bytes: Uint8Array): DataView {
  const length = Math.ceil((bytes.length + 9) / 64) * 64;
  const message = new Uint8Array(length);
  message.set(bytes);
  message[bytes.length] = 0x80;
  const view = new DataView(message.buffer);
  view.setBigUint64(length - 8, BigInt(bytes.length) * 8n);
  return view;
}

/** Section 6.2.2, step 1. */
function fillSchedule(schedule: Uint32Array, message: DataView, offset: number): void {
  for (let index = 0; index < 16; index += 1) schedule[index] = message.getUint32(offset + 4 * index);
  for (let index = 16; index < 64; index += 1) {
    const [far = 0, near = 0] = [schedule[index - 15], schedule[index - 2]];
    const small0 = rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3);
    const small1 = rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10);
    schedule[index] = (schedule[index - 16] ?? 0) + small0 + (schedule[index - 7] ?? 0) + small1;
  }
}

/** Section 6.2.2, steps 2 to 4. */
function compress(hash: number[], schedule: Uint32Array, constants: readonly number[]): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash;
  for (let round = 0; round < 64; round += 1) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + big1 + choice + (constants[round] ?? 0) + (schedule[round] ?? 0)) % WORD;
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) >>> 0, c, b, a, (first + big0 + majority) >>> 0];
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) {
    hash[index] = ((hash[index] ?? 0) + word) >>> 0;
  }
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** The first 32 bits of the fraction: the constants of sections 4.2.2 and 5.3.3. */
function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * WORD);
}

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}
