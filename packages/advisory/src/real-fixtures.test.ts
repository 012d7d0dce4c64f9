import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { tempDirectory } from "@pratique/testkit";
import { expect, it, type TestContext } from "vitest";
import { type Collected, collect } from "./testdata/collect.ts";

const DATA = path.resolve(import.meta.dirname, "../../../../shared/data");
const VUNNEL = path.join(DATA, "vunnel-fixtures/vunnel-fixtures.tar.gz");
const TRIVY_DB = path.join(DATA, "trivy-db-fixtures/trivy-db-fixtures.tar.gz");

/** What a reader gives of each file of an archive that fits a pattern, in the order of their names. */
async function readAll(
  { skip }: TestContext,
  archive: string,
  { reader, files }: { readonly reader: string; readonly files: string },
): Promise<readonly Collected[]> {
  if (!existsSync(archive)) skip(`needs ${archive}, which is absent here`);
  using directory = tempDirectory();
  execFileSync("tar", ["-xzf", archive, "-C", directory.path, "--wildcards", files], { stdio: "pipe" });
  const found = globSync("**/*", { cwd: directory.path, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  const collected: Collected[] = [];
  for (const file of found) {
    collected.push(await collect(reader, readFileSync(file), { path: path.basename(file) }));
  }
  return collected;
}

function tally(collected: readonly Collected[]): Readonly<Record<string, number>> {
  const count = (of: (one: Collected) => number): number => collected.reduce((sum, one) => sum + of(one), 0);
  return {
    files: collected.length,
    entries: count(({ entries }) => entries),
    advisories: count(({ advisories }) => advisories.length),
    malformed: count(({ malformed }) => malformed.length),
    ignored: count(({ ignored }) => ignored.length),
  };
}

it("reads Ubuntu's records in the OSV schema", async (context) => {
  const collected = await readAll(context, VUNNEL, {
    reader: "ubuntu-osv",
    files: "*/ubuntu/test-fixtures/osv*",
  });
  expect(tally(collected)).toEqual({ files: 9, entries: 9, advisories: 48, malformed: 0, ignored: 3 });
  expect(collected.flatMap(({ advisories }) => advisories.map((one) => one.ecosystem))).toContain(
    "Ubuntu:Pro:Apps:16.04",
  );
});

it("reads Ubuntu's tracker in JSON", async (context) => {
  const collected = await readAll(context, TRIVY_DB, {
    reader: "ubuntu-tracker",
    files: "*/vuln-list/ubuntu/*",
  });
  expect(tally(collected)).toEqual({ files: 1, entries: 1, advisories: 3, malformed: 0, ignored: 0 });
  expect(collected.flatMap(({ advisories }) => advisories)).toMatchObject([
    { ecosystem: "Ubuntu:18.04", ranges: [{ fixed: "1.2.3" }], severity: "medium" },
    { ecosystem: "Ubuntu:20.04", status: "under-investigation" },
    { ecosystem: "Ubuntu:22.04", status: "affected", note: "pending: 1.2.4" },
  ]);
});

it("reads when releases end", async (context) => {
  const [collected] = await readAll(context, VUNNEL, { reader: "eol", files: "*/valid-eol-response.json" });
  expect(collected?.ends).toEqual([
    { distro: "ubuntu", release: "24.04", ends: "2029-04-25" },
    { distro: "ubuntu", release: "22.04", ends: "2027-04-21" },
    { distro: "ubuntu", release: "18.04", ends: "2023-04-26" },
  ]);
});
