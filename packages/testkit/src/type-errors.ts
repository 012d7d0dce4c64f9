import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { tempDirectory } from "./temp-directory.ts";

const compiler = path.resolve(import.meta.dirname, "../../../node_modules/.bin/tsc");

/** JSON that is said to be of a type. */
export interface TypedJson {
  readonly json: string;
  /** The file that declares the type. */
  readonly declarations: string;
  /** What it exports. */
  readonly name: string;
  /** Which part of it is the type: `["schemas"]["snapshot"]`. */
  readonly member?: string;
}

/**
 * What TypeScript's compiler says of documents that are said to be of types: nothing where they are, and have no member
 * that their type does not know. By it documents are held against what others publish of their interfaces.
 */
export function typeErrors(documents: readonly TypedJson[]): string {
  using directory = tempDirectory();
  const file = directory.at("documents.ts");
  const lines = documents.flatMap(({ json, declarations, name, member = "" }, at) => [
    `import type { ${name} as Type${at} } from ${JSON.stringify(declarations)};`,
    `export const document${at}: Type${at}${member} = ${json};`,
  ]);
  writeFileSync(file, `${lines.join("\n")}\n`);
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [compiler, "--noEmit", "--strict", "--skipLibCheck", "--ignoreConfig", "--types", "", file],
    { encoding: "utf8" },
  );
  return `${stdout}${stderr}`;
}
