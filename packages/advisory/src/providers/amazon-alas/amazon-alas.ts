import type { LocatedFile } from "@pratique/archive";
import { type Advisory, type Ecosystem, ecosystem } from "@pratique/core";
import { type FixFor, joinFixes } from "../architectures.ts";
import { severityOfWord } from "../severity-word.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";
import type { Bulletin, BulletinPackage } from "./bulletin.ts";
import { readJsonBulletin } from "./read-json-bulletin.ts";
import { readXmlBulletins } from "./read-xml-bulletins.ts";
import { lineOf, topicOf } from "./topic.ts";

/**
 * Amazon's bulletins (ALAS), as the repositories carry them (`updateinfo.xml`), or as JSON with the same members:
 * fixes only, by binary packages.
 */
export const amazonAlas: Provider = {
  name: "amazon-alas",
  version: 1,
  feeds: [],
  wants: (path) => /(?:^|\/)[^/]*(?:updateinfo[^/]*\.xml|\.json)(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  if (/\.json(?:\.[a-z0-9]+)?$/u.test(file.path)) {
    const bulletin = await readJsonBulletin(file);
    if (bulletin === undefined) sink.malformed(file.path, "expected an id and packages");
    else readBulletin(bulletin, sink);
    return;
  }
  for await (const bulletin of readXmlBulletins(file)) {
    if (bulletin === undefined) sink.malformed(file.path, "expected an id and packages");
    else readBulletin(bulletin, sink);
  }
}

function readBulletin(bulletin: Bulletin, sink: AdvisorySink): void {
  sink.entry();
  const { id: document, cves, description, published, title } = bulletin;
  const severity = severityOfWord(bulletin.severity) ?? "unknown";
  const packages = packagesOf(bulletin, sink);
  if (packages.length === 0) {
    sink.ignored(document, "names no versions of a package");
    return;
  }
  for (const id of cves.length > 0 ? cves : [document]) {
    for (const found of packages) {
      sink.advisory({ id, aliases: [], document, ...found, status: "fixed", severity });
    }
  }
  // The description of a bulletin is about all of its vulnerabilities together.
  if (cves.length > 1) return;
  sink.details({
    id: cves[0] ?? document,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(severity === "unknown" ? {} : { severity }),
    ...(published === undefined ? {} : { published }),
  });
}

type Found = Pick<Advisory, "ecosystem" | "package" | "ranges" | "architectures">;

function packagesOf(bulletin: Bulletin, sink: AdvisorySink): readonly Found[] {
  const byName = new Map<string, { of: Ecosystem; name: string; fixes: FixFor[] }>();
  for (const package_ of bulletin.packages) {
    if (package_.architecture === "src") continue;
    const of = ecosystemOf(package_.release);
    if (of === undefined) {
      sink.malformed(bulletin.id, `expected the mark of a release in ${JSON.stringify(package_.release)}`);
      continue;
    }
    const key = `${of}\n${package_.name}`;
    const known = byName.get(key) ?? { of, name: package_.name, fixes: [] };
    byName.set(key, known);
    known.fixes.push({ fixed: versionOf(package_), architectures: [package_.architecture] });
  }
  const topic = topicOf(bulletin.id);
  const found: Found[] = [];
  for (const { of, name, fixes } of byName.values()) {
    for (const { fixed, architectures } of joinFixes(fixes)) {
      const range = topic === undefined ? { fixed } : { ...lineOf(topic, fixed), fixed };
      const only = architectures === undefined ? {} : { architectures };
      found.push({ ecosystem: of, package: name, ranges: [range], ...only });
    }
  }
  return found;
}

/** Bulletins of Amazon Linux 1 and 2 have the same names: what tells them apart is the mark of the release. */
function ecosystemOf(release: string): Ecosystem | undefined {
  const number = /(?:^|\.)amzn(\d+)/u.exec(release)?.[1];
  if (number === undefined) return undefined;
  // The last of the first generation calls itself 2018.03.
  return ecosystem(`Amazon Linux:${number === "1" ? "2018" : number}`);
}

function versionOf({ epoch, version, release }: BulletinPackage): string {
  return epoch === "" || epoch === "0" ? `${version}-${release}` : `${epoch}:${version}-${release}`;
}
