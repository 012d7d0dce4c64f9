/** What tells one licence by its text. Phrases are as {@link foldText} leaves them. */
interface KnownText {
  /** An identifier of SPDX. */
  readonly id: string;
  /** All of them stand in the text. The first stands there once for each copy of it. */
  readonly has: readonly string[];
  /** None of them does: they make another licence of it. */
  readonly lacks?: readonly string[];
  /** So many words has the text, without who holds the rights. */
  readonly words: number;
}

/** Characters that are looked at; what is longer is a collection of texts, and is not told. */
const MAX_CHARACTERS = 512 * 1024;
/** A file with more of them is a list of what somebody else wrote. */
const MAX_LICENSES = 2;
/** Words beside those of a licence: who holds the rights, where it is from. */
const FREE_WORDS = 50;
/** Texts that are laid out otherwise, or have an appendix, have a little more than the list says. */
const LENIENCE = 1.15;

const PERMISSION =
  "permission is hereby granted free of charge to any person obtaining a copy of this software and associated documentation files the software to deal in the software without restriction";
const MIT_NOTICE = "shall be included in all copies or substantial portions of the software";
const NAMES_UNUSED = "except as contained in this notice";
const AS_IS = "the software is provided as is without warranty of any kind express or implied";
const ISC_GRANT = "distribute this software for any purpose with or without fee is hereby granted";
const APPEAR = "provided that the above copyright notice and this permission notice appear in all copies";
const BSD_GRANT =
  "redistribution and use in source and binary forms with or without modification are permitted provided that the following conditions are met";
const BSD_BINARY =
  "in binary form must reproduce the above copyright notice this list of conditions and the following disclaimer in the documentation";
const ENDORSE = "endorse or promote products derived from";
const ADVERTISING = "all advertising materials mentioning features or use of this software must display";
const NOT_CALLED = "products derived from this software may not be called";
const BERKELEY =
  "this product includes software developed by the university of california berkeley and its contributors";
const ACKNOWLEDGE = "the following acknowledg";
const ANY_FORM = "redistributions of any form whatsoever";
const SOURCE_TOO = "redistributions in any form must be accompanied by information";
const FREE_MANUALS = "the purpose of this license is to make a manual textbook or other";
const CLEAR = "no express or implied licenses to any party s patent rights are granted";

