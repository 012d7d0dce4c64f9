import { array, assert, boolean, constantFrom, letrec, option, property, string } from "fast-check";
import { expect, it } from "vitest";
import { compoundOf, formatLicense, type LicenseExpression, type SingleLicense } from "./expression.ts";
import { exceptionIds, licenseIds, replacedIds } from "./license-list.ts";
import { readLicense } from "./read-license.ts";

function written(text: string): string | undefined {
  const expression = readLicense(text);
  return expression === undefined ? undefined : formatLicense(expression);
}

it.each([
  ["MIT", "MIT"],
  ["mit", "MIT"],
  ["apache-2.0", "Apache-2.0"],
  ["Apache-2.0+", "Apache-2.0+"],
  ["GPL-2.0-only+", "GPL-2.0-or-later"],
  ["(MIT OR Apache-2.0)", "MIT OR Apache-2.0"],
  ["MIT AND (ISC OR Zlib)", "MIT AND (ISC OR Zlib)"],
  ["MIT OR ISC AND Zlib", "MIT OR (ISC AND Zlib)"],
  ["GPL-2.0-or-later WITH Classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"],
  ["((((MIT))))", "MIT"],
  ["MIT AND MIT", "MIT"],
  ["LicenseRef-ours AND MIT", "LicenseRef-ours AND MIT"],
  ["DocumentRef-x:LicenseRef-ours", "DocumentRef-x:LicenseRef-ours"],
])("reads the expression %s as %s", (text, expected) => {
  expect(written(text)).toBe(expected);
});

