const MAX_LENGTH = 256;

/** Whether a text can be a name or a version: printable, without spaces, and not absurdly long. */
export function isToken(text: string): boolean {
  return text.length <= MAX_LENGTH && /^[^\s\p{C}]+$/u.test(text);
}
