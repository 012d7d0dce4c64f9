import { fileTreeOf, type TreeItem } from "@pratique/testkit";
import { expect, it } from "vitest";
import { catalog } from "../catalog.ts";
import { wantedPatterns } from "../wanted-patterns.ts";
import { findLicenseFiles, licenseFilePattern } from "./find-license-files.ts";
import { findLicenses, licensePatterns } from "./find-licenses.ts";

const MIT = `MIT License

Copyright (c) 2026 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY.
`;
const WTFPL = "DO WHAT THE FUCK YOU WANT TO PUBLIC LICENSE\n 0. You just DO WHAT THE FUCK YOU WANT TO.\n";

const NPM = { "srv/node_modules/a/package.json": '{"name":"a","version":"1.0.0"}' };
const PYTHON = {
  "usr/lib/python3/site-packages/a-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: a\nVersion: 1\n",
};
const PUB = { "root/.pub-cache/hosted/pub.dev/http-1.1.0/pubspec.yaml": "name: http\n" };

async function licensesOf(files: Readonly<Record<string, TreeItem>>) {
  const tree = fileTreeOf(files, { patterns: [...wantedPatterns(), ...licensePatterns] });
  const { packages } = await catalog(tree);
  expect(packages).toHaveLength(1);
  const { licenses, failures } = await findLicenses(tree, packages);
  expect(failures).toEqual([]);
  return Object.values(licenses)[0];
}

it.each<[what: string, files: Readonly<Record<string, TreeItem>>, expected: readonly string[] | undefined]>([
  ["an npm package", { ...NPM, "srv/node_modules/a/LICENSE": MIT }, ["MIT"]],
  [
    "each of its files",
    { ...NPM, "srv/node_modules/a/LICENSE.md": MIT, "srv/node_modules/a/COPYING": WTFPL },
    ["WTFPL", "MIT"],
  ],
  [
    "nothing where one of them is not known",
    { ...NPM, "srv/node_modules/a/LICENSE": MIT, "srv/node_modules/a/COPYING": "Ask us." },
    undefined,
  ],
  ["nothing of a package further in", { ...NPM, "srv/node_modules/a/lib/LICENSE": MIT }, undefined],
  [
    "nothing of a file that is longer than any",
    { ...NPM, "srv/node_modules/a/LICENSE": MIT + " ".repeat(600_000) },
    undefined,
  ],
  [
    "the directory of a Python package",
    { ...PYTHON, "usr/lib/python3/site-packages/a-1.dist-info/licenses/LICENSE": MIT },
    ["MIT"],
  ],
  [
    "a package in the cache of pub",
    { ...PUB, "root/.pub-cache/hosted/pub.dev/http-1.1.0/LICENSE": MIT },
    ["MIT"],
  ],
  [
    "nothing of another version there",
    { ...PUB, "root/.pub-cache/hosted/pub.dev/http-1.1.1/LICENSE": MIT },
    undefined,
  ],
])("tells %s by the texts beside it", async (_, files, expected) => {
  expect(await licensesOf(files)).toEqual(expected);
});

const CRATE = "root/.cargo/registry/src/index.crates.io-6f17/serde-1.0.200";

it.each<[what: string, path: string, content: string, expected: readonly string[]]>([
  ["Go module", "root/go/pkg/mod/github.com/!burnt!sushi/toml@v1.2.0/COPYING", MIT, ["MIT"]],
  [
    "crate",
    `${CRATE}/Cargo.toml`,
    '[package]\nname = "serde"\nlicense = "MIT OR Apache-2.0"\n',
    ["MIT OR Apache-2.0"],
  ],
  ["crate with a text alone", `${CRATE}/LICENSE-MIT`, MIT, ["MIT"]],
  [
    "package of NuGet",
    "root/.nuget/packages/newtonsoft.json/13.0.3/newtonsoft.json.nuspec",
    '<metadata><license type="expression">MIT</license></metadata>',
    ["MIT"],
  ],
  [
    "older one",
    "root/.nuget/packages/newtonsoft.json/13.0.3/newtonsoft.json.nuspec",
    "<licenseUrl>https://licenses.nuget.org/MIT%20OR%20MS-PL</licenseUrl>",
    ["MIT OR MS-PL"],
  ],
  ["package of Swift", "srv/.build/checkouts/swift-nio/LICENSE.txt", MIT, ["MIT"]],
  ["package of Composer", "srv/vendor/acme/tool/LICENSE", MIT, ["MIT"]],
  ["gem", "var/lib/gems/3.1.0/gems/rake-13.0.6/MIT-LICENSE", MIT, ["MIT"]],
])("finds what was fetched of a %s", async (_, path, content, expected) => {
  const tree = fileTreeOf({ [path]: content }, { patterns: [licenseFilePattern] });
  const { licenses } = await findLicenseFiles(tree, fetched);
  expect(Object.values(licenses)).toEqual([expected]);
  // A source that kept less of the file tells the same.
  const condensed = licenseFilePattern.condense?.(path, Buffer.from(content)) ?? Buffer.of();
  const kept = fileTreeOf({ [path]: Buffer.from(condensed) }, { patterns: [licenseFilePattern] });
  expect((await findLicenseFiles(kept, fetched)).licenses).toEqual(licenses);
});

const fetched = (
  [
    ["golang", "github.com/BurntSushi/toml", "v1.2.0", "usr/bin/tool"],
    ["cargo", "serde", "1.0.200", "usr/bin/tool"],
    ["nuget", "Newtonsoft.Json", "13.0.3", "srv/app.deps.json"],
    ["swift", "github.com/apple/swift-nio", "2.65.0", "srv/Package.resolved"],
    ["composer", "acme/tool", "1.0.0", "srv/vendor/composer/installed.json"],
    ["gem", "rake", "13.0.6", "var/lib/gems/3.1.0/specifications/rake-13.0.6.gemspec"],
  ] as const
).map(([type, name, version, path]) => ({ id: name, type, name, version, purl: "", paths: [path] }));

it("asks no file where the record tells", async () => {
  const [first] = fetched;
  if (first === undefined) throw new Error("no package");
  const path = "root/go/pkg/mod/github.com/!burnt!sushi/toml@v1.2.0/COPYING";
  const tree = fileTreeOf({ [path]: MIT }, { patterns: [licenseFilePattern] });
  expect((await findLicenseFiles(tree, [{ ...first, licenses: ["ISC"] }])).licenses).toEqual({});
});
