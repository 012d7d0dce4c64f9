import { createHash } from "node:crypto";
import type { LocatedFile } from "@pratique/archive";
import { GiB, MiB } from "@pratique/core";
import { IntelError } from "../../errors.ts";
import { objectOf } from "../../location/fields.ts";
import { readJson } from "../../location/read-json.ts";
import type { Feed, FetchContext } from "../feed.ts";
import { eventsOf, readEvent } from "./event.ts";

const MAX_EVENTS = 20_000;
const MAX_EVENT_BYTES = 64 * MiB;
const MAX_TOTAL_BYTES = 2 * GiB;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/iu;
const MANIFEST = /(?:^|\/)manifest\.json$/u;

/**
 * Events of MISP: one, several, the answer of a search, or a feed, which is a directory or a URL with a
 * `manifest.json` and a file for each event.
 */
export const misp: Feed = {
  name: "misp",
  version: 1,
  confidence: 60,
  wants: (path) => path.endsWith(".json") && !MANIFEST.test(path),
  isService: ({ pathname }) => MANIFEST.test(pathname) || pathname.endsWith("/"),
  async read(file, sink) {
    const events = eventsOf(await readJson(file));
    if (events === undefined) {
      throw new IntelError("FEED_DAMAGED", `expected events of MISP in ${JSON.stringify(file.path)}`);
    }
    sink.recognized();
    for (const event of events) readEvent(event, file.path, sink);
  },
  fetch: fetchFeed,
};

/** The manifest as a whole is the state: it has a time for each event. */
async function fetchFeed(
  url: URL,
  context: FetchContext,
  file: (file: LocatedFile) => Promise<void>,
): Promise<string | undefined> {
  const manifestUrl = MANIFEST.test(url.pathname) ? url : new URL("manifest.json", url);
  let total = 0;
  const get = async (from: URL): Promise<Uint8Array> => {
    const { http, credentials, signal, onBytes } = context;
    const response = await http.request({
      url: from,
      maxBytes: MAX_EVENT_BYTES,
      headers: { accept: "application/json", ...credentials(from.origin) },
      ...(signal !== undefined && { signal }),
    });
    const bytes = await response.bytes();
    total += bytes.length;
    onBytes(bytes.length);
    if (total <= MAX_TOTAL_BYTES) return bytes;
    throw new IntelError("FEED_TOO_LARGE", `the feed gives more than ${MAX_TOTAL_BYTES} bytes`);
  };
  const manifest = await get(manifestUrl);
  const state = createHash("sha256").update(manifest).digest("hex");
  if (state === context.state) return undefined;
  for (const uuid of await eventIds(manifest)) {
    const event = await get(new URL(`${uuid}.json`, manifestUrl));
    await file({ path: `${uuid}.json`, stream: () => given(event) });
  }
  return state;
}

/** They become parts of URLs: nothing but UUIDs. */
async function eventIds(manifest: Uint8Array): Promise<readonly string[]> {
  const fields = objectOf(await readJson({ path: "manifest.json", stream: () => given(manifest) }));
  const ids = Object.keys(fields ?? {}).sort();
  const other = ids.find((id) => !UUID.test(id));
  if (fields === undefined || other !== undefined) {
    throw new IntelError("FEED_DAMAGED", "expected events by their UUID in the manifest of a feed");
  }
  if (ids.length > MAX_EVENTS) {
    throw new IntelError("FEED_TOO_LARGE", `the manifest of the feed names more than ${MAX_EVENTS} events`);
  }
  return ids;
}

async function* given(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
