const ALPHABET = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "latin1");
const PAD = 0x3d;
const NOT_A_DIGIT = 0xff;
const DIGITS = Buffer.alloc(256, NOT_A_DIGIT);
for (const [digit, character] of ALPHABET.entries()) DIGITS[character] = digit;

/**
 * Base64 (RFC 4648, section 4) of a secret, in a buffer that can be zeroed. The platform's own encoder would
 * leave the secret in a string, which cannot.
 */
export function encodeSecret(bytes: Uint8Array): Buffer {
  const text = Buffer.alloc(Math.ceil(bytes.length / 3) * 4, PAD);
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const group = (at(bytes, from) << 16) | (at(bytes, from + 1) << 8) | at(bytes, from + 2);
    const digits = Math.min(3, bytes.length - from) + 1;
    for (let place = 0; place < digits; place++)
      text[to + place] = at(ALPHABET, (group >> (18 - 6 * place)) & 63);
  }
  return text;
}

/** The bytes of a text in padded base64, canonical and without white space; undefined for any other text. */
export function decodeSecret(text: Uint8Array): Buffer | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding =
    text.length === 0 ? 0 : Number(text.at(-1) === PAD) + Number(text.at(-1) === PAD && text.at(-2) === PAD);
  const bytes = Buffer.alloc((text.length / 4) * 3 - padding);
  for (let from = 0, to = 0; from < text.length; from += 4, to += 3) {
    let group = 0;
    for (let place = 0; place < 4; place++) {
      const isPadding = from + place >= text.length - padding;
      const digit = isPadding ? 0 : at(DIGITS, at(text, from + place));
      if (digit === NOT_A_DIGIT) return undefined;
      group = (group << 6) | digit;
    }
    for (let place = 0; place < 3; place++) {
      const byte = (group >> (16 - 8 * place)) & 0xff;
      if (to + place < bytes.length) bytes[to + place] = byte;
      // Bits beyond the last byte would let two texts mean the same.
      else if (byte !== 0) return undefined;
    }
  }
  return bytes;
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
