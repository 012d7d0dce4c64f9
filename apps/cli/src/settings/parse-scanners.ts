import type { SoughtList } from "@pratique/core";
import { CliError } from "../errors.ts";

/** What a scan can look for, and the list of a report in which what was found stands. */
const scanners = { vuln: undefined, secret: "secrets", license: "licenses" } as const satisfies Record<
  string,
  SoughtList | undefined
>;

export type ScannerName = keyof typeof scanners;

export const scannerNames: readonly ScannerName[] = Object.keys(scanners).filter(isScannerName);

/** The lists that hold what these scanners find, besides vulnerabilities. */
export function listsOf(names: readonly ScannerName[]): ReadonlySet<SoughtList> {
  return new Set(names.flatMap((name) => scanners[name] ?? []));
}

/** What is looked for besides vulnerabilities by `--scanners`. Throws `USAGE`, naming what there is. */
export function parseScanners(text: string): ReadonlySet<SoughtList> {
  const names = text.split(",").map(parseScanner);
  if (!names.includes("vuln")) {
    throw new CliError("USAGE", "--scanners cannot leave out vuln, of which every report speaks");
  }
  return listsOf(names);
}

export interface SoughtOptions {
  readonly scanners?: string | undefined;
  /** What whoever judges the image asks for; nothing where absent. */
  readonly asked?: ReadonlySet<SoughtList> | undefined;
}

/** What `--scanners` says; where nobody says, what the configuration and whoever judges the image ask for. */
export function soughtBy(
  { scanners: text, asked = new Set() }: SoughtOptions,
  configured: ReadonlySet<SoughtList>,
): ReadonlySet<SoughtList> {
  return text === undefined ? configured.union(asked) : parseScanners(text);
}

function parseScanner(text: string): ScannerName {
  const name = text.trim();
  if (isScannerName(name)) return name;
  throw new CliError(
    "USAGE",
    `--scanners: expected ${scannerNames.join(", ")}, found ${JSON.stringify(text)}`,
  );
}

function isScannerName(name: string): name is ScannerName {
  return Object.hasOwn(scanners, name);
}
