import { type Ecosystem, ecosystem } from "@pratique/core";
import { type Fields, textOf } from "../../location/fields.ts";
import { isSecdb, readSecdb } from "../secdb.ts";
import type { Provider } from "../source-reader.ts";

/** The branches that Alpine still serves, newest first; older ones can be named one by one. */
const BRANCHES = [
  "edge",
  "v3.24",
  "v3.23",
  "v3.22",
  "v3.21",
  "v3.20",
  "v3.19",
  "v3.18",
  "v3.17",
  "v3.16",
  "v3.15",
];
const REPOSITORIES = ["main", "community"];

/**
 * Alpine's security database: for each package of a branch, the versions that fixed something. It names fixes
 * only, in JSON as served today, or in YAML as it was kept until 2020.
 */
export const alpineSecdb: Provider = {
  name: "alpine-secdb",
  version: 1,
  feeds: BRANCHES.flatMap((branch) =>
    REPOSITORIES.map((repository) => `https://secdb.alpinelinux.org/${branch}/${repository}.json`),
  ),
  wants: isSecdb,
  read: (file, sink) => readSecdb(file, sink, { of: "Alpine", ecosystemOf }),
};

const BRANCH = /^(?:v\d+\.\d+|edge)$/u;

function ecosystemOf({ distroversion }: Fields): Ecosystem | undefined {
  const branch = textOf(distroversion);
  return branch !== undefined && BRANCH.test(branch) ? ecosystem(`Alpine:${branch}`) : undefined;
}
