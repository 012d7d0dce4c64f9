/** What an exception would be for. */
export interface ExceptionSubject {
  readonly policy: string;
  readonly rule: string;
  readonly image: string;
}

/** The command that asks for an exception, ready to be pasted into a shell. */
export function exceptionHintFor({ policy, rule, image }: ExceptionSubject): string {
  const words = ["pratique", "exception", "request", "--rule", `${policy}/${rule}`, "--image", image];
  return words.map(quoted).join(" ");
}

/** An image's name may come from an attacker: what a shell could read as more than a word is quoted. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
