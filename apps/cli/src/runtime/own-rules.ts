import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { productFiles, readOwnFiles } from "@pratique/agent";
import { messageOf } from "@pratique/core";
import { printable } from "@pratique/report";
import { formatRuleIssue, loadRules, type RuleFile, type RuleSet } from "@pratique/rules";
import type { Console } from "../console.ts";
import { CliError } from "../errors.ts";
import type { Settings } from "../settings/settings.ts";

export type OwnRules =
  | {
      readonly kind: "rules";
      /** The rules that the files make or change; all rules where no file was named. */
      readonly ruleSet: RuleSet;
      readonly warnings: readonly string[];
    }
  | { readonly kind: "invalid"; readonly errors: readonly string[]; readonly warnings: readonly string[] };

/**
 * Reads files of rules, and directories of them, as an agent reads them, after the default rules, whose macros and lists they
 * may use. Throws `USAGE` for what cannot be read, and for a directory without rules.
 */
export function loadOwnRules(files: readonly string[], runtime: Settings["runtime"]): OwnRules {
  const own = files.flatMap(filesAt);
  const loaded = loadRules([...defaultFiles(runtime), ...own]);
  if (loaded.kind === "invalid") {
    const [errors = [], warnings = []] = (["error", "warning"] as const).map((level) =>
      loaded.issues.filter((issue) => issue.level === level).map(formatRuleIssue),
    );
    return { kind: "invalid", errors, warnings };
  }
  const { ruleSet } = loaded;
  const names = new Set(own.map(({ name }) => name));
  const asked = ruleSet.rules.filter(
    ({ file, changes }) =>
      own.length === 0 || names.has(file) || changes.some((change) => names.has(change.file)),
  );
  return {
    kind: "rules",
    ruleSet: { ...ruleSet, rules: asked },
    warnings: loaded.warnings.map(formatRuleIssue),
  };
}

/** Says what keeps files from being used. */
export function tellInvalid(
  { errors, warnings }: Extract<OwnRules, { kind: "invalid" }>,
  console: Console,
  { json = false }: { readonly json?: boolean },
): void {
  if (json) console.print(`${JSON.stringify({ rules: [], errors, warnings }, undefined, 2)}\n`);
  else for (const error of errors) console.print(`${printable(error)}\n`);
  for (const warning of warnings) console.say(`warning: ${printable(warning)}`);
}

/** Under names that no file of a user's has. */
function defaultFiles(runtime: Settings["runtime"]): readonly RuleFile[] {
  const { hardened = false, builtInRules: builtIn = true } = runtime ?? {};
  return productFiles({ hardened, builtIn }).map(({ name, text }) => ({
    name: `default rules/${name}`,
    text,
  }));
}

function filesAt(place: string): readonly RuleFile[] {
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return [{ name: path.basename(place), text: readText(place) }];
  }
  const files = ownFilesIn(place);
  if (files.length > 0) return files;
  throw new CliError("USAGE", `there are no files of rules (*.yaml) in ${JSON.stringify(place)}`, {
    hint: "check the path",
  });
}

function ownFilesIn(directory: string): readonly RuleFile[] {
  try {
    return readOwnFiles({ directory });
  } catch (cause) {
    throw new CliError("USAGE", `cannot read ${JSON.stringify(directory)}: ${messageOf(cause)}`, { cause });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new CliError("USAGE", `cannot read ${JSON.stringify(file)}: ${messageOf(cause)}`, { cause });
  }
}
