/** Licences that one file names; those of browsers are more than a hundred. */
const MAX_LICENSES = 256;
/** Characters of the first line of `License`, which names all of them where a part of a package has many. */
const MAX_NAME = 4096;
/** So far before the place where a licence lies, its version is spoken of. */
const WINDOW = 1200;

/**
 * The licences that a `debian/copyright` names: those of its paragraphs, where it is written for machines (Debian,
 * "Machine-readable debian/copyright file", 1.0), else those to whose texts in `/usr/share/common-licenses` it points.
 */
export function parseCopyright(text: string): readonly string[] {
  const found = isForMachines(text) ? namedIn(text) : pointedTo(text);
  return [...new Set(found)].slice(0, MAX_LICENSES);
}

function isForMachines(text: string): boolean {
  return /^\s{0,16}Format(?:-Specification)?:/iu.test(text.slice(0, 1024));
}

const FIELD = "license:";

/** `License: GPL-2+`, with the text itself on the lines behind it. */
function namedIn(text: string): readonly string[] {
  const names: string[] = [];
  for (let start = 0; start < text.length && names.length < MAX_NAMES; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    if (end - start <= MAX_NAME && text.slice(start, start + FIELD.length).toLowerCase() === FIELD) {
      const name = text.slice(start + FIELD.length, end).trim();
      if (name !== "") names.push(name);
    }
    start = end + 1;
  }
  return names;
}

/** Of one file, before those that are the same are taken together. */
const MAX_NAMES = 10_000;

const POINTER = /\/usr\/share\/common-licenses\/(?<name>[A-Za-z][A-Za-z0-9.+-]{0,40})/gu;

function pointedTo(text: string): readonly string[] {
  const names: string[] = [];
  for (const { index, groups } of text.matchAll(POINTER)) {
    if (names.length === MAX_NAMES) break;
    const name = groups?.name?.replace(/(?<![.+-])[.+-]+$/u, "") ?? "";
    const before = text.slice(Math.max(0, index - WINDOW), index);
    names.push(isGnu(name) && allowsLater(before) ? laterThan(name, before) : name);
  }
  return names;
}

function isGnu(name: string): boolean {
  return /^(?:L?GPL|GFDL)/u.test(name);
}

function allowsLater(before: string): boolean {
  return /(?:any|or)\s+(?:\(at\s+your\s+option\)\s+)?(?:any\s+)?later\s+version|or\s+newer/u.test(before);
}

/** The file may be that of the newest version, while the text before it speaks of an older one. */
function laterThan(name: string, before: string): string {
  if (/-\d/u.test(name)) return `${name}+`;
  const spoken = [...before.matchAll(/version\s+(\d(?:\.\d)?)/giu)].at(-1)?.[1];
  return spoken === undefined ? name : `${name}-${spoken}+`;
}
