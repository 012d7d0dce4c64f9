import { IntelError } from "../../errors.ts";
import { readJson } from "../../location/read-json.ts";
import { readStixObjects, stixObjectsOf } from "../../stix/indicators.ts";
import type { Feed } from "../feed.ts";

/** Bundles of STIX 2.1. */
export const stix: Feed = {
  name: "stix",
  version: 1,
  confidence: 60,
  wants: (path) => /\.(?:json|stix)$/u.test(path),
  async read(file, sink) {
    const objects = stixObjectsOf(await readJson(file));
    if (objects === undefined) {
      throw new IntelError("FEED_DAMAGED", `expected objects of STIX in ${JSON.stringify(file.path)}`);
    }
    readStixObjects(objects, file.path, sink);
  },
};