it.each([
  ["of Fedora", "GPLv2+", "GPL-2.0-or-later"],
  ["of Fedora", "LGPLv2+ and MIT", "LGPL-2.0-or-later AND MIT"],
  [
    "of Fedora",
    "(GPLv2+ or LGPLv3+) and GPLv3+",
    "(GPL-2.0-or-later OR LGPL-3.0-or-later) AND GPL-3.0-or-later",
  ],
  ["of Fedora", "GPL+ or Artistic", "GPL-1.0-or-later OR Artistic-1.0-Perl"],
  ["of Fedora", "ASL 2.0", "Apache-2.0"],
  ["of Fedora", "BSD with advertising", "BSD-4-Clause"],
  ["of Fedora", "GPLv3+ with exceptions", "GPL-3.0-or-later"],
  ["of Fedora", "Public Domain", "LicenseRef-Public-Domain"],
  ["of Fedora", "zlib and Boost", "Zlib AND BSL-1.0"],
  ["of Fedora", "AGPLv3+", "AGPL-3.0-or-later"],
  ["of Debian", "GPL-2+", "GPL-2.0-or-later"],
  ["of Debian", "LGPL-2.1", "LGPL-2.1-only"],
  ["of Debian", "Expat", "MIT"],
  ["of Debian", "BSD-3-clause or GPL-2", "BSD-3-Clause OR GPL-2.0-only"],
  ["of Debian", "GPL-2+ with OpenSSL exception", "GPL-2.0-or-later"],
  ["of Debian", "GPL-3+-with-autoconf-exception", "GPL-3.0-or-later"],
  ["of Debian", "BSD-3-clause-Berkeley", "BSD-3-Clause"],
  ["of Debian", "GPL-2+ with distribution exception, Expat", "GPL-2.0-or-later AND MIT"],
  [
    "of Debian",
    "GPL-2 with OpenSSL exception, AGPL own",
    "GPL-2.0-only AND LicenseRef-OpenSSL-exception-AGPL-own",
  ],
  ["of Debian", "BSD-3-google", "BSD-3-Clause"],
  ["of Debian", "APACHE-2-LLVM-EXCEPTIONS", "Apache-2.0 WITH LLVM-exception"],
  ["of Debian", "BSD-0-Clause", "0BSD"],
  ["of Debian", "solar-public-domain", "LicenseRef-Public-Domain"],
  ["of Debian", "MIT and public-domain", "MIT AND LicenseRef-Public-Domain"],
  ["of Debian", "GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"],
  ["of Debian", "Artistic or GPL-1+", "Artistic-1.0-Perl OR GPL-1.0-or-later"],
  ["of Debian", "Expat or ISC, and GPL-3", "(MIT OR ISC) AND GPL-3.0-only"],
  ["of Debian", "Expat and ISC, or GPL-3", "(MIT AND ISC) OR GPL-3.0-only"],
  ["of Debian", "(Expat or ISC), and zlib or GPL-3", "(MIT OR ISC) AND (Zlib OR GPL-3.0-only)"],
  ["of Debian", "Expat, or ISC, and GPL-3", "(MIT OR ISC) AND GPL-3.0-only"],
  ["of PyPI", "GNU General Public License v3 (GPLv3)", "GPL-3.0-only"],
  ["of PyPI", "GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"],
  ["of PyPI", "GNU Library or Lesser General Public License (LGPL)", "LGPL-2.0-or-later"],
  ["of PyPI", "GNU Affero General Public License v3 or later (AGPLv3+)", "AGPL-3.0-or-later"],
  ["of PyPI", "Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"],
  ["of PyPI", "Python Software Foundation License", "PSF-2.0"],
  ["of PyPI", "BSD License", "BSD-3-Clause"],
  ["of PyPI", "The Unlicense (Unlicense)", "Unlicense"],
  ["of PyPI", "ISC License (ISCL)", "ISC"],
  ["of Maven", "The Apache Software License, Version 2.0", "Apache-2.0"],
  ["of Maven", "Apache License, Version 2.0", "Apache-2.0"],
  ["of Maven", "Eclipse Public License - v 2.0", "EPL-2.0"],
  ["of Maven", "GNU Lesser General Public License, Version 2.1", "LGPL-2.1-only"],
  ["of Maven", "Eclipse Distribution License - v 1.0", "BSD-3-Clause"],
  ["of Maven", "The MIT License (MIT)", "MIT"],
  ["of Maven", "http://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"],
  ["of Maven", "https://opensource.org/licenses/BSD-3-Clause", "BSD-3-Clause"],
  ["of Maven", "https://example.com/licenses/MIT", undefined],
  ["of Maven", "(Apache License, Version 2.0) OR (The MIT License (MIT))", "Apache-2.0 OR MIT"],
  ["of Maven", "GNU General Public License v3 (GPLv3) and ISC License (ISCL)", "GPL-3.0-only AND ISC"],
  ["of npm", "MIT/X11", "MIT"],
  ["of npm", "(MIT OR GPL-3.0)", "MIT OR GPL-3.0-only"],
  ["of npm", "Apache 2.0", "Apache-2.0"],
  ["of npm", "BSD", "BSD-3-Clause"],
  ["of npm", "BSD/MIT", "BSD-3-Clause OR MIT"],
  ["of crates.io", "MIT/Apache-2.0", "MIT OR Apache-2.0"],
  ["of R", "GPL (>= 2)", "GPL-2.0-or-later"],
  ["of R", "GPL-2 | GPL-3", "GPL-2.0-only OR GPL-3.0-only"],
  ["of people", "GNU GPL version 2 or any later version", "GPL-2.0-or-later"],
  ["of people", "GPL v2, or (at your option) any later version", "GPL-2.0-or-later"],
  ["of people", "MIT, ISC", "MIT AND ISC"],
  ["of people", "LGPL-3.0, AGPL-3.0", "LGPL-3.0-only AND AGPL-3.0-only"],
  ["of people", "LGPL/AGPL", "LGPL-2.0-or-later OR AGPL-1.0-or-later"],
  ["of people", "BSD-3-Clause, GPL", "BSD-3-Clause AND GPL-1.0-or-later"],
  ["of people", "This software has been released into the public domain", "LicenseRef-Public-Domain"],
  ["of people", "public domain, MIT, GPL-2", "LicenseRef-Public-Domain AND MIT AND GPL-2.0-only"],
  ["of people", "Apache 2.0 with Commons Clause", "Apache-2.0 AND LicenseRef-Commons-Clause"],
  ["of people", "GPLv2 with CPE", "GPL-2.0-only"],
  ["of vendors", "SSPL", "SSPL-1.0"],
  ["of vendors", "Server Side Public License v1", "SSPL-1.0"],
  ["of vendors", "Server Side Public License (SSPL)", "SSPL-1.0"],
  ["of vendors", "Elastic License", "Elastic-2.0"],
  ["of vendors", "Elastic License 2.0", "Elastic-2.0"],
  ["of vendors", "BSL 1.1", "BUSL-1.1"],
  ["of vendors", "BSL-1.0", "BSL-1.0"],
  ["of vendors", "Business Source License", "BUSL-1.1"],
  ["of Maven", "https://www.gnu.org/licenses/agpl-3.0.html", "AGPL-3.0-only"],
  ["with terms behind it", "MIT with own terms or ISC", "(MIT AND LicenseRef-own-terms) OR ISC"],
  [
    "with terms behind it",
    "public-domain with restrictions",
    "LicenseRef-Public-Domain AND LicenseRef-restrictions",
  ],
  ["with an unknown one", "MIT and Something Own", "MIT AND LicenseRef-Something-Own"],
  ["that is deprecated", "GPL-2.0+", "GPL-2.0-or-later"],
  ["that is deprecated", "GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"],
])("reads a spelling %s: %s", (_, text, expected) => {
  expect(written(text)).toBe(expected);
});

