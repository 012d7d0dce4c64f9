import { printable } from "./style.ts";

/** What means nothing in Markdown between backticks, in a table or out of it. */
const PLAIN = /^[\p{L}\p{N}@./:+~=,()_-][\p{L}\p{N}@./:+~=,() _-]*$/u;

/**
 * Text from an image or a feed as code in Markdown: nothing in it is a link, a mention, an image, HTML or the end of
 * a table's cell. What could be is written as character references inside of `<code>`, since writers of Markdown do not
 * agree on how a bar in a table is escaped.
 */
export function codeSpan(text: string): string {
  const visible = printable(text);
  if (PLAIN.test(visible)) return `\`${visible.trimEnd()}\``;
  return `<code>${visible.replaceAll(/[^\p{L}\p{N} ]/gu, reference)}</code>`;
}

function reference(character: string): string {
  return `&#${character.codePointAt(0) ?? 0};`;
}
