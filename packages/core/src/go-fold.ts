/**
 * The form in which Go's encoding/json compares an object key with the name of a struct field: simple case
 * folding, one code point at a time. `ſ` (U+017F) folds to `s` and the Kelvin sign (U+212A) to `k`, so that
 * `HoſtConfig` sets `HostConfig`.
 *
 * Names of fields are ASCII; what folds to no ASCII letter can match none of them.
 */
export function foldKey(key: string): string {
  if (ASCII.test(key)) return key.toLowerCase();
  let folded = "";
  for (const character of key) folded += foldCharacter(character);
  return folded;
}

const ASCII = /^\p{ASCII}*$/u;

/** Mappings to several characters belong to full case folding, which Go does not do. */
function foldCharacter(character: string): string {
  const upper = single(character.toUpperCase(), character);
  return single(upper.toLowerCase(), upper);
}

function single(mapped: string, otherwise: string): string {
  return [...mapped].length === 1 ? mapped : otherwise;
}
