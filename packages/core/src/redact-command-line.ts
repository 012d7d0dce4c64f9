/** Names after which people write secrets on command lines. */
const SECRET_NAME =
  /(?:^|[._-])(?:password|passwd|passphrase|pass|secret|token|api-?key|access-?key|credential)s?$/iu;
/** The names of variables are often written in one: `PGPASSWORD`, `AWSSECRET`. */
const SECRET_END = /(?:PASSWORD|PASSWD|SECRET|TOKEN)$/u;
const MAX_NAME = 64;
const HIDDEN = "***";
const MAX_LENGTH = 4096;

/**
 * A command line for people, without what looks like a secret: the value of `--password=x`, of `--token x` and of
 * `PGPASSWORD=x`, and who is named before the host of a URL; also in a script that is one word, as that of `sh -c` is.
 * What cannot be told from other text stays. Whoever wrote the words may have made them to take long: each is gone
 * through once.
 */
export function redactCommandLine(name: string, args: readonly string[]): string {
  const words: string[] = [name];
  let length = name.length;
  let hidesNext = false;
  for (const word of args) {
    if (length > MAX_LENGTH) break;
    const shown = hidesNext && !word.startsWith("-") ? HIDDEN : redactScript(word.slice(0, MAX_LENGTH));
    words.push(shown);
    length += shown.length + 1;
    hidesNext = word.startsWith("-") && isSecretName(word);
  }
  return words.join(" ").slice(0, MAX_LENGTH);
}

/** The same for a script that is one text: what lies between spaces is a word of its own there. */
export function redactScript(text: string): string {
  const name = text.slice(0, Math.max(text.indexOf("="), 0));
  // The value may be one of several words.
  if (!/\s/u.test(name) && isSecretName(name)) return redactWord(text);
  let hidesNext = false;
  return text
    .split(/(\s+)/u)
    .map((word, place) => {
      // Every second one is what lies between.
      if (place % 2 === 1 || word === "") return word;
      const shown = hidesNext && !word.startsWith("-") ? HIDDEN : redactWord(word);
      hidesNext = word.startsWith("-") && isSecretName(word);
      return shown;
    })
    .join("");
}

function isSecretName(name: string): boolean {
  return name.length <= MAX_NAME && (SECRET_NAME.test(name) || SECRET_END.test(name));
}

function redactWord(word: string): string {
  const at = word.indexOf("=");
  if (at > 0 && isSecretName(word.slice(0, at))) return `${word.slice(0, at)}=${HIDDEN}`;
  return word.includes("://") ? word.split("://").map(withoutUser).join("://") : word;
}

/** What follows the scheme of a URL, from its authority on (RFC 3986, 3.2.1). */
function withoutUser(rest: string, place: number): string {
  const end = rest.search(/[/?#\s]/u);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const at = authority.lastIndexOf("@");
  if (place === 0 || at < 0 || !authority.slice(0, at).includes(":")) return rest;
  return `${HIDDEN}${rest.slice(at)}`;
}