it.each([
  [""],
  [" "],
  ["UNLICENSED"],
  ["SEE LICENSE IN LICENSE.txt"],
  ["Proprietary"],
  ["public"],
  ["GPLv9"],
  ["GPLv3 (AGPLv3)"],
  ["LGPL AGPL"],
  ["BSD-3-Clause GPL"],
  ["GPL public domain"],
  ["public domain MIT GPL"],
  ["public domain + CC-BY-NC-4.0"],
  ["CC-BY-NC-4.0 public domain"],
  ["BSL"],
  ["not in the public domain"],
  ["non-public-domain"],
  ["BSD-3-clause-no-commerce"],
  ["BSD-3-noncommercial"],
  ["BSD-3-like"],
  ["MIT AND"],
  ["OR MIT"],
  ["(MIT"],
  ["MIT)"],
  ["MIT (ISC)"],
  ["(MIT (ISC)) OR Zlib"],
  ["(MIT (MIT) OR Zlib"],
  ["LicenseRef-"],
  ["LicenseRef-a/b"],
])("knows no licence in %j", (text) => {
  expect(written(text)).toBe(undefined);
});

it("refuses what is too long or too deep", () => {
  expect(written(`${"(".repeat(32)}MIT${")".repeat(32)}`)).toBe("MIT");
  expect(written(`${"(".repeat(33)}MIT${")".repeat(33)}`)).toBe(undefined);
  expect(written("(".repeat(16_000))).toBe(undefined);
  expect(written(Array.from({ length: 2_000 }, () => "MIT").join(" OR "))).toBe("MIT");
  expect(written(Array.from({ length: 5_000 }, () => "MIT").join(" OR "))).toBe(undefined);
});

it("knows every identifier, whatever its case", () => {
  const all = [...licenseIds, ...exceptionIds.map((id) => `GPL-2.0-only WITH ${id}`)];
  expect(all.map(written)).toEqual(all);
  expect(all.map((text) => written(text.toLowerCase()))).toEqual(all);
});

it.each([...replacedIds])("writes %s as %s", (id, instead) => {
  expect(written(id)).toBe(instead);
  expect(written(instead)).toBe(instead);
});

it("loses none of two licences, however they stand beside each other", () => {
  const strict = ["AGPLv3", "AGPL", "GPL-2", "GPLv2+", "LGPL-2.1", "MPL-2.0", "CC-BY-NC-4.0", "SSPL"];
  const lenient = [
    "MIT",
    "BSD",
    "BSD-3-Clause",
    "Apache License, Version 2.0",
    "public domain",
    "zlib",
    "LGPL",
    "GPL-3",
  ];
  const between = [
    ", ",
    "/",
    " / ",
    " & ",
    "; ",
    ", and ",
    " + ",
    "+",
    " plus ",
    " ",
    "-",
    " with ",
    ":",
    " (",
  ];
  const lost: string[] = [];
  for (const one of strict) {
    const family = (written(one) ?? "").replace(/-\d.*$/u, "");
    expect(family).not.toBe("");
    for (const other of lenient) {
      for (const mark of between) {
        const end = mark === " (" ? ")" : "";
        for (const text of [`${one}${mark}${other}${end}`, `${other}${mark}${one}${end}`]) {
          if (!(written(text) ?? family).includes(family)) lost.push(text);
        }
      }
    }
  }
  expect(lost).toEqual([]);
});

const isGnu = (id: string): boolean => /^(?:A|L)?GPL-|^GFDL-/u.test(id);
const { expression } = letrec<{ expression: LicenseExpression; single: SingleLicense }>((tie) => ({
  single: option(constantFrom(...exceptionIds), { nil: undefined }).chain((exception) =>
    constantFrom(...licenseIds).chain((id) =>
      boolean().map((plus): SingleLicense => {
        const orLater = plus && !isGnu(id) && !/-(?:only|or-later)$/u.test(id);
        return { kind: "license", id, orLater, ...(exception !== undefined && { exception }) };
      }),
    ),
  ),
  expression: option(array(tie("expression"), { minLength: 1, maxLength: 4, depthIdentifier: "license" }), {
    nil: undefined,
    depthIdentifier: "license",
    maxDepth: 4,
  }).chain((terms) =>
    terms === undefined ? tie("single") : boolean().map((isAnd) => compoundOf(isAnd ? "and" : "or", terms)),
  ),
}));

it("reads back what it has written", () => {
  assert(
    property(expression, (one) => {
      expect(readLicense(formatLicense(one))).toEqual(one);
    }),
  );
});

const words = constantFrom(
  "MIT",
  "gpl",
  "v2",
  "+",
  "(",
  ")",
  "and",
  "or",
  "with",
  "/",
  ",",
  "any later",
  "BSD",
  "\n",
  "é",
);

it("throws nothing, and reads its own writing as the same", () => {
  assert(
    property(
      array(
        words.chain((word) => string({ maxLength: 2 }).map((tail) => word + tail)),
        { maxLength: 12 },
      ),
      (list) => {
        for (const text of [list.join(" "), list.join("")]) {
          const once = written(text);
          expect(once === undefined ? once : written(once)).toBe(once);
        }
      },
    ),
  );
});
