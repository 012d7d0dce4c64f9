import { rollingSecdb } from "../secdb.ts";

/** Chainguard's security database. */
export const chainguardSecdb = rollingSecdb({
  name: "chainguard-secdb",
  version: 1,
  ecosystem: "Chainguard",
  origin: "https://packages.cgr.dev",
  feed: "https://packages.cgr.dev/chainguard/security.json",
});
