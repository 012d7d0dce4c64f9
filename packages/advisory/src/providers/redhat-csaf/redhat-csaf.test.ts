import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { type RedHatSays, redhatFeed, redhatJson } from "../../testdata/rpm-feeds.ts";
import { readPlatform } from "./platform.ts";
import { packageOfId, packageOfPurl } from "./rpm-product.ts";

const el9 = { el9: "cpe:/o:redhat:enterprise_linux:9::baseos" };

async function advisoriesOf(says: RedHatSays) {
  const { advisories, malformed } = await collect("redhat-csaf", redhatJson(says));
  expect(malformed).toEqual([]);
  return advisories;
}

it("tells a fix with its erratum, and how bad the vulnerability is in the product", async () => {
  const vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N";
  const [advisory, ...others] = await advisoriesOf({
    releases: el9,
    packages: { tool: "pkg:rpm/redhat/tool@1.2-3.el9?arch=x86_64&epoch=1" },
    vulnerability: {
      product_status: { fixed: ["el9:tool"] },
      remediations: [
        { category: "workaround", product_ids: ["el9:tool"] },
        {
          category: "vendor_fix",
          product_ids: ["el9:tool"],
          url: "https://access.redhat.com/errata/RHSA-2024:1234",
        },
      ],
      threats: [
        { category: "impact", details: "Moderate", product_ids: ["el9:other"] },
        { category: "impact", details: "Important", product_ids: ["el9:tool"] },
      ],
      scores: [{ cvss_v3: { vectorString: vector }, products: ["el9:tool"] }],
    },
  });
  expect(advisory).toEqual({
    id: "CVE-2024-0001",
    aliases: [],
    document: "RHSA-2024:1234",
    ecosystem: "Red Hat:9",
    package: "tool",
    ranges: [{ fixed: "1:1.2-3.el9" }],
    status: "fixed",
    severity: "high",
    cvss: vector,
  });
  expect(others).toEqual([]);
});

it("keeps apart what is open, and why", async () => {
  const names = ["open", "wont", "old", "later", "asked", "safe", "silent"];
  const product = (name: string) => `el9:${name}`;
  const advisories = await advisoriesOf({
    releases: el9,
    packages: Object.fromEntries(names.map((name) => [name, `pkg:rpm/redhat/${name}?arch=src`])),
    vulnerability: {
      product_status: {
        known_affected: ["open", "wont", "old", "later", "silent"].map(product),
        known_not_affected: [product("safe")],
        under_investigation: [product("asked")],
      },
      remediations: [
        { category: "none_available", details: "Affected", product_ids: [product("open")] },
        { category: "none_available", details: "Fix deferred", product_ids: [product("later")] },
        { category: "no_fix_planned", details: "Will not fix", product_ids: [product("wont")] },
        { category: "no_fix_planned", details: "Out of support scope", product_ids: [product("old")] },
      ],
    },
  });
  expect(Object.fromEntries(advisories.map((a) => [a.package, [a.status, a.ranges]]))).toEqual({
    open: ["affected", [{}]],
    silent: ["affected", [{}]],
    wont: ["will-not-fix", [{}]],
    old: ["end-of-life", [{}]],
    later: ["fix-deferred", [{}]],
    asked: ["under-investigation", [{}]],
    safe: ["affected", []],
  });
  expect(advisories.every(({ ofSource }) => ofSource === true)).toBe(true);
});

