import { existsSync, readFileSync } from "node:fs";
import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { joinLicenses, recognizeLicense } from "./recognize-license.ts";

const GRANT =
  'Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including the rights to use it.';
const NOTICE =
  "The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.";
const AS_IS = 'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED.';
const MIT = [GRANT, NOTICE, AS_IS].join("\n\n");
const ISC =
  'Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.\nTHE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS.';
const BSD_2 =
  "Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following conditions are met:\n1. Redistributions of source code must retain the above copyright notice.\n2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following disclaimer in the documentation.\nTHIS SOFTWARE IS PROVIDED BY THE AUTHOR ``AS IS''.";
const ENDORSE =
  "3. Neither the name of the author may be used to endorse or promote products derived from this software.";
const ADVERTISING =
  "4. All advertising materials mentioning features or use of this software must display the following acknowledgement: it is mine.";

it.each<[what: string, text: string, expected: readonly string[]]>([
  ["MIT", MIT, ["MIT"]],
  [
    "MIT with a title and its holders",
    `The MIT License (MIT)\n\nCopyright (c) 2020 A\nCopyright 2021 B <b@example>\n\n${MIT}`,
    ["MIT"],
  ],
  ["MIT in a comment", MIT.replaceAll(/^/gmu, " * "), ["MIT"]],
  [
    "MIT with the name of nobody",
    `${MIT}\nExcept as contained in this notice, the name of A shall not be used.`,
    ["X11"],
  ],
  ["MIT without its notice", `${GRANT}\n${AS_IS}`, ["MIT-0"]],
  ["ISC", ISC, ["ISC"]],
  ["BSD with two clauses", BSD_2, ["BSD-2-Clause"]],
  ["BSD with three", `${BSD_2}\n${ENDORSE}`, ["BSD-3-Clause"]],
  ["BSD with four", `${BSD_2}\n${ENDORSE}\n${ADVERTISING}`, ["BSD-4-Clause"]],
  ["two texts, one after the other", `${MIT}\n\n----\n\n${ISC}`, ["MIT", "ISC"]],
  ["the same text twice", `${MIT}\n\nPortions:\n\n${MIT}`, ["MIT"]],
  ...(
    [
      ["1.1, March 2000", "GFDL-1.1-only"],
      ["1.2, November 2002", "GFDL-1.2-only"],
      ["1.3, 3 November 2008", "GFDL-1.3-only"],
    ] as const
  ).map(([version, id]): [string, string, string[]] => [
    `the free licence of manuals, ${version}`,
    `GNU Free Documentation License\nVersion ${version}\n\n0. PREAMBLE\n\nThe purpose of this License is to make a manual, textbook, or other document "free".`,
    [id],
  ]),
  [
    "Creative Commons by 3.0",
    "Creative Commons Legal Code\n\nAttribution 3.0 Unported\n\nCREATIVE COMMONS CORPORATION IS NOT A LAW FIRM",
    ["CC-BY-3.0"],
  ],
  [
    "Creative Commons by-sa 3.0",
    "Creative Commons Legal Code\n\nAttribution-ShareAlike 3.0 Unported\n\nCREATIVE COMMONS CORPORATION IS NOT A LAW FIRM",
    ["CC-BY-SA-3.0"],
  ],
  [
    "Perl's artistic licence",
    "The intent of this document is to state the conditions under which a Package may be copied, such that the Copyright Holder maintains some semblance of artistic control. You may embed this Package's interpreter within an executable of yours.",
    ["Artistic-1.0-Perl"],
  ],
  [
    "the notice of Apache's",
    "Licensed under the Apache License, Version 2.0 (the “License”); you may not use this file except in compliance with the License. Software is distributed on an “AS IS” BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND.",
    ["Apache-2.0"],
  ],
])("recognizes %s", (_, text, expected) => {
  expect(recognizeLicense(text)).toEqual(expected);
});

it.each<[what: string, text: string]>([
  ["nothing", ""],
  ["the name of a licence", "MIT License"],
  ["a part of one", GRANT],
  ["one with much besides", `${MIT}\n${"But you owe me a beer. ".repeat(60)}`],
  ["one that is for nobody who earns money", `${MIT}\nThe Software may not be used for commercial purposes.`],
  ["one with the Commons Clause", `“Commons Clause” License Condition v1.0\n\n${MIT}`],
  [
    "one that wants it used for good",
    `${MIT}\nThe Software shall be used for Good, not Evil, and for non-commercial ends.`,
  ],
  [
    "ISC with a further condition",
    ISC.replace("in all copies.", "in all copies, and that the name of A is not used."),
  ],
  ["a list of licences", `${MIT}\n${ISC}\n${BSD_2}`],
  ["what is longer than any", MIT + " ".repeat(600_000)],
])("tells nothing of %s", (_, text) => {
  expect(recognizeLicense(text)).toBeUndefined();
});

it("counts a licence that lies beside the one that builds on it once", () => {
  expect(joinLicenses(["GPL-3.0-only", "LGPL-3.0-only", "MIT", "MIT"])).toEqual(["LGPL-3.0-only", "MIT"]);
  expect(joinLicenses(["GPL-3.0-only"])).toEqual(["GPL-3.0-only"]);
});

it("throws at nothing", () => {
  assert(
    property(string({ unit: "binary" }), (text) => {
      expect(recognizeLicense(text)).toBeUndefined();
    }),
  );
});

const COMMON = "/usr/share/common-licenses";

/** Debian 12 has fewer of them, and other machines none. */
const common = [
  ["Artistic", "Artistic-1.0-Perl"],
  ["CC-BY-3.0", "CC-BY-3.0"],
  ["CC-BY-4.0", "CC-BY-4.0"],
  ["CC-BY-SA-3.0", "CC-BY-SA-3.0"],
  ["GFDL-1.1", "GFDL-1.1-only"],
  ["GFDL-1.2", "GFDL-1.2-only"],
  ["GFDL-1.3", "GFDL-1.3-only"],
  ["GPL-3", "GPL-3.0-only"],
  ["MPL-2.0", "MPL-2.0"],
].filter(([file]) => existsSync(`${COMMON}/${file}`));

it.each(common)("recognizes the text that Debian has as %s", (file, id) => {
  expect(recognizeLicense(readFileSync(`${COMMON}/${file}`, "utf8"))).toEqual([id]);
});
