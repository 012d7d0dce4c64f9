/**
 * Makes every character that could steer a terminal or a reader visible, as `\u{1b}`: controls, line and paragraph
 * separators, and format characters, which turn the direction of text.
 */
export function visibleText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    );
}
