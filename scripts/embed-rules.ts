// Writes packages/rules/src/builtin.ts from packages/rules/builtin: what compiles without Node reads no files. A test
// holds the two together.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const rules = path.join(root, "packages/rules");

/** Shared lists and macros first. */
const defaults = [
  "base",
  "beyond-falco-first",
  "escape",
  "kernel",
  "injection",
  "execution",
  "privilege",
  "credentials",
  "persistence",
  "network",
  "evasion",
  "beyond-falco",
  "set-up",
];

const parts = [
  "// Made from ../builtin by scripts/embed-rules.ts: change it there.\n",
  "/** One file of rules of our own, as text. */",
  "export interface BuiltinRuleFile {",
  "  readonly name: string;",
  "  readonly text: string;",
  "}\n",
  "/** The default rules, in the order in which they have to be loaded. They only detect. */",
  "export const builtinRuleFiles: readonly BuiltinRuleFile[] = [",
  ...defaults.map((name) => `  ${embedded(name, "  ")},`),
  "];\n",
  "/** Rules that act, for those who turn them on; to be loaded before {@link builtinRuleFiles}: the first that matches speaks. */",
  `export const hardenedRuleFile: BuiltinRuleFile = ${embedded("hardened", "")};`,
];
writeFileSync(path.join(rules, "src/builtin.ts"), `${parts.join("\n")}\n`);

function embedded(name: string, indent: string): string {
  const text = readFileSync(path.join(rules, "builtin", `${name}.yaml`), "utf8");
  if (/`|\$\{/u.test(text)) throw new Error(`${name}.yaml has what a template cannot hold`);
  const tag = text.includes("\\") ? "String.raw" : "";
  return `{\n${indent}  name: "${name}.yaml",\n${indent}  text: ${tag}\`${text}\`,\n${indent}}`;
}
