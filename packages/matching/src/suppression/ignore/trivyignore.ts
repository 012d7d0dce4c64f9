import { type IgnoreEntries, type IgnoreEntry, parseMoment } from "./entry.ts";

const EXPIRY = "exp:";

/**
 * Reads `.trivyignore`: on each line a vulnerability, the rule or the fingerprint of a secret, or a licence, perhaps with `exp:2027-01-31`, and comments after `#`.
 */
export function readTrivyIgnore(text: string): IgnoreEntries {
  const entries: IgnoreEntry[] = [];
  const problems: IgnoreEntries["problems"][number][] = [];
  let comment: string | undefined;
  for (const [at, raw] of text.split("\n").entries()) {
    const line = at + 1;
    const trimmed = raw.trim();
    if (trimmed === "" || trimmed.startsWith("#")) {
      // What stands right above an entry is its reason.
      comment = trimmed === "" ? undefined : trimmed.replace(/^#+\s*/u, "");
      continue;
    }
    const [words = "", ...remarks] = trimmed.split(/\s#/u);
    const [id = "", ...options] = words.split(/\s+/u).filter((word) => word !== "");
    const expiry = options.find((option) => option.startsWith(EXPIRY));
    const until = expiry === undefined ? undefined : parseMoment(expiry.slice(EXPIRY.length));
    const reason = remarks.length > 0 ? remarks.join(" #").trim() : comment;
    comment = undefined;
    if (expiry !== undefined && until === undefined) {
      problems.push({
        line,
        message: `expected a date such as exp:2027-01-31, found ${JSON.stringify(expiry)}`,
      });
      continue;
    }
    entries.push({
      line,
      names: [id],
      reason,
      until,
      conditions: [],
      secretConditions: [],
      licenseConditions: [],
    });
  }
  return { entries, problems };
}
