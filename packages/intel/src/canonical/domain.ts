import { domainToASCII } from "node:url";

const MAX_NAME = 253;
const LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const ASCII_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, "u");

/**
 * A name in its canonical form: lower case, A-labels (RFC 5890), no dot at the end. A `*.` or a dot in front says
 * what is so anyway: a listed name stands for all below it. Undefined for what is no name.
 */
export function canonicalName(text: string): string | undefined {
  if (text.length > 4 * MAX_NAME) return undefined;
  let name = text.startsWith("*.") ? text.slice(2) : text.startsWith(".") ? text.slice(1) : text;
  if (name.endsWith(".")) name = name.slice(0, -1);
  if (!/^[a-z0-9._-]*$/u.test(name)) name = toAscii(name);
  if (name.length > MAX_NAME || !ASCII_NAME.test(name)) return undefined;
  // All digits at the end is an address to some parsers (WHATWG URL), and a top-level domain to none.
  return /(?:^|\.)(?:\d+|0x[\da-f]*)$/u.test(name) ? undefined : name;
}

/** A name and all that it lies below, the nearest first: `a.b.c`, `b.c`, `c`. */
export function* nameAndParents(name: string): Generator<string> {
  for (let rest = name; ; ) {
    yield rest;
    const dot = rest.indexOf(".");
    if (dot < 0) return;
    rest = rest.slice(dot + 1);
  }
}

/** Second-level words under which countries sell names, as in `co.uk`. */
const REGISTRY_WORDS: ReadonlySet<string> = new Set(
  "ac co com ed edu go gob gov gouv gv id in int ltd me mil ne net nom or org plc sch web".split(" "),
);
/** Names that mean something on this network alone, or nothing to any resolver. RFC 6761 has more: those harm nobody. */
const SPECIAL_NAMES: ReadonlySet<string> = new Set(
  "arpa corp home internal lan local localdomain localhost onion".split(" "),
);

/** Why no feed may have this name blocked, with all that is below it; undefined where it may. */
export function specialNameOf(name: string): string | undefined {
  const labels = name.split(".");
  const top = labels.at(-1) ?? "";
  if (SPECIAL_NAMES.has(top)) return "a name of special use";
  if (labels.length === 1) return "a whole top-level domain";
  const isRegistry = labels.length === 2 && top.length === 2 && REGISTRY_WORDS.has(labels[0] ?? "");
  return isRegistry ? "a whole registry of names" : undefined;
}

/** IDNA by the host's own rules; what they refuse is an empty text. */
function toAscii(name: string): string {
  // Characters that would end a host in a URL would be cut off, and leave another name.
  return /[\p{C}\s/?#@:\\[\]%^|<>*"`{}]/u.test(name) ? "" : domainToASCII(name);
}
