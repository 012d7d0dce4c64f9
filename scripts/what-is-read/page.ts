import type { Coverage } from "./count.ts";
import { knownGaps } from "./known-gaps.ts";
import { programRows } from "./program-rows.ts";

/** Writes what was counted as a page for people. */
export function coveragePage({ feeds, packages, left, tested }: Coverage, names: CoverageNames): string {
  return `# What is read, and what is not

This page is written by \`node scripts/write-coverage.ts\` from real feeds, package databases and the fixtures of other scanners
(trivy, trivy-db, vunnel, go-rpmdb, Syft, claircore), and a test holds it to them. Every file of theirs is either read or listed below
with the reason.

## Providers and enrichers

*Refused* are files of which nothing could be read; the build says so by name. What enrichers tell are no advisories.

| name | files | entries | advisories | malformed | ignored | refused | read from | known gaps |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${names.readers.map((name) => feedRow(name, feeds)).join("\n")}

## Catalogers

*Failures* are records that could not be read; most of these fixtures are broken on purpose. Go programs, gems, wheels,
jars and programs that were compiled from source are read in images that tests build, as no collection has such files.

| name | files | packages | failures | read from | known gaps |
| --- | --- | --- | --- | --- | --- |
${names.catalogers.map((name) => packageRow(name, packages)).join("\n")}

Of bills of materials, ${packages.get(SBOMS)?.files ?? 0} documents gave ${packages.get(SBOMS)?.packages ?? 0} packages and
${packages.get(SBOMS)?.failures ?? 0} failures. ${tested} more files are read by tests of their own, which know what is in them.

## Programs of common images

What \`programs\` and its neighbours tell of what was compiled from source.

| programs | known by | tried with |
| --- | --- | --- |
${programRows
  .map(({ programs, knownBy, triedWith }) => `| ${programs} | ${knownBy} | ${triedWith} |`)
  .join("\n")}

## Not read

| collection | files | why |
| --- | --- | --- |
${left
  .toSorted((one, other) => (`${one.set} ${one.why}` < `${other.set} ${other.why}` ? -1 : 1))
  .map(({ set, files, why }) => `| ${set} | ${files} | ${why} |`)
  .join("\n")}
`;
}

const SBOMS = "bills of materials";

/** The members of the two families, in order. */
export interface CoverageNames {
  readonly readers: readonly string[];
  readonly catalogers: readonly string[];
}

function feedRow(name: string, feeds: Coverage["feeds"]): string {
  const count = feeds.get(name);
  const numbers =
    count === undefined
      ? ["0", "", "", "", "", "", "no collection has its feed"]
      : [
          count.files,
          count.entries,
          count.advisories,
          count.malformed,
          count.ignored,
          count.refused,
          [...count.from].sort().join(", "),
        ];
  return `| \`${name}\` | ${numbers.join(" | ")} | ${knownGaps[name] ?? ""} |`;
}

function packageRow(name: string, packages: Coverage["packages"]): string {
  const count = packages.get(name);
  const numbers =
    count === undefined
      ? ["0", "", "", "images that tests build"]
      : [count.files, count.packages, count.failures, [...count.from].sort().join(", ")];
  return `| \`${name}\` | ${numbers.join(" | ")} | ${knownGaps[name] ?? ""} |`;
}
