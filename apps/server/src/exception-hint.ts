/** What an exception would be for. */
interface ExceptionSubject {
  readonly policy: string;
  readonly rule: string;
  readonly image: string;
}

/** What somebody may paste into a shell without a second look. */
const HARMLESS = /^[\w.:/@-]{1,200}$/u;

/**
 * The command that asks for an exception, in the words of the gate's own refusals. An image's name may come from an
 * attacker: one that a shell could read as more than a word is left for the reader to fill in.
 */
export function exceptionHintFor({ policy, rule, image }: ExceptionSubject): string {
  const name = HARMLESS.test(`${policy}/${rule}`) ? `${policy}/${rule}` : "POLICY/RULE";
  const scope = HARMLESS.test(image) ? image : "IMAGE";
  return `pratique policy exception grant --rule ${name} --image ${scope} --expires 7d --reason WHY --owner WHO`;
}
