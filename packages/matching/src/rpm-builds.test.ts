import type { Advisory, Distro, Package } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { match } from "./match.ts";
import { type AdvisoryParts, advisory as anyAdvisory, MemoryIndex } from "./testdata/memory-index.ts";

const almalinux: Distro = { id: "almalinux", version: "8.10" };

function rpm(parts: Partial<Package> = {}): Package {
  const { name = "nodejs", version = "1:18.12.1-1.el8", architecture = "x86_64" } = parts;
  const purl = `pkg:rpm/almalinux/${name}@${version}`;
  return {
    id: purl,
    purl,
    type: "rpm",
    paths: [],
    vendor: "AlmaLinux",
    ...parts,
    name,
    version,
    architecture,
  };
}

function advisory(parts: AdvisoryParts): Advisory {
  return anyAdvisory({ ecosystem: "AlmaLinux:8", source: "osv", package: "nodejs", ...parts });
}

function find(installed: Package | readonly Package[], advisories: readonly Advisory[], distro = almalinux) {
  const packages = [installed].flat();
  return match({ distro, packages }, new MemoryIndex({ advisories }));
}

const FIX = "1:18.14.0-1";
const MODULAR_FIX = `${FIX}.module_el8.7.0+3370+12345678`;
const MODULAR = "1:18.12.1-1.module_el8.7.0+3343+ea2b7901";

describe("modules", () => {
  it.each<[string, Partial<Package>, AdvisoryParts, number]>([
    ["the same stream", { version: MODULAR, module: "nodejs:18" }, { module: "nodejs:18" }, 1],
    ["another stream", { version: MODULAR, module: "nodejs:16" }, { module: "nodejs:18" }, 0],
    ["a build that names no stream", { version: MODULAR }, { module: "nodejs:18" }, 1],
    ["an advisory that names no stream", { version: MODULAR, module: "nodejs:18" }, {}, 1],
    ["a build outside modules", {}, { module: "nodejs:18" }, 0],
    ["a build whose label alone tells it", { module: "nodejs:18" }, { module: "nodejs:18" }, 1],
  ])("hears an advisory on a module about %s: %s", (_, installed, parts, expected) => {
    const { findings } = find(rpm(installed), [advisory({ ranges: [{ fixed: MODULAR_FIX }], ...parts })]);
    expect(findings).toHaveLength(expected);
  });

  it.each<[string, Partial<Package>, number]>([
    ["a build of a module", { version: MODULAR, module: "nodejs:18" }, 0],
    ["a build of a module that names no stream", { version: MODULAR }, 0],
    ["a build outside modules", {}, 1],
  ])("hears an advisory on no module about %s", (_, installed, expected) => {
    const { findings } = find(rpm(installed), [advisory({ ranges: [{ fixed: `${FIX}.el8` }] })]);
    expect(findings).toHaveLength(expected);
  });

  it("does not let the fix of one stream hide, or raise, that of another", () => {
    const words = ["14.21.3-1", "18.14.0-1", "20.0.0-1"].map((version) =>
      advisory({
        document: `ALSA-2026:00${version.slice(0, 2)}`,
        module: `nodejs:${version.slice(0, 2)}`,
        ranges: [{ fixed: `1:${version}.module_el8.7.0+1+1` }],
      }),
    );
    expect(find(rpm({ version: MODULAR, module: "nodejs:18" }), words).findings).toMatchObject([
      { advisory: "ALSA-2026:0018", fixedVersion: "1:18.14.0-1.module_el8.7.0+1+1" },
    ]);
  });

  it("judges builds of several streams in one version apart", () => {
    const both = ["nodejs:18", "nodejs:20"].map((module) => ({
      ...rpm({ version: MODULAR, module }),
      id: module,
    }));
    const { findings } = find(both, [advisory({ module: "nodejs:20", ranges: [{ fixed: MODULAR_FIX }] })]);
    expect(findings.map(({ packageId }) => packageId)).toEqual(["nodejs:20"]);
  });
});

describe("architectures", () => {
  it.each<[string, string, readonly string[] | undefined, number]>([
    ["the one that is installed", "x86_64", ["x86_64", "i686"], 1],
    ["others", "aarch64", ["x86_64"], 0],
    ["all", "aarch64", undefined, 1],
    ["none", "aarch64", ["noarch"], 1],
    ["any, of a package for none", "noarch", ["x86_64"], 1],
  ])("hears an advisory about %s", (_, architecture, architectures, expected) => {
    const about = architectures === undefined ? {} : { architectures };
    const { findings } = find(rpm({ architecture }), [
      advisory({ ranges: [{ fixed: `${FIX}.el8` }], ...about }),
    ]);
    expect(findings).toHaveLength(expected);
  });
});

describe("minor releases and flavours", () => {
  it.each([
    ["1:18.12.1-1.el8_4.2", "el8_4", 1],
    ["1:18.12.1-1.el8_4", "el8_4", 1],
    ["1:18.12.1-1.el8_40", "el8_4", 0],
    ["1:18.12.1-1.el8", "el8_4", 0],
    ["1:18.12.1-1.ksplice1.el8", "ksplice", 1],
    ["1:18.12.1-1.el8_5_fips", "fips", 1],
    ["1:18.12.1-1.el8", "fips", 0],
  ])("of %s hears an advisory about builds with %s: %i", (version, build, expected) => {
    const { findings } = find(rpm({ version }), [advisory({ build, ranges: [{ fixed: `${FIX}.el8` }] })]);
    expect(findings).toHaveLength(expected);
  });

  it("believes what is said of the very minor release before what is said of all", () => {
    const words = [
      advisory({ document: "A", ranges: [{ fixed: "1:18.20.0-1.el8_10" }] }),
      advisory({ document: "B", build: "el8_4", ranges: [{ fixed: "1:18.12.1-2.el8_4" }] }),
    ];
    expect(find(rpm({ version: "1:18.12.1-1.el8_4" }), words).findings).toMatchObject([{ advisory: "B" }]);
    expect(find(rpm({ version: "1:18.12.1-2.el8_4" }), words).findings).toEqual([]);
    expect(find(rpm({ version: "1:18.12.1-2.el8_6" }), words).findings).toMatchObject([{ advisory: "A" }]);
  });
});

