import type { Advisory, Distro, Package } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { match } from "./match.ts";
import { advisory, MemoryIndex } from "./testdata/memory-index.ts";

const BASE = "rhel-8-for-x86_64-baseos-rpms";
const EUS = "rhel-8-for-x86_64-baseos-eus-rpms";
const E4S = "rhel-8-for-x86_64-baseos-e4s-rpms";
const repositories = {
  [BASE]: ["cpe:/o:redhat:enterprise_linux:8::baseos"],
  [EUS]: ["cpe:/o:redhat:rhel_eus:8.4::baseos", "cpe:/o:redhat:rhel_eus:8.6::baseos"],
  [E4S]: ["cpe:/o:redhat:rhel_e4s:8.6::baseos"],
  [`${EUS}__8_DOT_4`]: ["cpe:/o:redhat:rhel_eus:8.4::baseos"],
};

function rpm(version: string, parts: Partial<Package> = {}): Package {
  const purl = `pkg:rpm/rhel/sudo@${version}`;
  return {
    id: purl,
    type: "rpm",
    name: "sudo",
    version,
    purl,
    architecture: "x86_64",
    paths: ["rpmdb"],
    ...parts,
  };
}

function fix(fixed: string, parts: Partial<Advisory> = {}): Advisory {
  const { ecosystem: _ecosystem, ...rest } = parts;
  return advisory({
    ecosystem: "Red Hat:8",
    source: "redhat-csaf",
    package: "sudo",
    ranges: [{ fixed }],
    ...rest,
  });
}

const words = [
  fix("1.9-9.el8", { document: "RHSA-8" }),
  fix("1.9-5.el8_4.3", { document: "RHSA-84", build: "el8_4", channels: ["rhel_aus:8.4", "rhel_eus:8.4"] }),
  fix("1.9-7.el8_6.2", { document: "RHSA-86", build: "el8_6", channels: ["rhel_e4s:8.6", "rhel_eus:8.6"] }),
];

function fixFor(
  installed: Package,
  contentSets: readonly string[] | undefined,
  version = "8.6",
  cpes: readonly string[] = [],
) {
  const distro: Distro = { id: "rhel", version, cpes, ...(contentSets !== undefined && { contentSets }) };
  const { findings } = match(
    { distro, packages: [installed] },
    new MemoryIndex({ advisories: words, repositories }),
  );
  return findings.map(({ fixedVersion, advisory: document }) => `${document} ${fixedVersion}`);
}

describe("a build of Red Hat Enterprise Linux", () => {
  it.each([
    [
      "an image of EUS is sent to the fix of its minor release",
      "1.9-7.el8",
      [EUS],
      "8.6",
      ["RHSA-86 1.9-7.el8_6.2"],
    ],
    ["one of another minor release to that of its own", "1.9-5.el8", [EUS], "8.4", ["RHSA-84 1.9-5.el8_4.3"]],
    ["one with the fix of its minor release is fixed", "1.9-7.el8_6.2", [EUS], "8.6", []],
    [
      "the minor release in the name of a content set counts",
      "1.9-5.el8",
      [`${EUS}__8_DOT_4`],
      "8.6",
      ["RHSA-84 1.9-5.el8_4.3"],
    ],
    ["E4S is another, with a fix that it shares", "1.9-7.el8", [E4S], "8.6", ["RHSA-86 1.9-7.el8_6.2"]],
    [
      "an image of the common repositories is sent to their fix",
      "1.9-7.el8",
      [BASE],
      "8.6",
      ["RHSA-8 1.9-9.el8"],
    ],
    ["also with a build of a minor release", "1.9-7.el8_6.1", [BASE], "8.6", ["RHSA-8 1.9-9.el8"]],
    [
      "a content set is known without the release behind it",
      "1.9-7.el8_6.1",
      [`${BASE}__8`],
      "8.6",
      ["RHSA-8 1.9-9.el8"],
    ],
    [
      "where nobody knows, a build tells by its mark",
      "1.9-7.el8_6.1",
      undefined,
      "8.6",
      ["RHSA-86 1.9-7.el8_6.2"],
    ],
    [
      "and so it does where no content set is known",
      "1.9-7.el8_6.1",
      ["secret-rpms"],
      "8.6",
      ["RHSA-86 1.9-7.el8_6.2"],
    ],
    ["and has none without it", "1.9-7.el8", undefined, "8.6", ["RHSA-8 1.9-9.el8"]],
  ] as const)("%s", (_, version, contentSets, release, expected) => {
    expect(fixFor(rpm(version), contentSets, release)).toEqual(expected);
  });

  it("is judged by the repository that it came from, before what the image as a whole was built from", () => {
    expect(fixFor(rpm("1.9-7.el8", { repository: EUS }), [BASE])).toEqual(["RHSA-86 1.9-7.el8_6.2"]);
    expect(fixFor(rpm("1.9-7.el8", { repository: BASE }), [EUS])).toEqual(["RHSA-8 1.9-9.el8"]);
    expect(fixFor(rpm("1.9-7.el8", { repository: "secret-rpms" }), [EUS])).toEqual(["RHSA-86 1.9-7.el8_6.2"]);
  });

  it.each([
    ["of EUS", ["cpe:/o:redhat:rhel_eus:8.6::baseos"], ["RHSA-86 1.9-7.el8_6.2"]],
    ["of the release", ["cpe:/o:redhat:enterprise_linux:8::baseos"], ["RHSA-8 1.9-9.el8"]],
    [
      "of the release, and of EUS above it",
      ["cpe:/o:redhat:enterprise_linux:8::baseos", "cpe:/o:redhat:rhel_eus:8.6::baseos"],
      ["RHSA-86 1.9-7.el8_6.2"],
    ],
    [
      "of another product, which does not tell",
      ["cpe:/a:redhat:openshift:4.14::el8"],
      ["RHSA-86 1.9-7.el8_6.2"],
    ],
  ])("is judged by the label of an image %s where no repository is known", (_, cpes, expected) => {
    const installed = rpm("1.9-7.el8_6.1");
    expect(fixFor(installed, ["secret-rpms"], "8.6", cpes)).toEqual(expected);
    expect(fixFor(installed, [BASE], "8.6", cpes)).toEqual(["RHSA-8 1.9-9.el8"]);
  });

  it("is told apart from the same build from elsewhere in one image", () => {
    const [base, eus] = [
      rpm("1.9-7.el8", { repository: BASE }),
      rpm("1.9-7.el8", { id: "b", repository: EUS }),
    ];
    const { findings } = match(
      { distro: { id: "rhel", version: "8.6" }, packages: [base, eus] },
      new MemoryIndex({ advisories: words, repositories }),
    );
    expect(findings.map(({ fixedVersion }) => fixedVersion).sort()).toEqual(["1.9-7.el8_6.2", "1.9-9.el8"]);
  });
});
