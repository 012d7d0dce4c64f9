import { alpineSecdb } from "./alpine-secdb/alpine-secdb.ts";
import { chainguardSecdb } from "./chainguard-secdb/chainguard-secdb.ts";
import { debianDsaDla } from "./debian-dsa-dla/debian-dsa-dla.ts";
import { debianTracker } from "./debian-tracker/debian-tracker.ts";
import { osv } from "./osv/osv.ts";
import type { Provider } from "./source-reader.ts";
import { ubuntuOsv } from "./ubuntu-osv/ubuntu-osv.ts";
import { ubuntuTracker } from "./ubuntu-tracker/ubuntu-tracker.ts";
import { wolfiSecdb } from "./wolfi-secdb/wolfi-secdb.ts";

// Sorted by name. A test fails when a folder beside this file is missing here.
export const providers: readonly Provider[] = [
  alpineSecdb,
  chainguardSecdb,
  debianDsaDla,
  debianTracker,
  osv,
  ubuntuOsv,
  ubuntuTracker,
  wolfiSecdb,
];
