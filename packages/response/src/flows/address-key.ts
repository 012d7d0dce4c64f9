import { isIP } from "node:net";

const V4_BYTES = 4;
const V6_BYTES = 16;
const MAPPED = "00000000000000000000ffff";
/** RFC 6052, 2.1: the well-known prefix of translated addresses. */
const NAT64 = "0064ff9b0000000000000000";

/**
 * One text for each peer, however its address is written: 32 hexadecimal digits. IPv4 addresses are mapped ones, and
 * so are those that a translator reaches. Undefined for what is no address.
 */
export function addressKey(address: string): string | undefined {
  switch (isIP(address)) {
    case 4:
      return keyOfBytes(Buffer.from(address.split(".").map(Number)));
    case 6:
      return keyOfBytes(bytesOfV6(address));
    default:
      return undefined;
  }
}

/** The same for 4 or 16 bytes in the network's order. */
function keyOfBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  if (bytes.byteLength === V4_BYTES) return MAPPED + hex;
  return hex.startsWith(NAT64) ? MAPPED + hex.slice(NAT64.length) : hex;
}

/** 4 or 16 bytes as text, mapped ones as IPv4; the rest as RFC 5952 has it. */
export function formatAddress(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  if (bytes.byteLength === V4_BYTES) return bytes.join(".");
  if (hex.startsWith(MAPPED)) return bytes.subarray(V6_BYTES - V4_BYTES).join(".");
  const groups = hex.match(/.{4}/gu) ?? [];
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

export function isLoopback(address: string): boolean {
  const key = addressKey(address);
  return key === "00000000000000000000000000000001" || key?.startsWith(`${MAPPED}7f`) === true;
}

/** Any address at all, as the kernel writes the far end of a socket that has none. */
export function isUnspecified(address: string): boolean {
  const key = addressKey(address);
  return key === "0".repeat(2 * V6_BYTES) || key === `${MAPPED}00000000`;
}

function bytesOfV6(address: string): Uint8Array {
  const [withoutZone = ""] = address.split("%");
  const [head = "", tail] = withV4AsGroups(withoutZone).split("::");
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: V6_BYTES / 2 - before.length - after.length }, () => 0);
  const bytes = Buffer.alloc(V6_BYTES);
  for (const [place, group] of [...before, ...zeros, ...after].entries())
    bytes.writeUInt16BE(group, 2 * place);
  return bytes;
}

function groupsOf(text: string): readonly number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

/** `::ffff:192.0.2.1` is `::ffff:c000:201`. */
function withV4AsGroups(address: string): string {
  const start = address.lastIndexOf(":") + 1;
  const last = address.slice(start);
  if (!last.includes(".")) return address;
  const hex = Buffer.from(last.split(".").map(Number)).toString("hex");
  return `${address.slice(0, start)}${hex.slice(0, 4)}:${hex.slice(4)}`;
}