describe("advisories that name sources", () => {
  const libs = {
    name: "openssl-libs",
    version: "1.1.1k-15.cm2",
    source: { name: "openssl", version: "1.1.1k-15.cm2" },
  };
  const ofSource = { package: "openssl", ofSource: true } as const;

  it("speak of all that is built from them", () => {
    const words = [advisory({ ...ofSource, ranges: [{ fixed: "1.1.1k-16.cm2" }] })];
    expect(find(rpm(libs), words).findings).toMatchObject([{ fixedVersion: "1.1.1k-16.cm2" }]);
    expect(
      find(
        rpm({ ...libs, version: "1.1.1k-16.cm2", source: { name: "openssl", version: "1.1.1k-16.cm2" } }),
        words,
      ).findings,
    ).toEqual([]);
  });

  it("do not speak of a package that only has the name of one", () => {
    const alien = rpm({ name: "openssl", version: "1-1", source: { name: "other", version: "1-1" } });
    expect(find(alien, [advisory({ ...ofSource, ranges: [{ fixed: "2-1" }] })]).findings).toEqual([]);
  });

  it("do not let those that name the source's package speak of others", () => {
    const words = [advisory({ package: "openssl", ranges: [{ fixed: "1.1.1k-16.cm2" }] })];
    expect(find(rpm(libs), words).findings).toEqual([]);
  });

  it.each([
    ["where the advisory has none", "2:9.0-1.cm2", "9.0.5-1.cm2", "2:9.0.5-1.cm2"],
    ["where the advisory alone has one", "9.0-1.cm2", "2:9.0.5-1.cm2", "9.0.5-1.cm2"],
  ])("are compared without epochs %s", (_, version, fixed, expected) => {
    const vim = rpm({ name: "vim", version, source: { name: "vim", version: "9.0-1.cm2" } });
    const { findings } = find(vim, [advisory({ ...ofSource, package: "vim", ranges: [{ fixed }] })]);
    expect(findings).toMatchObject([{ fixedVersion: expected }]);
  });

  it("are compared with the source's version where the package counts on its own", () => {
    const errno = rpm({
      name: "perl-Errno",
      version: "1.28-2.el8",
      source: { name: "perl", version: "5.26.3-2.el8" },
    });
    const words = [advisory({ ...ofSource, package: "perl", ranges: [{ fixed: "4:5.26.3-3.el8" }] })];
    expect(find(errno, words).findings).toMatchObject([{ fixedVersion: "5.26.3-3.el8" }]);
    const fixed = { ...errno, source: { name: "perl", version: "5.26.3-3.el8" } };
    expect(find(fixed, words).findings).toEqual([]);
  });

  it("are silent where the package's own advisory has a fix", () => {
    const errno = rpm({
      name: "perl-Errno",
      version: "1.28-3.el8",
      source: { name: "perl", version: "5.26.3-3.el8" },
    });
    const words = [
      advisory({ package: "perl-Errno", ranges: [{ fixed: "1.28-3.el8" }] }),
      advisory({ ...ofSource, package: "perl", ranges: [{}] }),
    ];
    expect(find(errno, words).findings).toEqual([]);
  });
});

describe("confidence", () => {
  const words = (name: string) => [advisory({ package: name, ranges: [{ fixed: "9:99-1" }] })];

  it.each([
    ["kernel-headers", "kernel"],
    ["kernel-core", "kernel"],
    ["perf", "kernel"],
    ["kernel-rt-devel", "kernel-rt"],
    ["kernel6.12", "kernel6.12"],
    ["linux-api-headers", "linux-api-headers"],
    ["linux-glibc-devel", "linux-glibc-devel"],
  ])("is low in %s, since a container runs on another kernel", (name, source) => {
    const { findings } = find(
      rpm({ name, version: "1-1", source: { name: source, version: "1-1" } }),
      words(name),
    );
    expect(findings).toMatchObject([{ confidence: "low" }]);
  });

  it.each([
    ["another vendor", "Remi Collet", "low"],
    ["the distribution", "AlmaLinux", undefined],
  ])("in a package by %s", (_, vendor, expected) => {
    const { findings } = find(rpm({ vendor }), words("nodejs"));
    expect(findings.map(({ confidence }) => confidence)).toEqual([expected]);
  });
});

it("lets the distribution's word on one stream say nothing of what a build of another owns", () => {
  const owner = rpm({ version: MODULAR, module: "nodejs:18" });
  const npm: Package = {
    id: "pkg:npm/undici@5.0.0",
    purl: "pkg:npm/undici@5.0.0",
    type: "npm",
    name: "undici",
    version: "5.0.0",
    paths: [],
    ownedBy: owner.id,
  };
  const language = anyAdvisory({
    ecosystem: "npm",
    source: "osv",
    package: "undici",
    ranges: [{ fixed: "5.0.1" }],
  });
  const other = advisory({ module: "nodejs:20", ranges: [{ fixed: MODULAR_FIX }] });
  const same = advisory({ module: "nodejs:18", ranges: [{ fixed: MODULAR }] });
  expect(find([owner, npm], [language, other]).findings).toMatchObject([
    { packageId: npm.id, confidence: "low" },
  ]);
  expect(find([owner, npm], [language, same]).findings).toEqual([]);
});
