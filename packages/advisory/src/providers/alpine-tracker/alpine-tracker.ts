import type { LocatedFile } from "@pratique/archive";
import { type Ecosystem, ecosystem } from "@pratique/core";
import { type Fields, objectOf, textOf } from "../../location/fields.ts";
import { readJson } from "../../location/read-json.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";

/**
 * What Alpine leaves open, by its security tracker: one document for each vulnerability, with its state in each branch's
 * packages, as the tracker serves it (JSON-LD) and as exports of it are kept. Fixes are in the security database, which
 * people write; here a package is found by its name in NVD's configurations, so that its word is doubtful.
 */
export const alpineTracker: Provider = {
  name: "alpine-tracker",
  version: 1,
  // The tracker has no export of its own: somebody has to name one.
  feeds: [],
  wants: (path) => /(?:^|\/)[^/]+\.json(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  const value = await readJson(file);
  const documents = Array.isArray(value) ? value : [value];
  for (const [index, document] of documents.entries()) {
    readDocument(objectOf(document), Array.isArray(value) ? `${file.path}[${index}]` : file.path, sink);
  }
}

const IDENTIFIER = /^(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})$/u;

function readDocument(document: Fields | undefined, where: string, sink: AdvisorySink): void {
  const id = lastPart(document?.id);
  const states = document?.state;
  if (document === undefined || id === undefined || !IDENTIFIER.test(id) || !Array.isArray(states)) {
    sink.malformed(where, "expected a vulnerability with its states");
    return;
  }
  sink.entry();
  const open = states.map(objectOf).flatMap(openIn);
  if (open.length === 0) sink.ignored(where, "open in no branch");
  for (const { of, package: name, version } of open) {
    sink.advisory({
      id,
      aliases: [],
      document: id,
      ecosystem: of,
      package: name,
      ranges: [{ lastAffected: version }],
      status: "affected",
      severity: "unknown",
      doubtful: true,
      note: "open by the name of the product, says Alpine's tracker",
    });
  }
}

interface Open {
  readonly of: Ecosystem;
  readonly package: string;
  /** What the branch has today; nothing is known of what comes after it. */
  readonly version: string;
}

/** One state of one version of a package: those that a branch no longer has say nothing of today. */
function openIn(state: Fields | undefined): readonly Open[] {
  if (state?.fixed !== false || state.published === false) return [];
  const branch = /^(?:v?(?<release>\d+\.\d+)|edge)-[a-z]+$/u.exec(lastPart(state.repo) ?? "");
  const name = textOf(state.packageName);
  const version = textOf(state.packageVersion);
  if (branch === null || name === undefined || version === undefined) return [];
  const release = branch.groups?.release;
  return [
    { of: ecosystem(`Alpine:${release === undefined ? "edge" : `v${release}`}`), package: name, version },
  ];
}

/** In JSON-LD everything is named by its address: `https://security.alpinelinux.org/vuln/CVE-2024-0001`. */
function lastPart(value: unknown): string | undefined {
  const text = textOf(value);
  return text?.slice(text.lastIndexOf("/") + 1);
}
