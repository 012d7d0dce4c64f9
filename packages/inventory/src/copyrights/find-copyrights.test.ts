import { fileTreeOf, type TreeItem } from "@pratique/testkit";
import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { catalog } from "../catalog.ts";
import { wantedPatterns } from "../wanted-patterns.ts";
import { copyrightPattern, findCopyrights } from "./find-copyrights.ts";
import { parseCopyright } from "./parse-copyright.ts";

const patterns = [...wantedPatterns(), copyrightPattern];
const STATUS = "Package: a\nStatus: install ok installed\nVersion: 1\n\n";
const FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n";

async function licensesOf(files: Readonly<Record<string, TreeItem>>) {
  const tree = fileTreeOf({ "var/lib/dpkg/status": STATUS, ...files }, { patterns });
  const { packages } = await catalog(tree);
  const { licenses, failures } = await findCopyrights(tree, packages);
  expect(failures).toEqual([]);
  return Object.values(licenses);
}

it.each([
  [
    "the paragraphs of a file for machines",
    `${FORMAT}\nFiles: *\nCopyright: x\nLicense: GPL-2+\n The text.\n\nFiles: y\nLicense: Expat\n\nLicense: GPL-2+\n Text\n`,
    ["GPL-2+", "Expat"],
  ],
  [
    "many licences of one paragraph",
    `${FORMAT}Files: *\nLicense: ${"Expat, and ".repeat(30)}AGPL-3\n Text\n`,
    [`${"Expat, and ".repeat(30)}AGPL-3`],
  ],
  ["one of an older form", "Format-Specification: http://dep.debian.net/deps/dep5\nLicense: MIT\n", ["MIT"]],
  [
    "where a file for people points to",
    "It is free software, either version 2 of the License, or (at your option)\nany later version. See /usr/share/common-licenses/GPL-2.\n",
    ["GPL-2+"],
  ],
  [
    "the version that it speaks of where it points to the newest",
    "either version 2.1 of the License, or any later version: /usr/share/common-licenses/LGPL'",
    ["LGPL-2.1+"],
  ],
  ["this version alone", "version 2 only: /usr/share/common-licenses/GPL-2", ["GPL-2"]],
  ["another licence", "see `/usr/share/common-licenses/Apache-2.0'.", ["Apache-2.0"]],
])("reads %s", async (_, text, expected) => {
  expect(parseCopyright(text)).toEqual(expected);
  expect(await licensesOf({ "usr/share/doc/a/copyright": text })).toEqual([expected]);
});

it("finds none where there is none, and none where nobody is named", async () => {
  expect(await licensesOf({})).toEqual([]);
  expect(await licensesOf({ "usr/share/doc/a/copyright": "All rights reserved\n" })).toEqual([]);
  expect(await licensesOf({ "usr/share/doc/b/copyright": `${FORMAT}License: MIT\n` })).toEqual([]);
});

it("follows a directory that is that of another package", async () => {
  const files = {
    "usr/share/doc/a": { symlink: "b" },
    "usr/share/doc/b/copyright": `${FORMAT}License: MIT\n`,
  };
  expect(await licensesOf(files)).toEqual([["MIT"]]);
});

it("reads of a condensed file what the file said", async () => {
  const text = `${FORMAT}License: GPL-2+ or\u0000 MIT\nLicense: ISC\n`;
  const condensed =
    copyrightPattern.condense?.("usr/share/doc/a/copyright", Buffer.from(text)) ?? Buffer.of();
  const whole = await licensesOf({ "usr/share/doc/a/copyright": text });
  expect(whole).toEqual([["GPL-2+ or MIT", "ISC"]]);
  expect(await licensesOf({ "usr/share/doc/a/copyright": Buffer.from(condensed) })).toEqual(whole);
});

it("names few licences, each of them short, whatever is written there", () => {
  assert(
    property(string(), string(), (before, after) => {
      const names = parseCopyright(
        `${FORMAT}${before}\nLicense: ${after}\n/usr/share/common-licenses/${after}`,
      );
      expect(names.every((name) => name.length > 0 && name.length <= 4096)).toBe(true);
    }),
  );
  expect(
    parseCopyright(FORMAT + Array.from({ length: 999 }, (_, at) => `License: L-${at}`).join("\n")),
  ).toHaveLength(256);
});
