import { type Ecosystem, ecosystem } from "@pratique/core";
import { type Fields, textOf } from "../../location/fields.ts";
import { isSecdb, readSecdb } from "../secdb.ts";
import type { Provider } from "../source-reader.ts";

/** Chainguard's security database, in Alpine's form: it has no branches, and is known by where its packages are. */
export const chainguardSecdb: Provider = {
  name: "chainguard-secdb",
  version: 1,
  feeds: ["https://packages.cgr.dev/chainguard/security.json"],
  wants: isSecdb,
  read: (file, sink) => readSecdb(file, sink, { of: "Chainguard", ecosystemOf }),
};

function ecosystemOf({ urlprefix }: Fields): Ecosystem | undefined {
  const isOurs = /^https:\/\/packages\.cgr\.dev(?:\/|$)/u.test(textOf(urlprefix) ?? "");
  return isOurs ? ecosystem("Chainguard") : undefined;
}
