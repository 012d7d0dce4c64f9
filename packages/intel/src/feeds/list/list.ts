import { readLines } from "../../location/lines.ts";
import type { Feed, FeedSink } from "../feed.ts";

/** Addresses that a hosts file gives to names which are to lead nowhere. */
const NOWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "127.0.0.1", "::", "::1", "0"]);
/** Names that every hosts file has of its own. */
const OWN_NAMES = /^(?:localhost|localhost\.localdomain|local|broadcasthost|ip6-\w+|0\.0\.0\.0)$/u;

/** Plain lists: an address, a network, a name, `ADDRESS:PORT` or a URL a line, or the lines of a hosts file. */
export const list: Feed = {
  name: "list",
  version: 1,
  confidence: 60,
  wants: (path) => /\.(?:txt|list|lst|netset|ipset|hosts|csv)$|(?:^|\/)hosts$/u.test(path),
  async read(file, sink) {
    const onLong = (line: number): void => sink.refused(`${file.path}:${line}`, "the line is too long");
    for await (const { firstNumber, lines } of readLines(file, onLong)) {
      for (const [index, line] of lines.entries())
        readLine(line, `${file.path}:${firstNumber + index}`, sink);
    }
  },
};

function readLine(line: string, where: string, sink: FeedSink): void {
  const content = line
    .replace(/(?:^|\s)[#;!].*$/su, "")
    .replace(/^\uFEFF/u, "")
    .trim();
  if (content === "") return;
  const [first = "", ...others] = content.split(/\s+/u);
  if (!NOWHERE.has(first) || others.length === 0) {
    // What stands behind the first word is a count, a date or a note, as in the lists of many a maker.
    sink.indicator({ where, text: first.replace(/[,;]$/u, "") });
    return;
  }
  for (const text of others) {
    if (OWN_NAMES.test(text)) sink.ignored("a name that every hosts file has");
    else sink.indicator({ where, text, expected: "domain" });
  }
}
