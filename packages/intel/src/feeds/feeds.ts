import { IntelError } from "../errors.ts";
import { abuseCh } from "./abuse-ch/abuse-ch.ts";
import type { Feed } from "./feed.ts";
import { list } from "./list/list.ts";
import { maltrail } from "./maltrail/maltrail.ts";
import { misp } from "./misp/misp.ts";
import { stix } from "./stix/stix.ts";
import { taxii } from "./taxii/taxii.ts";

// Sorted by name. A test fails when a folder beside this file is missing here.
export const feeds: readonly Feed[] = [abuseCh, list, maltrail, misp, stix, taxii];

/** The feed of a name. Throws `FEED_UNKNOWN`, naming the ones there are. */
export function findFeed(name: string): Feed {
  const feed = feeds.find((candidate) => candidate.name === name);
  if (feed !== undefined) return feed;
  const names = feeds.map((candidate) => candidate.name).join(", ");
  throw new IntelError("FEED_UNKNOWN", `expected one of ${names}, found ${JSON.stringify(name)}`);
}