it("keeps streams of modules, minor releases with lives of their own and architectures apart", async () => {
  const advisories = await advisoriesOf({
    releases: {
      el8: "cpe:/a:redhat:enterprise_linux:8::appstream",
      eus: "cpe:/a:redhat:rhel_eus:8.6::appstream",
      ocp: "cpe:/a:redhat:openshift:4.12::el8",
    },
    packages: {
      n18: "pkg:rpm/redhat/nodejs@18.1-1.module%2Bel8.8.0%2B1%2Ba?arch=x86_64&epoch=1&rpmmod=nodejs:18:808:63b3",
      n18eus:
        "pkg:rpm/redhat/nodejs@18.1-1.module%2Bel8.6.0%2B1%2Ba?arch=x86_64&epoch=1&rpmmod=nodejs:18:806:63b3",
      sudo: "pkg:rpm/redhat/sudo@1.9-7.el8?arch=x86_64",
      sudoarm: "pkg:rpm/redhat/sudo@1.9-8.el8?arch=aarch64",
      sudoeus: "pkg:rpm/redhat/sudo@1.9-1.el8_6.2?arch=x86_64",
      sudosrc: "pkg:rpm/redhat/sudo@1.9-7.el8?arch=src",
      debug: "pkg:rpm/redhat/sudo-debuginfo@1.9-7.el8?arch=x86_64",
      odd: "pkg:rpm/redhat/odd@1-2.ael7b?arch=ppc64le",
    },
    vulnerability: {
      product_status: {
        fixed: ["el8:n18", "el8:sudo", "el8:sudoarm", "el8:sudosrc", "el8:debug", "ocp:sudo"].concat(
          "eus:n18eus",
          "eus:sudoeus",
          "eus:odd",
        ),
        known_affected: ["eus:sudosrc"],
      },
    },
  });
  expect(advisories.filter(({ build }) => build !== undefined).map(({ channels }) => channels)).toEqual([
    ["rhel_eus:8.6"],
    ["rhel_eus:8.6"],
    ["rhel_eus:8.6"],
  ]);
  expect(advisories.map((a) => [a.package, a.ranges[0]?.fixed, a.module, a.build, a.architectures])).toEqual([
    ["nodejs", "1:18.1-1.module+el8.8.0+1+a", "nodejs:18", undefined, undefined],
    ["sudo", "1.9-7.el8", undefined, undefined, ["x86_64"]],
    ["sudo", "1.9-8.el8", undefined, undefined, ["aarch64"]],
    ["nodejs", "1:18.1-1.module+el8.6.0+1+a", "nodejs:18", "module+el8.6.0", undefined],
    ["sudo", "1.9-1.el8_6.2", undefined, "el8_6", undefined],
    ["odd", "1-2.ael7b", undefined, "2.ael7b", undefined],
  ]);
});

it("names all releases with lives of their own that share a fix", async () => {
  const advisories = await advisoriesOf({
    releases: {
      eus: "cpe:/o:redhat:rhel_eus:8.6::baseos",
      aus: "cpe:/o:redhat:rhel_aus:8.6::baseos",
      old: "cpe:/o:redhat:rhel_e4s:8.4::baseos",
    },
    packages: {
      sudo6: "pkg:rpm/redhat/sudo@1.9-1.el8_6.2?arch=x86_64",
      sudo4: "pkg:rpm/redhat/sudo@1.9-1.el8_4.2?arch=x86_64",
    },
    vulnerability: { product_status: { fixed: ["eus:sudo6", "aus:sudo6", "old:sudo4"] } },
  });
  expect(advisories.map(({ ranges, channels }) => [ranges[0]?.fixed, channels])).toEqual([
    ["1.9-1.el8_6.2", ["rhel_aus:8.6", "rhel_eus:8.6"]],
    ["1.9-1.el8_4.2", ["rhel_e4s:8.4"]],
  ]);
});

it("lets the source speak where no binary package is named", async () => {
  const [advisory] = await advisoriesOf({
    releases: el9,
    packages: { "python3.9-0:3.9.18-3.el9_4.5.src": "" },
    vulnerability: { product_status: { fixed: ["el9:python3.9-0:3.9.18-3.el9_4.5.src"] } },
  });
  expect(advisory).toMatchObject({
    package: "python3.9",
    ranges: [{ fixed: "3.9.18-3.el9_4.5" }],
    ofSource: true,
  });
});

