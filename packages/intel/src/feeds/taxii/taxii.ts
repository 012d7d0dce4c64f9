import { IntelError } from "../../errors.ts";
import { readJson } from "../../location/read-json.ts";
import { readStixObjects, stixObjectsOf } from "../../stix/indicators.ts";
import type { Feed } from "../feed.ts";
import { TaxiiClient } from "./taxii-client.ts";

/**
 * Collections of TAXII 2.1. The URL is that of a server's discovery, of an API root, or of one collection; all
 * collections that may be read are. Pages that were saved to files are read as well.
 */
export const taxii: Feed = {
  name: "taxii",
  version: 1,
  confidence: 60,
  wants: (path) => path.endsWith(".json"),
  isService: () => true,
  async fetch(url, context, file) {
    return new TaxiiClient(url, context).fetch(file);
  },
  async read(file, sink) {
    const objects = stixObjectsOf(await readJson(file));
    if (objects === undefined) {
      throw new IntelError("FEED_DAMAGED", `expected an envelope of TAXII in ${JSON.stringify(file.path)}`);
    }
    readStixObjects(objects, file.path, sink);
  },
};
