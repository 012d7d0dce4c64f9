import { crc32 } from "node:zlib";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECK_LENGTH = 6;

/**
 * The check sum with which GitHub and npm end their tokens: the CRC-32 of what stands between prefix and check sum, in
 * base 62 with leading zeros (github.blog, "Behind GitHub's new authentication token formats").
 */
export function checkSumOf(random: string): string {
  let value = crc32(random);
  let text = "";
  for (let index = 0; index < CHECK_LENGTH; index += 1) {
    text = `${DIGITS[value % DIGITS.length] ?? ""}${text}`;
    value = Math.floor(value / DIGITS.length);
  }
  return text;
}

/** Whether a token without its prefix ends with its own check sum. */
export function hasCheckSum(body: string): boolean {
  return checkSumOf(body.slice(0, -CHECK_LENGTH)) === body.slice(-CHECK_LENGTH);
}

const BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Whether a text of one case is Bech32 with the right check sum (BIP 173, "Checksum"). */
export function isBech32(text: string): boolean {
  const lower = text.toLowerCase();
  const separator = lower.lastIndexOf("1");
  if (separator < 1) return false;
  const prefix = Array.from(lower.slice(0, separator), (letter) => letter.charCodeAt(0));
  const data = Array.from(lower.slice(separator + 1), (letter) => BECH32.indexOf(letter));
  if (data.includes(-1)) return false;
  return polymod([...prefix.map((unit) => unit >> 5), 0, ...prefix.map((unit) => unit & 31), ...data]) === 1;
}

/** The check sum's remainder over values of five bits. */
export function polymod(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    GENERATORS.forEach((generator, bit) => {
      if ((top >> bit) & 1) sum ^= generator;
    });
  }
  return sum >>> 0;
}