/** By facts of the texts: their fixed phrases, and how long they are. */
const knownTexts: readonly KnownText[] = [
  {
    id: "MIT",
    has: [PERMISSION, MIT_NOTICE, AS_IS],
    lacks: [NAMES_UNUSED, "shall be used for good not evil", "dates of first publication"],
    words: 165,
  },
  {
    id: "X11",
    has: [PERMISSION, MIT_NOTICE, AS_IS, NAMES_UNUSED],
    lacks: ["dates of first publication"],
    words: 200,
  },
  { id: "MIT-0", has: [PERMISSION, AS_IS], lacks: ["permission notice", "shall be included"], words: 140 },
  { id: "JSON", has: [PERMISSION, MIT_NOTICE, "shall be used for good not evil"], words: 175 },
  {
    id: "ISC",
    has: [
      ISC_GRANT,
      APPEAR,
      "warranties with regard to this software including all implied warranties of merchantability and fitness",
    ],
    lacks: [`${APPEAR} and that`, NAMES_UNUSED],
    words: 125,
  },
  { id: "curl", has: [ISC_GRANT, APPEAR, NAMES_UNUSED], words: 150 },
  {
    id: "0BSD",
    has: [ISC_GRANT, "the software is provided as is and the author disclaims all warranties"],
    lacks: ["appear in all copies"],
    words: 105,
  },
  {
    id: "BSD-2-Clause",
    has: [BSD_GRANT, BSD_BINARY, "this software is provided by"],
    lacks: [ENDORSE, ADVERTISING, NOT_CALLED, CLEAR, ACKNOWLEDGE, ANY_FORM, SOURCE_TOO, "patent license"],
    words: 190,
  },
  {
    id: "BSD-3-Clause",
    has: [BSD_GRANT, BSD_BINARY, ENDORSE],
    lacks: [ADVERTISING, NOT_CALLED, CLEAR, ACKNOWLEDGE, ANY_FORM, SOURCE_TOO],
    words: 225,
  },
  { id: "BSD-3-Clause-Clear", has: [BSD_GRANT, ENDORSE, CLEAR], words: 240 },
  {
    id: "BSD-4-Clause",
    has: [BSD_GRANT, BSD_BINARY, ENDORSE, ADVERTISING],
    lacks: [NOT_CALLED, ANY_FORM, BERKELEY],
    words: 260,
  },
  {
    id: "BSD-4-Clause-UC",
    has: [BSD_GRANT, BSD_BINARY, ENDORSE, ADVERTISING, BERKELEY],
    lacks: [NOT_CALLED, ANY_FORM],
    words: 265,
  },
  {
    id: "Zlib",
    has: [
      "the origin of this software must not be misrepresented you must not claim that you wrote the original software",
      "altered source versions must be plainly marked as such",
    ],
    lacks: ["redistributions of source code"],
    words: 150,
  },
  {
    id: "FSFAP",
    has: [
      "copying and distribution of this file with or without modification are permitted in any medium without royalty provided the copyright notice and this notice are preserved",
    ],
    words: 40,
  },
  {
    id: "BSL-1.0",
    has: [
      "permission is hereby granted free of charge to any person or organization obtaining a copy of the software and accompanying documentation covered by this license",
    ],
    words: 225,
  },
  {
    id: "Unlicense",
    has: [
      "this is free and unencumbered software released into the public domain",
      "anyone is free to copy modify publish use compile sell or distribute this software",
    ],
    words: 215,
  },
  {
    id: "WTFPL",
    has: ["do what the fuck you want to public license", "you just do what the fuck you want to"],
    words: 80,
  },
  {
    id: "Apache-2.0",
    has: [
      "terms and conditions for use reproduction and distribution 1 definitions license shall mean",
      "grant of patent license subject to the terms and conditions of this license each contributor hereby grants",
    ],
    words: 1600,
  },
  {
    id: "Apache-2.0",
    has: [
      "licensed under the apache license version 2 0 the license you may not use this file except in compliance with the license",
      "distributed on an as is basis without warranties or conditions of any kind",
    ],
    lacks: ["terms and conditions for use reproduction and distribution"],
    words: 95,
  },
  {
    id: "MPL-2.0",
    has: [
      "mozilla public license version 2 0",
      "each individual or legal entity that creates contributes to the creation of or owns covered software",
    ],
    words: 2750,
  },
  {
    id: "MPL-1.1",
    has: [
      "mozilla public license version 1 1",
      "the initial developer hereby grants you a world wide royalty free non exclusive license",
    ],
    words: 3900,
  },
  {
    id: "EPL-2.0",
    has: [
      "the accompanying program is provided under the terms of this eclipse public license",
      "eclipse public license v 2 0",
    ],
    words: 2300,
  },
  {
    id: "EPL-1.0",
    has: [
      "the accompanying program is provided under the terms of this eclipse public license",
      "eclipse public license v 1 0",
    ],
    words: 1850,
  },
  {
    id: "CC0-1.0",
    has: ["cc0 1 0 universal", "the person who associated a work with this deed has dedicated"],
    words: 400,
  },
  {
    id: "CC0-1.0",
    has: [
      "cc0 1 0 universal",
      "statement of purpose the laws of most jurisdictions throughout the world automatically confer exclusive copyright",
    ],
    words: 1100,
  },
  {
    id: "GPL-1.0-only",
    has: [
      "gnu general public license version 1 february 1989",
      "this license agreement applies to any program or other work which contains a notice",
    ],
    words: 2150,
  },
  {
    id: "GPL-2.0-only",
    has: [
      "gnu general public license version 2 june 1991",
      "activities other than copying distribution and modification are not covered by this license",
    ],
    words: 2980,
  },
  {
    id: "GPL-3.0-only",
    has: [
      "gnu general public license version 3 29 june 2007",
      "this license refers to version 3 of the gnu general public license",
    ],
    words: 5650,
  },
  {
    id: "AGPL-3.0-only",
    has: [
      "gnu affero general public license version 3 19 november 2007",
      "this license refers to version 3 of the gnu affero general public license",
    ],
    words: 5600,
  },
  {
    id: "LGPL-2.0-only",
    has: [
      "gnu library general public license version 2 june 1991",
      "this license agreement applies to any software library which contains a notice",
    ],
    words: 4230,
  },
  {
    id: "LGPL-2.1-only",
    has: [
      "gnu lesser general public license version 2 1 february 1999",
      "this license agreement applies to any software library or other program which contains a notice",
    ],
    words: 4400,
  },
  {
    id: "LGPL-3.0-only",
    has: [
      "gnu lesser general public license version 3 29 june 2007",
      "as used herein this license refers to version 3 of the gnu lesser general public license",
    ],
    words: 1220,
  },
  {
    id: "Artistic-2.0",
    has: [
      "this license establishes the terms under which a given free software package may be copied modified distributed and or redistributed",
    ],
    words: 1450,
  },
  {
    id: "Artistic-1.0-Perl",
    has: [
      "the intent of this document is to state the conditions under which a package may be copied such that the copyright holder maintains some semblance of artistic control",
      "embed this package s interpreter within an executable of yours",
    ],
    words: 985,
  },
  {
    id: "GFDL-1.1-only",
    has: ["gnu free documentation license version 1 1 march 2000", FREE_MANUALS],
    words: 2940,
  },
  {
    id: "GFDL-1.2-only",
    has: ["gnu free documentation license version 1 2 november 2002", FREE_MANUALS],
    words: 3310,
  },
  {
    id: "GFDL-1.3-only",
    has: ["gnu free documentation license version 1 3 3 november 2008", FREE_MANUALS],
    words: 3735,
  },
  {
    id: "OFL-1.1",
    has: [
      "sil open font license version 1 1",
      "the goals of the open font license ofl are to stimulate worldwide development of collaborative font projects",
    ],
    words: 700,
  },
  {
    id: "PSF-2.0",
    has: [
      "this license agreement is between the python software foundation psf and the individual or organization",
      "psf hereby grants licensee a nonexclusive royalty free",
    ],
    words: 380,
  },
  {
    id: "CC-BY-3.0",
    has: [
      "creative commons legal code attribution 3 0 unported creative commons corporation is not a law firm",
    ],
    words: 3005,
  },
  {
    id: "CC-BY-SA-3.0",
    has: [
      "creative commons legal code attribution sharealike 3 0 unported creative commons corporation is not a law firm",
    ],
    words: 3430,
  },
  {
    id: "CC-BY-4.0",
    has: ["creative commons attribution 4 0 international public license by exercising the licensed rights"],
    words: 2900,
  },
  {
    id: "CC-BY-SA-4.0",
    has: [
      "creative commons attribution sharealike 4 0 international public license by exercising the licensed rights",
    ],
    words: 3150,
  },
  {
    id: "CC-BY-NC-4.0",
    has: [
      "creative commons attribution noncommercial 4 0 international public license by exercising the licensed rights",
    ],
    words: 3000,
  },
  {
    id: "BUSL-1.1",
    has: ["business source license 1 1", "make non production use of the licensed work"],
    words: 700,
  },
  { id: "SSPL-1.0", has: ["server side public license version 1 october 16 2018"], words: 5700 },
  {
    id: "Elastic-2.0",
    has: [
      "elastic license 2 0",
      "you may not provide the software to third parties as a hosted or managed service",
    ],
    words: 650,
  },
  {
    id: "BlueOak-1.0.0",
    has: [
      "blue oak model license version 1 0 0",
      "you must ensure that everyone who gets a copy of any part of this software from you with or without changes also gets the text of this license",
    ],
    words: 300,
  },
];

