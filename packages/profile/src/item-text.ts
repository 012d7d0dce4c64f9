import { ProfileError } from "./errors.ts";
import { type Item, type ItemKind, isItemKind, kindShapes, parseItem } from "./item.ts";

/** What ends the subject where the value does not tell it: the last of these. */
const SUBJECT_ENDS: Readonly<Partial<Record<ItemKind, RegExp>>> = {
  executable: /=(?=[^=]*$)/u,
  hash: /=(?=[^=]*$)/u,
  parent: /=(?=[/(](?!.*=[/(]))/u,
};

/** An item as one word for a command line: `write:/data/**`, `executable:/usr/bin/curl=added`. */
export function formatItem({ kind, subject, value }: Item): string {
  return kindShapes[kind].subjectOf === undefined ? `${kind}:${subject}=${value}` : `${kind}:${value}`;
}

/**
 * Reads what {@link formatItem} writes. Of a program whose parent has `=/` in its path the two cannot be told apart.
 *
 * @throws ProfileError `ITEM_MALFORMED`
 */
export function readItem(text: string): Item {
  const colon = text.indexOf(":");
  const [kind, rest] = [text.slice(0, colon), text.slice(colon + 1)];
  if (colon === -1 || !isItemKind(kind)) {
    throw malformed(`expected KIND:VALUE, found ${JSON.stringify(text)}`);
  }
  const { subjectOf } = kindShapes[kind];
  if (subjectOf !== undefined) return parseItem(kind, subjectOf(rest), rest);
  const end = SUBJECT_ENDS[kind]?.exec(rest)?.index;
  if (end === undefined) throw malformed(`expected ${kind}:PROGRAM=VALUE, found ${JSON.stringify(text)}`);
  return parseItem(kind, rest.slice(0, end), rest.slice(end + 1));
}

function malformed(message: string): ProfileError {
  return new ProfileError("ITEM_MALFORMED", message);
}
