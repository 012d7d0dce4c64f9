import { existsSync, globSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { formatLicense, readLicense, recognizeLicense } from "../../packages/licenses/src/index.ts";
import type { Bench, Row } from "./bench.ts";
import { repository } from "./product.ts";

const COMMON = "/usr/share/common-licenses";
const TARGET = "nothing wrong";

/** A text, and what somebody else calls its licence. */
interface Labelled {
  readonly text: string;
  readonly name: string;
  readonly place: string;
}

export const licenseTexts: Bench = {
  name: "license-texts",
  description: "how many texts of licences of this machine are recognized, and how many wrongly",
  unavailable: () => (existsSync(COMMON) ? undefined : `needs ${COMMON}`),
  async run(say) {
    return [
      rowOf(COMMON, commonLicenses(), say),
      rowOf("node_modules, against `license` of package.json", nodeModules(), say),
      rowOf("/usr/share/doc/*/copyright, against the names that Debian gives texts", copyrights(), say),
    ];
  },
};

function rowOf(what: string, labelled: readonly Labelled[], say: (text: string) => void): Row {
  let right = 0;
  let other = 0;
  let none = 0;
  const started = performance.now();
  for (const { text, name, place } of labelled) {
    const found = recognizeLicense(text)?.join(" AND ");
    if (found === undefined) none += 1;
    else if (isSame(found, name)) right += 1;
    else {
      other += 1;
      say(`${place}: ${JSON.stringify(name)} was told as ${found}`);
    }
  }
  const megabytes = labelled.reduce((sum, { text }) => sum + text.length, 0) / 1e6;
  const seconds = (performance.now() - started) / 1000;
  return {
    what,
    target: TARGET,
    result: `${labelled.length} texts: ${right} told as named, ${other} otherwise, ${none} not told`,
    peer: `${megabytes.toFixed(1)} MB in ${seconds.toFixed(2)} s`,
  };
}

/** A package that may be had under one of several licences brings the text of one of them. */
function isSame(found: string, name: string): boolean {
  const read = readLicense(name);
  if (read === undefined) return found === name;
  const choices = read.kind === "or" ? read.terms : [read];
  return (
    choices.some((choice) => formatLicense(choice) === found) ||
    formatLicense(read) === found.replaceAll("AND", "OR")
  );
}

/** Names without a version are links to the newest one. */
function commonLicenses(): readonly Labelled[] {
  const files = new Set(globSync(`${COMMON}/*`).map((file) => realpathSync(file)));
  return [...files].map((file) => ({ text: textOf(file), name: path.basename(file), place: file }));
}

function nodeModules(): readonly Labelled[] {
  const manifests = globSync("node_modules/{*,@*/*}/package.json", { cwd: repository });
  return manifests.flatMap((manifest) => {
    const directory = path.join(repository, path.dirname(manifest));
    const { license }: { readonly license?: unknown } = JSON.parse(
      textOf(path.join(directory, "package.json")),
    );
    const files = globSync("{LICENSE,LICENCE,License,license,COPYING,UNLICENSE}{,.md,.txt}", {
      cwd: directory,
    });
    const whole = files.map((file) => path.join(directory, file)).filter((file) => statSync(file).isFile());
    return typeof license === "string"
      ? whole.map((place) => ({ text: textOf(place), name: license, place }))
      : [];
  });
}

/** Texts that stand in files written for machines; those that only point to {@link COMMON} are none. */
function copyrights(): readonly Labelled[] {
  const found = new Map<string, Labelled>();
  for (const place of globSync("/usr/share/doc/*/copyright")) {
    const text = textOf(place);
    if (!text.startsWith("Format")) continue;
    for (const [, name = "", body = ""] of text.matchAll(/^License: *(.+)\n((?: .*\n)+)/gmu)) {
      if (body.includes(COMMON)) continue;
      found.set(name + body, { text: body.replaceAll(/^ \.?/gmu, ""), name: name.trim(), place });
    }
  }
  return [...found.values()];
}

function textOf(file: string): string {
  return readFileSync(file, "utf8");
}
