import type { AffectedImport } from "@pratique/core";
import { type Fields, listOf, objectOf, textOf, textsOf } from "../../location/fields.ts";

/** Packages of one record; the library's have some ten. */
const MAX_IMPORTS = 1000;

/**
 * In which packages of a module, and in which functions of theirs, a record of the Go project says that a vulnerability is
 * (Go, security/vuln/database, "Schema", `ecosystem_specific`). Undefined where it does not tell, or tells one of them in
 * a way that cannot be read: what is left of such a list would be too little.
 */
export function readImports(affected: Fields): readonly AffectedImport[] | undefined {
  const told = listOf(objectOf(affected.ecosystem_specific)?.imports);
  if (told.length === 0 || told.length > MAX_IMPORTS) return undefined;
  const imports: AffectedImport[] = [];
  for (const item of told) {
    const found = objectOf(item);
    const path = textOf(found?.path);
    if (found === undefined || path === undefined) return undefined;
    const [symbols, systems, architectures] = [found.symbols, found.goos, found.goarch].map(listOfTexts);
    if (symbols === undefined || systems === undefined || architectures === undefined) return undefined;
    imports.push({
      path,
      ...(symbols.length > 0 && { symbols }),
      ...(systems.length > 0 && { systems }),
      ...(architectures.length > 0 && { architectures }),
    });
  }
  return imports;
}

/** Of two that speak of one module, both; undefined where one does not tell. */
export function joinImports(
  one: readonly AffectedImport[] | undefined,
  other: readonly AffectedImport[] | undefined,
): readonly AffectedImport[] | undefined {
  if (one === undefined || other === undefined) return undefined;
  const known = new Set(one.map((each) => JSON.stringify(each)));
  return [...one, ...other.filter((each) => !known.has(JSON.stringify(each)))];
}

/** Nothing where there is none; undefined where something else than texts is in its place. */
function listOfTexts(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  const texts = textsOf(value);
  return Array.isArray(value) && texts.length === value.length ? texts : undefined;
}
