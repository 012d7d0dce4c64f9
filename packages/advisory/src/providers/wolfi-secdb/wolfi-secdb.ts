import { type Ecosystem, ecosystem } from "@pratique/core";
import { type Fields, textOf } from "../../location/fields.ts";
import { isSecdb, readSecdb } from "../secdb.ts";
import type { Provider } from "../source-reader.ts";

/** Wolfi's security database, in Alpine's form: it has no branches, and is known by where its packages are. */
export const wolfiSecdb: Provider = {
  name: "wolfi-secdb",
  version: 1,
  feeds: ["https://packages.wolfi.dev/os/security.json"],
  wants: isSecdb,
  read: (file, sink) => readSecdb(file, sink, { of: "Wolfi", ecosystemOf }),
};

function ecosystemOf({ urlprefix }: Fields): Ecosystem | undefined {
  const isOurs = /^https:\/\/packages\.wolfi\.dev(?:\/|$)/u.test(textOf(urlprefix) ?? "");
  return isOurs ? ecosystem("Wolfi") : undefined;
}
