import { posix } from "node:path";
import { IntelError } from "../errors.ts";
import { objectOf, textOf, textsOf } from "../location/fields.ts";
import { readJson } from "../location/read-json.ts";
import { visitFeed } from "../location/visit-feed.ts";
import { type WarningList, type WarningListType, warningListTypes } from "./warning-lists.ts";

const MAX_LISTS = 2000;
const MAX_ENTRIES = 2_000_000;
/** Attributes whose lists speak of what is called: addresses, names and URLs. */
const ATTRIBUTES: ReadonlySet<string> = new Set([
  "ip-dst",
  "ip-dst|port",
  "domain",
  "hostname",
  "url",
  "uri",
]);

/**
 * Gives MISP's warning lists, one after the other: one `list.json`, or all in a directory or an archive. Lists of other
 * things (mail addresses, hashes) are left out. Throws `WARNING_LIST_MALFORMED`, and what reading throws: without a
 * list that was named, what it protects would be blocked.
 */
export async function loadWarningLists(
  location: string,
  onList: (list: WarningList) => void,
  signal?: AbortSignal,
): Promise<void> {
  let lists = 0;
  let entries = 0;
  let files = 0;
  const wants = (path: string): boolean => posix.basename(path) === "list.json";
  await visitFeed(location, { wants, signal }, async (file) => {
    files += 1;
    const list = parseList(await readJson(file), file.path);
    if (list === undefined) return;
    entries += list.entries.length;
    lists += 1;
    if (lists > MAX_LISTS || entries > MAX_ENTRIES) {
      throw new IntelError(
        "FEED_TOO_LARGE",
        `more than ${MAX_LISTS} warning lists or ${MAX_ENTRIES} entries`,
      );
    }
    onList(list);
  });
  if (files > 0) return;
  throw new IntelError("WARNING_LIST_MALFORMED", `no list.json in ${JSON.stringify(location)}`);
}

function parseList(document: unknown, path: string): WarningList | undefined {
  const fields = objectOf(document) ?? {};
  const name = textOf(fields.name);
  const type = typeOf(fields.type);
  if (name === undefined || type === undefined || !Array.isArray(fields.list)) {
    throw new IntelError("WARNING_LIST_MALFORMED", `expected a warning list in ${JSON.stringify(path)}`);
  }
  const attributes = textsOf(fields.matching_attributes);
  // Without attributes a list is meant for all of them.
  if (attributes.length > 0 && !attributes.some((attribute) => ATTRIBUTES.has(attribute))) return undefined;
  const folder = posix.basename(posix.dirname(path));
  return { id: folder === "." ? name : folder, name, type, entries: textsOf(fields.list) };
}

function typeOf(value: unknown): WarningListType | undefined {
  return warningListTypes.find((type) => type === value);
}
