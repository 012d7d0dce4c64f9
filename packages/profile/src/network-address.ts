/** An address of IPv4 (two groups of 16 bits) or IPv6 (eight). */
export type Groups = readonly number[];

const DECIMAL = /^(?:0|[1-9]\d{0,2})$/u;
const HEXADECIMAL = /^[0-9a-f]{1,4}$/iu;

/** Reads an address; one of IPv4 that is mapped into IPv6 is one of IPv4. Undefined where it is none. */
export function parseAddress(text: string): Groups | undefined {
  if (text.length > 45) return undefined;
  if (!text.includes(":")) return parseV4(text);
  const groups = parseV6(text);
  if (groups === undefined) return undefined;
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return mapped ? groups.slice(6) : groups;
}

/** Writes an address as RFC 5952 does. */
export function formatAddress(groups: Groups): string {
  if (groups.length === 2) return groups.flatMap((group) => [group >> 8, group & 0xff]).join(".");
  const { from, length } = longestZeros(groups);
  const text = groups.map((group) => group.toString(16));
  if (length < 2) return text.join(":");
  return `${text.slice(0, from).join(":")}::${text.slice(from + length).join(":")}`;
}

/** The first bits of an address, and zeros. */
export function maskAddress(groups: Groups, bits: number): Groups {
  return groups.map((group, place) => {
    const kept = Math.min(16, Math.max(0, bits - place * 16));
    return group & (0xffff << (16 - kept)) & 0xffff;
  });
}

function parseV4(text: string): Groups | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => DECIMAL.test(part) && Number(part) < 256))
    return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number);
  return [a * 256 + b, c * 256 + d];
}

function parseV6(text: string): Groups | undefined {
  const halves = text.split("::");
  const [head, tail] = halves.map((half) => (half === "" ? [] : groupsOf(half)));
  if (halves.length > 2 || head === undefined) return undefined;
  // The last 32 bits may be written as IPv4, and no others.
  if (halves.length === 2 && halves[0]?.includes(".") === true) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

function groupsOf(text: string): Groups | undefined {
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [place, part] of parts.entries()) {
    const v4 = place === parts.length - 1 && part.includes(".") ? parseV4(part) : undefined;
    if (v4 !== undefined) groups.push(...v4);
    else if (HEXADECIMAL.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function longestZeros(groups: Groups): { readonly from: number; readonly length: number } {
  let best = { from: 0, length: 0 };
  let length = 0;
  for (const [place, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { from: place - length + 1, length };
  }
  return best;
}
