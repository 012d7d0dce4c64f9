import { type Dirent, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDebian, repaired, vulnerable } from "./debian-root.ts";
import { Pratique } from "./pratique.ts";
import { engineUnavailable } from "./private-engine.ts";

const unavailable = engineUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: files.test.ts ${unavailable}`);

/** Public by their nature: what a server is known by. */
const PUBLIC = /^server\/(?:tls\/cert\.pem|audit\/log\.vkey)$/u;

describe.skipIf(unavailable !== undefined)("what Pratique keeps on a disk", () => {
  let pratique: Pratique;
  let kept: readonly string[];

  beforeAll(async () => {
    pratique = new Pratique({ runtime: "auto" });
    const osv = path.join(pratique.directory, "OSV-1.json");
    const affected = [{ package: { ecosystem: "npm", name: "left" }, versions: ["1.0.0"] }];
    writeFileSync(osv, JSON.stringify({ id: "OSV-1", modified: "2026-01-01T00:00:00Z", affected }));
    const list = path.join(pratique.directory, "c2.txt");
    writeFileSync(list, "198.51.100.7\n");
    expect(pratique.command(["advisories", "build", "--from", `osv:${osv}`])).toMatchObject({ code: 0 });
    expect(pratique.command(["intel", "update", "--from", `list:${list}`])).toMatchObject({ code: 0 });
    await pratique.up(["--private-engine"]);
    importDebian(pratique.engineHost, "shop:bad", vulnerable);
    importDebian(pratique.engineHost, "shop:good", repaired);
    for (const image of ["shop:bad", "shop:good"])
      pratique.docker(["run", "--rm", "--user", "1000", image, "true"]);
    pratique.command(["image", "check", "docker:shop:good", "--engine", pratique.engineHost]);
    kept = filesIn(pratique.data());
    await pratique.down();
  });
  afterAll(async () => {
    await pratique[Symbol.asyncDispose]();
  });

  it("is named in the reference, and nothing else is there", () => {
    const named = patterns();
    const all = [...new Set([...kept, ...filesIn(pratique.data())])];
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter((file) => !named.some((pattern) => path.matchesGlob(file, pattern)))).toEqual([]);
  });

  it("is there for its owner alone", () => {
    const own = filesIn(pratique.data()).filter((file) => !file.startsWith("engine/") && !PUBLIC.test(file));
    expect(own.length).toBeGreaterThan(20);
    // A directory that is closed closes what is in it.
    expect(own.filter((file) => isOpen(file)).toSorted()).toEqual([]);
  });

  function isOpen(file: string): boolean {
    const parts = file.split("/");
    return parts.every(
      (_, index) => (statSync(pratique.data(...parts.slice(0, index + 1))).mode & 0o077) !== 0,
    );
  }
});

/** The first column of the table, names in back quotes. */
function patterns(): readonly string[] {
  const rows = readFileSync("docs/reference/files.md", "utf8").matchAll(/^\| (?<names>`.*?) \|/gmu);
  return [...rows].flatMap(({ groups }) =>
    [...(groups?.names ?? "").matchAll(/`(?<name>[^`]+)`/gu)].map((match) => match.groups?.name ?? ""),
  );
}

function filesIn(directory: string): readonly string[] {
  const found: string[] = [];
  const look = (entry: Dirent) => {
    const place = path.join(entry.parentPath, entry.name);
    const name = path.relative(directory, place);
    if (!entry.isDirectory()) found.push(name);
    // Whatever the engine keeps there is its own.
    else if (name !== "engine/data")
      for (const below of readdirSync(place, { withFileTypes: true })) look(below);
    else found.push("engine/data/any");
  };
  for (const entry of readdirSync(directory, { withFileTypes: true })) look(entry);
  return found;
}
