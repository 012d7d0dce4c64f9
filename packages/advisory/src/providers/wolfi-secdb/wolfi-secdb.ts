import { rollingSecdb } from "../secdb.ts";

/** Wolfi's security database. */
export const wolfiSecdb = rollingSecdb({
  name: "wolfi-secdb",
  version: 1,
  ecosystem: "Wolfi",
  origin: "https://packages.wolfi.dev",
  feed: "https://packages.wolfi.dev/os/security.json",
});
