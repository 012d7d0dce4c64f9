import type { SourcePackage } from "@pratique/core";
import { declaredLicenses } from "../../declared-licenses.ts";
import { isInertFile, mayBeInert } from "../../inert-files.ts";
import { isToken } from "../../token.ts";
import { filesOf } from "./files-of.ts";
import { type Header, parseHeader } from "./header.ts";

/** One installed package, as its header tells. */
export interface RpmRecord {
  readonly name: string;
  /** `epoch:version-release`, without an epoch that is not set. */
  readonly version: string;
  readonly architecture?: string;
  /** From the name of the source package, which tells no epoch. */
  readonly source?: SourcePackage;
  /** The stream of a module that it was built for: `nodejs:18`. */
  readonly module?: string;
  readonly vendor?: string;
  readonly isInert?: true;
  readonly licenses?: readonly string[];
}

/** rpm, rpmtag.h. */
const NAME = 1000;
const VERSION = 1001;
const RELEASE = 1002;
const EPOCH = 1003;
const VENDOR = 1011;
const LICENSE = 1014;
const ARCHITECTURE = 1022;
const SOURCE_RPM = 1044;
const FILE_MODES = 1030;
const MODULARITY_LABEL = 5096;

/** stat(2). */
const TYPE_OF_FILE = 0o170000;
const DIRECTORY = 0o040000;

/** What rpm writes for a tag that a package does not have. */
const NONE = "(none)";
const MAX_VENDOR = 128;

/** Reads one header: a package, undefined for an entry that is none, or what is wrong with it. */
export function parsePackage(bytes: Buffer): RpmRecord | undefined | string {
  const header = parseHeader(bytes);
  return typeof header === "string" ? header : recordOf(header);
}

/** The package that a header is about: undefined for an entry that is none, or what is wrong with it. */
export function recordOf(header: Header): RpmRecord | undefined | string {
  const record = toRecord({
    name: header.text(NAME),
    version: header.text(VERSION),
    release: header.text(RELEASE),
    epoch: header.number(EPOCH)?.toString(),
    architecture: header.text(ARCHITECTURE),
    sourceRpm: header.text(SOURCE_RPM),
    modularityLabel: header.text(MODULARITY_LABEL),
    vendor: header.text(VENDOR),
    license: header.text(LICENSE),
  });
  if (typeof record !== "object" || !mayBeInert(record.name) || !isInert(header)) return record;
  return { ...record, isInert: true };
}

/** A package that lists no file proves nothing. */
function isInert(header: Header): boolean {
  const modes = header.numbers(FILE_MODES);
  let number = 0;
  for (const path of filesOf(header)) {
    const isDirectory = ((modes[number] ?? 0) & TYPE_OF_FILE) === DIRECTORY;
    if (path === undefined || (!isDirectory && !isInertFile(path))) return false;
    number += 1;
  }
  return number > 0;
}

/** The words of a package, before they are checked. */
export interface RpmFields {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly release: string | undefined;
  readonly epoch?: string | undefined;
  readonly architecture?: string | undefined;
  readonly sourceRpm?: string | undefined;
  readonly modularityLabel?: string | undefined;
  readonly vendor?: string | undefined;
  readonly license?: string | undefined;
}

/** Makes a package of its words; undefined for an entry that is none. */
export function toRecord(fields: RpmFields): RpmRecord | undefined | string {
  const { name, version, release, epoch } = fields;
  const architecture = given(fields.architecture);
  const sourceRpm = given(fields.sourceRpm);
  // A public key that rpm trusts: kept like a package, and installed from nothing.
  if (name === "gpg-pubkey" && sourceRpm === undefined) return undefined;
  if (name === undefined || !isName(name)) return `no package name, found ${quote(name)}`;
  if (version === undefined || !isPart(version)) return `no version of ${name}, found ${quote(version)}`;
  if (release === undefined || !isPart(release)) return `no release of ${name}, found ${quote(release)}`;
  if (architecture !== undefined && !isName(architecture)) return `malformed architecture of ${name}`;
  const source = parseSource(sourceRpm);
  const module = streamOf(given(fields.modularityLabel));
  const vendor = vendorOf(given(fields.vendor));
  return {
    name,
    version: `${epoch === undefined ? "" : `${epoch}:`}${version}-${release}`,
    ...(architecture !== undefined && { architecture }),
    ...(source !== undefined && { source }),
    ...(module !== undefined && { module }),
    ...(vendor !== undefined && { vendor }),
    ...declaredLicenses([fields.license]),
  };
}

/** What tells one package from another in one database: kernels may be installed in several versions. */
export function keyOf({ name, architecture, version }: RpmRecord): string {
  return `${name}:${architecture ?? ""}:${version}`;
}

/** `name-version-release.src.rpm`, or `.nosrc.rpm` where the source must not be given away. */
function parseSource(file: string | undefined): SourcePackage | undefined {
  const stem = /^(?<stem>.*)\.(?:no)?src\.rpm$/u.exec(file ?? "")?.groups?.stem;
  if (stem === undefined) return undefined;
  const release = stem.lastIndexOf("-");
  const version = stem.lastIndexOf("-", release - 1);
  if (version <= 0) return undefined;
  const source = { name: stem.slice(0, version), version: stem.slice(version + 1) };
  return isName(source.name) && isToken(source.version) ? source : undefined;
}

/** `name:stream:version:context:architecture`, of which advisories name the first two. */
function streamOf(label: string | undefined): string | undefined {
  const [name = "", stream = ""] = label?.split(":", 2) ?? [];
  return isName(name) && isName(stream) ? `${name}:${stream}` : undefined;
}

function vendorOf(text: string | undefined): string | undefined {
  const vendor = text?.replace(/\p{C}/gu, "").trim().slice(0, MAX_VENDOR);
  return vendor === "" ? undefined : vendor;
}

function given(text: string | undefined): string | undefined {
  return text === "" || text === NONE ? undefined : text;
}

/** Nothing that means something in a path, a purl or a list. */
function isName(text: string): boolean {
  return /^[A-Za-z0-9_.][A-Za-z0-9+._^~-]*$/u.test(text) && isToken(text);
}

function isPart(text: string): boolean {
  return isToken(text) && !/[-:]/u.test(text);
}

function quote(text: string | undefined): string {
  return text === undefined ? "nothing" : JSON.stringify(text.slice(0, 80));
}
