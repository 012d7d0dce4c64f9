import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import { inspectRust } from "./inspect-rust.ts";

const programs: FilePattern = { programs: inspectRust };

/** Programs of one image; more are a failure. */
const MAX_PROGRAMS = 5000;
/** Crates of all programs together. */
const MAX_PACKAGES = 200_000;

/** The crates that programs of Rust were built from, where they were built with cargo-auditable. */
export const rust: Cataloger = { name: "rust", version: 2, patterns: [programs], catalog };

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages: PackageFacts[] = [];
  let count = 0;
  for (const { path, excerpt } of tree.excerpts(inspectRust)) {
    signal?.throwIfAborted();
    count += 1;
    if (count > MAX_PROGRAMS || packages.length > MAX_PACKAGES) {
      log.add(
        "LIMIT_REACHED",
        `more than ${MAX_PROGRAMS} programs of Rust or ${MAX_PACKAGES} crates of them`,
        path,
      );
      break;
    }
    if (excerpt.length === 0) {
      log.add(
        "PACKAGE_RECORD_MALFORMED",
        "the list of crates in a program of Rust is damaged, or too long",
        path,
      );
      continue;
    }
    const layer = tree.stat(path)?.layer;
    for (const line of Buffer.from(excerpt).toString("utf8").split("\n")) {
      const [name, version] = line.split("\t");
      if (name === undefined || version === undefined) continue;
      packages.push({ type: "cargo", name, version, paths: [path], ...(layer !== undefined && { layer }) });
    }
  }
  return { packages, failures: log.list() };
}
