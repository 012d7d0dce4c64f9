import type { Ordering } from "./scheme.ts";

const ZERO = 48;
const NINE = 57;

/**
 * Orders two runs of ASCII digits by their value, whatever their length: a number type would lose digits
 * beyond 2^53. An empty run counts as zero.
 */
export function compareDigits(left: string, right: string): Ordering {
  const a = withoutLeadingZeros(left);
  const b = withoutLeadingZeros(right);
  return compareOrdered(a.length, b.length) || compareOrdered(a, b);
}

/** Orders two numbers, or two texts by their UTF-16 code units. */
export function compareOrdered<T extends number | string>(left: T, right: T): Ordering {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

/** True for the code of `0` to `9`. */
export function isDigitCode(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function withoutLeadingZeros(digits: string): string {
  let start = 0;
  while (digits.charCodeAt(start) === ZERO) start += 1;
  return start === 0 ? digits : digits.slice(start);
}
