import type { LocatedFile } from "@pratique/archive";
import { type Advisory, ecosystem } from "@pratique/core";
import { AdvisoryError } from "../../errors.ts";
import { objectOf, textOf, textsOf } from "../../location/fields.ts";
import { readJson } from "../../location/read-json.ts";
import { severityOfWord } from "../severity-word.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";

const ARCH = ecosystem("Arch Linux");

/** Arch Linux's security tracker: groups of vulnerabilities in packages (https://security.archlinux.org/issues/all.json). */
export const archSecurity: Provider = {
  name: "arch-security",
  version: 1,
  feeds: ["https://security.archlinux.org/issues/all.json"],
  wants: (path) =>
    /(?:^|\/)[^/]*arch[^/]*\.json(?:\.[a-z0-9]+)?$/u.test(path) || /(?:^|\/)all\.json$/u.test(path),
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  const groups = await readJson(file);
  if (!Array.isArray(groups)) {
    throw new AdvisoryError("SOURCE_DAMAGED", `${JSON.stringify(file.path)}: expected a list of groups`);
  }
  for (const [index, group] of groups.entries()) readGroup(group, { where: `${file.path}[${index}]`, sink });
}

interface Reading {
  readonly where: string;
  readonly sink: AdvisorySink;
}

/** One group: each of its vulnerabilities is in each of its packages. */
function readGroup(value: unknown, { where, sink }: Reading): void {
  const group = objectOf(value);
  const name = textOf(group?.name);
  const packages = textsOf(group?.packages);
  const issues = textsOf(group?.issues);
  if (group === undefined || name === undefined || packages.length === 0) {
    sink.malformed(where, "expected a group with packages");
    return;
  }
  sink.entry();
  const meaning = meaningOf(textOf(group.status), textOf(group.fixed));
  if (meaning === undefined || issues.length === 0) {
    sink.ignored(where, "names no vulnerability, or no state that is known");
    return;
  }
  const [document = name] = textsOf(group.advisories);
  const severity = severityOfWord(textOf(group.severity)) ?? "unknown";
  for (const id of issues) {
    for (const package_ of packages) {
      sink.advisory({ id, aliases: [], document, ecosystem: ARCH, package: package_, severity, ...meaning });
    }
  }
}

/** A fix that is being tested is out, in a repository that few have: it is a fix all the same. */
function meaningOf(
  status: string | undefined,
  fixed: string | undefined,
): Pick<Advisory, "ranges" | "status"> | undefined {
  switch (status) {
    case "Not affected":
      return { ranges: [], status: "affected" };
    case "Fixed":
    case "Testing":
      return fixed === undefined ? undefined : { ranges: [{ fixed }], status: "fixed" };
    case "Vulnerable":
      return fixed === undefined
        ? { ranges: [{}], status: "affected" }
        : { ranges: [{ fixed }], status: "fixed" };
    case "Unknown":
      return { ranges: [{}], status: "under-investigation" };
    default:
      return undefined;
  }
}