it("takes the status from remediations where there is no other", async () => {
  const advisories = await advisoriesOf({
    releases: el9,
    packages: { a: "pkg:rpm/redhat/a@1-1.el9?arch=noarch", b: "pkg:rpm/redhat/b" },
    vulnerability: {
      remediations: [
        { category: "vendor_fix", product_ids: ["el9:a"] },
        { category: "no_fix_planned", product_ids: ["el9:b", "el9:a"] },
      ],
    },
  });
  expect(advisories.map((a) => [a.package, a.status])).toEqual([
    ["a", "fixed"],
    ["b", "will-not-fix"],
  ]);
});

it.each([
  ["cpe:/o:redhat:enterprise_linux:9::baseos", "Red Hat:9", undefined],
  ["cpe:/o:redhat:enterprise_linux:6", "Red Hat:6", undefined],
  ["cpe:/o:redhat:enterprise_linux:10.0", "Red Hat:10", undefined],
  ["cpe:/o:redhat:rhel_eus:8.6::baseos", "Red Hat:8", "rhel_eus:8.6"],
  ["cpe:/o:redhat:enterprise_linux_eus:10.0", "Red Hat:10", "enterprise_linux_eus:10.0"],
  ["cpe:/o:redhat:rhel_els:6", "Red Hat:6", "rhel_els:6"],
  ["cpe:/a:redhat:rhel_e4s:9.0::appstream", "Red Hat:9", "rhel_e4s:9.0"],
  ["cpe:/a:redhat:openshift:4.12::el8", undefined, undefined],
  ["cpe:/a:redhat:rhel_software_collections:3::el7", undefined, undefined],
])("knows %s as %s", (cpe, of, channel) => {
  const expected =
    of === undefined ? undefined : { ecosystem: of, ...(channel !== undefined && { channel }) };
  expect(readPlatform(cpe)).toEqual(expected);
});

it.each([
  ["kernel", { name: "kernel", architecture: "src" }],
  ["nodejs:16/nodejs", { name: "nodejs", architecture: "src", module: "nodejs:16" }],
  [
    "ruby-0:3.1.4-142.module+el8.9.0+21471+7d1e4a35.i686::ruby:3.1",
    {
      name: "ruby",
      version: "3.1.4-142.module+el8.9.0+21471+7d1e4a35",
      architecture: "i686",
      module: "ruby:3.1",
    },
  ],
  ["bind-32:9.8.2-0.68.rc1.el6.src", { name: "bind", version: "32:9.8.2-0.68.rc1.el6", architecture: "src" }],
  ["two words", undefined],
])("reads the identifier %s", (id, expected) => {
  expect(packageOfId(id)).toEqual(expected);
});

it.each([
  ["pkg:oci/redhat/image@1", undefined],
  [
    "pkg:rpm/redhat/libstdc%2B%2B@1%zz-1?arch=x86_64",
    { name: "libstdc++", version: "1%zz-1", architecture: "x86_64" },
  ],
  ["pkg:rpm/gtk2+?rpmmod=x", { name: "gtk2+" }],
])("reads the purl %s", (purl, expected) => {
  expect(packageOfPurl(purl)).toEqual(expected);
});

it.each([
  ["no document", '{"a": 1}', "expected a CSAF document"],
  ["a list", "[]", "expected a CSAF document"],
  [
    "a vulnerability without a name",
    redhatFeed.replace('"cve":', '"x":'),
    "expected the name of a vulnerability",
  ],
])("counts %s", async (_, text, reason) => {
  const { advisories, malformed } = await collect("redhat-csaf", text);
  expect(malformed).toEqual([expect.stringContaining(reason)]);
  expect(advisories).toEqual([]);
});

it.each([
  ["no vulnerability", { vulnerabilities: [] }, "names no vulnerability"],
  ["no package of its own", { product_tree: {} }, "names no package of Red Hat Enterprise Linux"],
])("ignores a document that names %s", async (_, more, reason) => {
  const { ignored } = await collect("redhat-csaf", JSON.stringify({ ...JSON.parse(redhatFeed), ...more }));
  expect(ignored).toEqual([expect.stringContaining(reason)]);
});

it("refuses half a document", async () => {
  await expect(collect("redhat-csaf", redhatFeed.slice(0, 99))).rejects.toMatchObject({
    code: "SOURCE_DAMAGED",
  });
});
