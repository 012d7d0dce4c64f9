import { isToken } from "../../token.ts";
import type { NugetPackage } from "./parse-dependencies.ts";

const BLOCK = Buffer.from("VS_VERSION_INFO\0", "utf16le");
/** A block is some thousand bytes long; its length is not believed. */
const MAX_BLOCK_BYTES = 16 * 1024;
const MAX_VALUE_CHARS = 300;

/** As NuGet writes versions, with the commit that compilers add behind. */
const PRODUCT_VERSION = /^(?<version>\d{1,9}(?:\.\d{1,9}){1,3}(?:-[0-9A-Za-z.-]{1,100})?)(?:\+.*)?$/u;
const FILE_VERSION = /^(?<version>\d{1,9}(?:\.\d{1,9}){1,3})$/u;

/**
 * What the resources of an assembly say that it is (Windows, "VS_VERSIONINFO"): the name of its library and the version of
 * the product, which is that of the package. Undefined where they do not, and for texts in other languages.
 */
export function readVersionResource(resources: Buffer): NugetPackage | undefined {
  const start = resources.indexOf(BLOCK);
  if (start < 0) return undefined;
  const block = resources.subarray(start, start + MAX_BLOCK_BYTES);
  const file = stringNamed(block, "OriginalFilename") ?? stringNamed(block, "InternalName") ?? "";
  const name = /^(?<name>[\w.-]{1,250})\.dll$/iu.exec(file)?.groups?.name;
  if (name === undefined || /\.resources$/iu.test(name)) return undefined;
  const version =
    PRODUCT_VERSION.exec(stringNamed(block, "ProductVersion") ?? "")?.groups?.version ??
    FILE_VERSION.exec(stringNamed(block, "FileVersion") ?? "")?.groups?.version;
  return version === undefined || !isToken(version) ? undefined : { name, version };
}

/** The value of a string: after its name, at the next border of four bytes, up to a NUL. */
function stringNamed(block: Buffer, key: string): string | undefined {
  const name = Buffer.from(`${key}\0`, "utf16le");
  const at = block.indexOf(name);
  if (at < 0) return undefined;
  let start = at + name.length;
  while (start + 1 < block.length && block.readUInt16LE(start) === 0 && start < at + name.length + 4)
    start += 2;
  const text = block.toString("utf16le", start, start + MAX_VALUE_CHARS * 2);
  const end = text.indexOf("\0");
  return end < 0 ? undefined : text.slice(0, end).trim();
}
