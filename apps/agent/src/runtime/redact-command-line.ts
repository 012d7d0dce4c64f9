/** Names after which people write secrets on command lines. */
const SECRET_NAME =
  /^-{0,2}[\w.-]*(?:pass(?:word|wd|phrase)?|secret|token|api-?key|access-?key|credential)s?$/iu;
const HIDDEN = "***";
const MAX_LENGTH = 4096;

/**
 * A command line for people, without what looks like a secret: the value of `--password=x`, of `--token x` and of
 * `PGPASSWORD=x`, and what stands before the host of a URL. What cannot be told from other text stays.
 */
export function redactCommandLine(name: string, args: readonly string[]): string {
  const words: string[] = [];
  let hidesNext = false;
  for (const word of args) {
    words.push(hidesNext && !word.startsWith("-") ? HIDDEN : redactWord(word));
    hidesNext = word.startsWith("-") && SECRET_NAME.test(word);
  }
  return [name, ...words].join(" ").slice(0, MAX_LENGTH);
}

function redactWord(word: string): string {
  const at = word.indexOf("=");
  if (at > 0 && SECRET_NAME.test(word.slice(0, at))) return `${word.slice(0, at)}=${HIDDEN}`;
  return word.replaceAll(/(?<scheme>[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/giu, `$<scheme>${HIDDEN}@`);
}
