import { printable } from "./style.ts";

/**
 * Text for an attribute or an element of XML 1.0. What no document may hold (section 2.2: most control characters,
 * halves of surrogates, U+FFFE and U+FFFF), and what terminals obey, becomes a visible escape.
 */
export function xmlText(text: string): string {
  return printable(text)
    .replaceAll(/[\ud800-\udfff\ufffe\uffff]/gu, visible)
    .replaceAll(/[&<>"']/gu, entity);
}

function visible(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16)}`;
}

function entity(character: string): string {
  return `&#${character.codePointAt(0) ?? 0};`;
}