/** What turns a short licence that allows nearly all into another one, in a few words. */
const RESTRICTIONS =
  /\b(?:(?<!commercial or )non ?commercial(?:ly)?|commercial (?:use|purposes?)|commons clause|evaluation (?:use|purposes?)|without (?:prior )?written consent)\b/u;
const SHORT_WORDS = 300;

/**
 * The licences, by their identifiers of SPDX, of which a file holds the texts and little else; all of them hold. Undefined
 * where there is none that is known, or so much besides that it may say something else.
 */
export function recognizeLicense(text: string): readonly string[] | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const folded = foldText(text);
  const found = knownTexts.filter(
    ({ has, lacks = [] }) =>
      has.every((phrase) => folded.includes(phrase)) && !lacks.some((phrase) => folded.includes(phrase)),
  );
  if (found.length === 0) return undefined;
  const ids = joinLicenses(found.map(({ id }) => id));
  if (ids.length > MAX_LICENSES) return undefined;
  const known = found.reduce((sum, { has: [first = ""], words }) => sum + words * timesIn(folded, first), 0);
  if (countWords(folded) > known * LENIENCE + FREE_WORDS) return undefined;
  if (found.every(({ words }) => words < SHORT_WORDS) && RESTRICTIONS.test(folded)) return undefined;
  return ids;
}

/** Each once. LGPL 3 is GPL 3 with further permissions, and has the text of that beside its own. */
export function joinLicenses(recognized: Iterable<string>): readonly string[] {
  const ids = new Set(recognized);
  if (ids.has("LGPL-3.0-only")) ids.delete("GPL-3.0-only");
  return [...ids];
}

/** Words in lower case with single spaces between them, without lines that only say who holds the rights. */
function foldText(text: string): string {
  const lines = text.split("\n").filter((line) => !HOLDER.test(line));
  return lines
    .join(" ")
    .toLowerCase()
    .replaceAll("licence", "license")
    .replaceAll(/[^a-z0-9]+/gu, " ")
    .trim();
}

const HOLDER =
  /^[^a-z0-9]{0,16}(?:copyright\s+(?:\(c\)|©|&copy;|\d{4})|\(c\)|©|portions copyright|all rights reserved)/iu;

function timesIn(text: string, phrase: string): number {
  let times = 0;
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + phrase.length)) times += 1;
  return times;
}

function countWords(text: string): number {
  return text.split(" ").length;
}
