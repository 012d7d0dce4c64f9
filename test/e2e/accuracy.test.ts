import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { gunzipSync } from "node:zlib";
import type { ScanReport } from "@pratique/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debianRoot, debianRootUnavailable, type RootRecipe } from "../../scripts/bench/debootstrap.ts";
import { accuracyRoot, accuracyRootOf13 } from "../../scripts/bench/roots.ts";
import { Pratique } from "./pratique.ts";
import { engineUnavailable, startPrivateEngine } from "./private-engine.ts";

const data = path.resolve(import.meta.dirname, "../../../shared/data");
const index = path.join(data, "debian-package-index");
const feed = path.join(data, "debian-dsa-dla");
const same = { missed: [], surplus: [] };
const BUILD_DEADLINE_MS = 1_200_000;

const unavailable = [index, feed].every((directory) => existsSync(directory))
  ? debianRootUnavailable()
  : "needs ../shared/data";
const noEngine = engineUnavailable();

interface Release {
  readonly number: number;
  readonly codename: "bookworm" | "trixie";
  readonly recipe: RootRecipe;
  /** A release that is young has few fixes that its `main` lacks. */
  readonly least: number;
}

const releases: readonly Release[] = [
  { number: 12, codename: "bookworm", recipe: accuracyRoot, least: 300 },
  { number: 13, codename: "trixie", recipe: accuracyRootOf13, least: 50 },
];

describe.skipIf(unavailable !== undefined).each(releases)(
  `a Debian $number built from main alone ${unavailable ?? ""}`,
  ({ codename, recipe, least }) => {
    let root: string;
    let pratique: Pratique;
    let expected: readonly string[];

    beforeAll(async () => {
      root = await debianRoot(recipe);
      expected = expectedOf(installedIn(root), codename);
      pratique = new Pratique();
      const { code, stderr } = pratique.command(["advisories", "build", "--from", `debian-dsa-dla:${feed}`]);
      if (code !== 0) throw new Error(`the database was not built: ${stderr}`);
    }, BUILD_DEADLINE_MS);
    afterAll(async () => {
      await pratique?.[Symbol.asyncDispose]();
    });

    /** What Pratique finds in the packages of the distribution, as `expectedOf` writes it. */
    function scan(image: string, flags: readonly string[] = []): readonly string[] {
      const args = ["image", "scan", image, "--no-cache", "--format", "json", ...flags];
      const { stdout, stderr, code } = pratique.command(args);
      // The feed is Debian's alone, and what there is of Python came with Debian's packages.
      expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
      return foundIn(JSON.parse(stdout));
    }

    it("has enough in it to tell", () => {
      expect(installedIn(root).size).toBeGreaterThan(500);
      expect(expected.length).toBeGreaterThan(least);
    });

    it("is found to lack exactly what dpkg says it lacks, read as a directory", () => {
      expect(compare("directory", scan(`dir:${root}`), expected)).toEqual(same);
    });

    it.skipIf(noEngine !== undefined)(
      "is found to lack the same as an engine's image and its archive",
      async () => {
        await using engine = await startPrivateEngine();
        await engine.imageFromRoot(root, "accuracy:1");
        expect(compare("engine", scan("docker:accuracy:1", [`--engine=${engine.host}`]), expected)).toEqual(
          same,
        );
        const archive = path.join(engine.directory, "accuracy.tar");
        const { code } = await engine.docker(["save", "--output", archive, "accuracy:1"]);
        expect(code).toBe(0);
        expect(compare("archive", scan(`docker-archive:${archive}`), expected)).toEqual(same);
      },
    );
  },
);

/** Each miss and each surplus, with its versions; the rates go to the log. */
function compare(how: string, found: readonly string[], expected: readonly string[]) {
  const missed = expected.filter((line) => !found.includes(line));
  const surplus = found.filter((line) => !expected.includes(line));
  const common = found.length - surplus.length;
  const rates = `precision ${(common / found.length).toFixed(4)}, recall ${(common / expected.length).toFixed(4)}`;
  process.stdout.write(`accuracy, ${how}: ${expected.length} expected, ${found.length} found, ${rates}\n`);
  return { missed, surplus };
}

/** Version by name, as dpkg tells it. */
function installedIn(root: string): ReadonlyMap<string, string> {
  const format = ["Package", "Version", "db:Status-Status"].map((field) => `\${${field}}`).join("\t");
  const args = [`--admindir=${path.join(root, "var/lib/dpkg")}`, "--show", `--showformat=${format}\n`];
  const { stdout } = spawnSync("dpkg-query", args, { encoding: "utf8" });
  const rows = stdout.split("\n").map((line) => line.split("\t"));
  return new Map(
    rows.flatMap(([name, version, status]) =>
      name !== undefined && version !== undefined && status === "installed" ? [[name, version]] : [],
    ),
  );
}

/**
 * `BINARY VERSION VULNERABILITY FIXED` for each installed package that lacks a fix. The index was made with dpkg's
 * own comparison; a package that the mirror has in another version today is compared by dpkg here.
 */
function expectedOf(
  installed: ReadonlyMap<string, string>,
  codename: Release["codename"],
): readonly string[] {
  const table = path.join(index, `${codename}_expected_main_only.tsv.gz`);
  const text = gunzipSync(readFileSync(table)).toString("utf8");
  const [, ...lines] = text.trimEnd().split("\n");
  const moved = new Set<string>();
  const expected = lines.flatMap((line) => {
    const [name = "", indexed, , , id, fixed = ""] = line.split("\t");
    const version = installed.get(name);
    if (version === undefined) return [];
    if (version !== indexed) {
      moved.add(name);
      if (!isOlder(version, fixed)) return [];
    }
    return [`${name} ${version} ${id} ${fixed}`];
  });
  if (moved.size > 0) process.stdout.write(`newer than in the index: ${[...moved].join(", ")}\n`);
  return [...new Set(expected)].toSorted();
}

function isOlder(version: string, fixed: string): boolean {
  return spawnSync("dpkg", ["--compare-versions", version, "lt", fixed]).status === 0;
}

function foundIn({ packages, findings }: ScanReport): readonly string[] {
  const byId = new Map(packages.map((found) => [found.id, found]));
  const lines = findings.flatMap(({ packageId, id, fixedVersion }) => {
    const owner = byId.get(packageId);
    return owner?.type === "deb" ? [`${owner.name} ${owner.version} ${id} ${fixedVersion}`] : [];
  });
  return [...new Set(lines)].toSorted();
}
