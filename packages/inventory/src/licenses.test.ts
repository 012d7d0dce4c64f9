import { fileTreeOf, type TreeItem, zipOf } from "@pratique/testkit";
import { expect, it } from "vitest";
import { catalog } from "./catalog.ts";
import { wantedPatterns } from "./wanted-patterns.ts";

async function licensesIn(files: Readonly<Record<string, TreeItem>>) {
  const { packages } = await catalog(fileTreeOf(files, { patterns: wantedPatterns() }));
  return Object.fromEntries(packages.map(({ name, licenses }) => [name, licenses]));
}

const META = "usr/lib/python3/dist-packages/a-1.dist-info/METADATA";

function python(headers: string): Readonly<Record<string, TreeItem>> {
  return { [META]: `Metadata-Version: 2.4\nName: a\nVersion: 1\n${headers}\n\nLicense: not a header\n` };
}

function npm(members: object): Readonly<Record<string, TreeItem>> {
  return { "node_modules/a/package.json": JSON.stringify({ name: "a", version: "1", ...members }) };
}

function pom(licenses: string) {
  const directory = "META-INF/maven/org.a/a";
  return [
    { name: `${directory}/pom.properties`, content: "groupId=org.a\nartifactId=a\nversion=1\n" },
    { name: `${directory}/pom.xml`, content: `<project xmlns="x">${licenses}</project>` },
  ];
}

function jar(...entries: readonly { name: string; content: string }[]): Readonly<Record<string, TreeItem>> {
  return { "a.jar": zipOf([{ name: "org/a/A.class", content: "\xca\xfe\xba\xbe" }, ...entries]) };
}

function manifest(license: string) {
  return {
    name: "META-INF/MANIFEST.MF",
    content: `Manifest-Version: 1.0\r\nBundle-License: ${license}\r\n\r\n`,
  };
}

it.each<readonly [string, Readonly<Record<string, TreeItem>>, readonly string[] | undefined]>([
  ["apk", { "lib/apk/db/installed": "P:a\nV:1\nL:GPL-2.0-only AND MIT\n\n" }, ["GPL-2.0-only AND MIT"]],
  ["apk without one", { "lib/apk/db/installed": "P:a\nV:1\nL:\n\n" }, undefined],
  [
    "opkg",
    { "usr/lib/opkg/status": "Package: a\nVersion: 1\nStatus: install ok installed\nLicense: MIT\n\n" },
    ["MIT"],
  ],
  [
    "pacman",
    {
      "var/lib/pacman/local/a-1/desc": "%NAME%\na\n\n%VERSION%\n1-1\n\n%LICENSE%\nMIT\nBSD\n\n%ARCH%\nany\n",
    },
    ["MIT", "BSD"],
  ],
  ["npm", npm({ license: "(MIT OR Apache-2.0)" }), ["(MIT OR Apache-2.0)"]],
  ["npm of old", npm({ licenses: [{ type: "MIT" }, { type: "GPLv2", url: "x" }] }), ["(MIT) OR (GPLv2)"]],
  ["npm of old, one", npm({ license: { type: "MIT", url: "x" } }), ["MIT"]],
  ["npm with nonsense", npm({ license: 7, licenses: { type: {} } }), undefined],
  ["npm with a text", npm({ license: "x".repeat(5000) }), undefined],
  ["Python, an expression", python("License: BSD\nLicense-Expression: MIT"), ["MIT"]],
  [
    "Python, classifiers",
    python(
      "License: Apache\nClassifier: License :: OSI Approved :: Apache Software License\nClassifier: Topic :: X",
    ),
    ["Apache Software License"],
  ],
  [
    "Python, an exact name",
    python("License: BSD-3-Clause\nClassifier: License :: OSI Approved :: BSD License"),
    ["BSD-3-Clause"],
  ],
  ["Python, a name", python("License: MIT"), ["MIT"]],
  ["Python, unknown", python("License: UNKNOWN"), undefined],
  ["Maven", jar(...pom("<licenses><license><name>MIT</name></license></licenses>")), ["MIT"]],
  [
    "Maven, several",
    jar(...pom("<licenses><license><name>A</name></license><license><url>B</url></license></licenses>")),
    ["(A) OR (B)"],
  ],
  ["Maven, no XML", jar(...pom("<licenses>")), undefined],
  ["a manifest", jar(...pom(""), manifest("Apache License, Version 2.0")), ["Apache License, Version 2.0"]],
  [
    "a manifest with addresses",
    jar(...pom(""), manifest("https://a.example/l.txt;description=x, MIT")),
    ["(https://a.example/l.txt) OR (MIT)"],
  ],
  [
    "a gem",
    {
      "usr/lib/ruby/specifications/a-1.gemspec":
        '# -*- encoding: utf-8 -*-\n# stub: a 1 ruby lib\n\n  s.licenses = ["MIT".freeze, "Ruby".freeze]\n',
    },
    ["(MIT) OR (Ruby)"],
  ],
  [
    "a gem with a program in its place",
    { "usr/lib/ruby/specifications/a-1.gemspec": "# stub: a 1 ruby lib\n  s.license = `id`\n" },
    undefined,
  ],
  [
    "Conda",
    {
      "opt/conda/conda-meta/a-1-0.json": JSON.stringify({ name: "a", version: "1", license: "BSD-3-Clause" }),
    },
    ["BSD-3-Clause"],
  ],
  [
    "Hex",
    {
      "app/deps/a/hex_metadata.config":
        '{<<"name">>,<<"a">>}.\n{<<"version">>,<<"1.0.0">>}.\n{<<"licenses">>,[<<"Apache-2.0">>,<<"MIT">>]}.\n',
    },
    ["Apache-2.0", "MIT"],
  ],
])("keeps what a record says of licences: %s", async (_, files, expected) => {
  expect(Object.values(await licensesIn(files))).toEqual([expected]);
});

it.each([
  ["apk", (license: string) => ({ "lib/apk/db/installed": `P:a\nV:1\nL:${license}\n\n` })],
  [
    "opkg",
    (license: string) => ({
      "usr/lib/opkg/status": `Package: a\nVersion: 1\nStatus: install ok installed\nLicense: ${license}\n\n`,
    }),
  ],
  ["Python", (license: string) => python(`License-Expression: ${license}`)],
])("keeps a long text whole or not at all: %s", async (_, filesWith) => {
  const long = `${"MIT AND ".repeat(200)}AGPL-3.0-only`;
  expect(await licensesIn(filesWith(long))).toEqual({ a: [long] });
  expect(await licensesIn(filesWith("MIT AND ".repeat(2000)))).toEqual({ a: undefined });
});

it("keeps what Composer's list says of licences, of which one may be chosen", async () => {
  const packages = [
    { name: "a/one", version: "1", license: ["MIT"] },
    { name: "a/two", version: "1", license: ["MIT", "GPL-2.0-only"] },
    { name: "a/none", version: "1" },
  ];
  expect(await licensesIn({ "vendor/composer/installed.json": JSON.stringify({ packages }) })).toEqual({
    "a/one": ["MIT"],
    "a/two": ["(MIT) OR (GPL-2.0-only)"],
    "a/none": undefined,
  });
});
