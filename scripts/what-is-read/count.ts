import { existsSync } from "node:fs";
import path from "node:path";
import { readers } from "../../packages/advisory/src/index.ts";
import { type LocatedFile, visitLocation } from "../../packages/archive/src/index.ts";
import { GiB, MiB, PratiqueError } from "../../packages/core/src/index.ts";
import { catalog, catalogers, readSbom } from "../../packages/inventory/src/index.ts";
import { fileTreeOf, type TreeItems } from "../../packages/testkit/src/index.ts";
import { collections, trivyDbRows, vunnelRows } from "./feed-rows.ts";
import type { FixtureRow } from "./fixture-row.ts";
import { databaseRows, trivyRows } from "./package-rows.ts";

const data = path.resolve(import.meta.dirname, "../../../shared/data");
const LIMITS = { files: 1_000_000, bytes: 8 * GiB, memberBytes: 512 * MiB };

const sets: Readonly<Record<string, readonly FixtureRow[]>> = {
  "rpm-apk-dpkg-db": databaseRows,
  "trivy-db-fixtures": trivyDbRows,
  "trivy-fixtures": trivyRows,
  "vunnel-fixtures": vunnelRows,
};

/** What a provider or enricher read. */
interface FeedCount {
  files: number;
  entries: number;
  advisories: number;
  malformed: number;
  ignored: number;
  /** Files that it refused by one of our errors. */
  refused: number;
  readonly from: Set<string>;
}

/** What a cataloger found. */
interface PackageCount {
  files: number;
  packages: number;
  failures: number;
  readonly from: Set<string>;
}

/** Files of which nothing is read, and why. */
interface LeftFiles {
  readonly set: string;
  readonly why: string;
  files: number;
}

export interface Coverage {
  readonly feeds: ReadonlyMap<string, FeedCount>;
  readonly packages: ReadonlyMap<string, PackageCount>;
  readonly left: readonly LeftFiles[];
  readonly tested: number;
  /** Files that no row speaks of; there must be none. */
  readonly unknown: readonly string[];
}

/** Whether the data are at hand. */
export function canCount(): boolean {
  return existsSync(data);
}

/** Reads every fixture, and tells what came of each. */
export async function countCoverage(): Promise<Coverage> {
  const counter = new Counter();
  for (const { reader, folder } of collections) {
    const found = readers.find(({ name }) => name === reader);
    const wants = (name: string): boolean => found?.wants(name) === true;
    await visit(path.join(data, folder), wants, (file) => counter.feed(reader, file, folder));
  }
  for (const [set, rows] of Object.entries(sets)) {
    await visit(
      path.join(data, set, `${set}.tar.gz`),
      () => true,
      (file) => counter.fixture(set, rows, file),
    );
  }
  return counter;
}

class Counter implements Coverage {
  readonly feeds = new Map<string, FeedCount>();
  readonly packages = new Map<string, PackageCount>();
  readonly left: LeftFiles[] = [];
  readonly unknown: string[] = [];
  tested = 0;

  async fixture(set: string, rows: readonly FixtureRow[], file: LocatedFile): Promise<void> {
    // As it is called within its archive.
    const name = file.path.replace(/^[^/]+\.tar\.gz\/(?:\.\/)?/u, "");
    const use = rows.find(({ files }) => files.test(name))?.use;
    switch (use?.kind) {
      case undefined:
        this.unknown.push(`${set}: ${name}`);
        return;
      case "feed":
        return this.feed(use.reader, file, set);
      case "packages":
        return this.#catalog(use.cataloger, { ...besideOf(use), [use.at(name)]: await bytesOf(file) }, set);
      case "tree":
        return this.#catalog(use.cataloger, treeOf((await bytesOf(file)).toString("utf8")), set);
      case "sbom":
        return this.#sbom(await bytesOf(file), set);
      case "tested":
        this.tested += 1;
        return;
      case "left": {
        const known = this.left.find((one) => one.set === set && one.why === use.why);
        if (known === undefined) this.left.push({ set, why: use.why, files: 1 });
        else known.files += 1;
      }
    }
  }

  async feed(name: string, file: LocatedFile, from: string): Promise<void> {
    const reader = readers.find((one) => one.name === name);
    if (reader === undefined) throw new Error(`there is no reader ${name}`);
    const fresh = {
      files: 0,
      entries: 0,
      advisories: 0,
      malformed: 0,
      ignored: 0,
      refused: 0,
      from: new Set<string>(),
    };
    const count = this.feeds.get(name) ?? fresh;
    this.feeds.set(name, count);
    count.files += 1;
    count.from.add(from);
    const add = (member: "entries" | "advisories" | "malformed" | "ignored") => () => {
      count[member] += 1;
    };
    try {
      await reader.read(file, {
        entry: add("entries"),
        malformed: add("malformed"),
        ignored: add("ignored"),
        advisory: add("advisories"),
        details: () => undefined,
        enrichment: () => undefined,
        endOfLife: () => undefined,
        repository: () => undefined,
      });
    } catch (thrown) {
      if (!(thrown instanceof PratiqueError)) throw thrown;
      count.refused += 1;
    }
  }

  async #catalog(name: string, items: TreeItems, from: string): Promise<void> {
    const chosen = catalogers.filter((one) => one.name === name);
    if (chosen.length === 0) throw new Error(`there is no cataloger ${name}`);
    const { packages, failures } = await catalog(fileTreeOf(items), { catalogers: chosen });
    // Without the rest of an image nobody can tell which distribution it is.
    const own = failures.filter(({ code }) => code !== "DISTRO_UNKNOWN");
    this.#add(name, { packages: packages.length, failures: own.length, from });
  }

  #sbom(bytes: Buffer, from: string): void {
    try {
      const { packages, failures } = readSbom(bytes).inventory;
      this.#add("bills of materials", { packages: packages.length, failures: failures.length, from });
    } catch (thrown) {
      if (!(thrown instanceof PratiqueError)) throw thrown;
      this.#add("bills of materials", { packages: 0, failures: 1, from });
    }
  }

  #add(
    name: string,
    found: { readonly packages: number; readonly failures: number; readonly from: string },
  ): void {
    const count = this.packages.get(name) ?? { files: 0, packages: 0, failures: 0, from: new Set<string>() };
    this.packages.set(name, count);
    count.files += 1;
    count.packages += found.packages;
    count.failures += found.failures;
    count.from.add(found.from);
  }
}

function besideOf({ beside }: { readonly beside?: string | undefined }): TreeItems {
  return beside === undefined ? {} : { [beside]: "{}" };
}

async function visit(
  location: string,
  wants: (name: string) => boolean,
  each: (file: LocatedFile) => Promise<void>,
): Promise<void> {
  await visitLocation(location, { wants, limits: LIMITS, failure: (thrown) => thrown }, each);
}

async function bytesOf(file: LocatedFile): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.stream()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** golang.org/x/tools/txtar: `-- NAME --` before each file. */
function treeOf(text: string): TreeItems {
  const parts = text.split(/^-- (?<name>.+) --$/mu).slice(1);
  const items: Record<string, string> = {};
  for (let at = 0; at + 1 < parts.length; at += 2)
    items[parts[at] ?? ""] = (parts[at + 1] ?? "").replace(/^\n/u, "");
  return items;
}
