import type { BuildInfo } from "./build-info.ts";
import type { PackageFunctions } from "./function-names.ts";
import { functionsByModule } from "./linked-functions.ts";
import { parseModules } from "./modules.ts";

/** What is kept of a Go program. */
export interface GoExcerpt extends BuildInfo {
  /** As {@link functionsByModule} orders them; undefined where the program does not tell. */
  readonly functions: readonly string[] | undefined;
}

const SEPARATOR = "\0";

/** The version of Go, a line feed and the lines of modules; behind them, each behind a zero, the functions of each module. */
export function writeGoExcerpt(
  { goVersion, modules }: BuildInfo,
  packages: PackageFunctions | undefined,
): Uint8Array {
  const text = modules.replaceAll(SEPARATOR, "");
  const parsed = packages === undefined ? undefined : parseModules(text);
  const functions = packages && parsed && functionsByModule(packages, parsed);
  return Buffer.from([`${goVersion}\n${text}`, ...(functions ?? [])].join(SEPARATOR));
}

/** Reads what {@link writeGoExcerpt} wrote; undefined where the program does not tell what it was built from. */
export function readGoExcerpt(excerpt: Uint8Array): GoExcerpt | undefined {
  const [text = "", ...functions] = Buffer.from(excerpt).toString("utf8").split(SEPARATOR);
  const lineEnd = text.indexOf("\n");
  if (lineEnd < 0) return undefined;
  return {
    goVersion: text.slice(0, lineEnd),
    modules: text.slice(lineEnd + 1),
    functions: functions.length === 0 ? undefined : functions,
  };
}
