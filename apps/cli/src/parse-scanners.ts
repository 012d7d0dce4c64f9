import type { PolicySet } from "@pratique/policy";
import { CliError } from "./errors.ts";

/** What a scan can look for. */
const scannerNames = ["vuln", "secret", "license"] as const;

export type ScannerName = (typeof scannerNames)[number];

/** What is looked for where nobody says: the rest takes longer. */
const DEFAULT: readonly ScannerName[] = ["vuln"];

/** Reads `--scanners`. Throws `USAGE`, naming the ones there are. */
export function parseScanners(text: string | undefined): readonly ScannerName[] {
  if (text === undefined) return DEFAULT;
  const names = text.split(",").map(parseScanner);
  if (names.includes("vuln")) return names;
  throw new CliError("USAGE", "--scanners cannot leave out vuln, of which every report speaks");
}

/** What `--scanners` says; where nobody says, what the policies look at. */
export function scannersFor(
  { usesSecrets, usesLicenses }: Pick<PolicySet, "usesSecrets" | "usesLicenses">,
  { scanners }: { readonly scanners?: string | undefined },
): string | undefined {
  const besides = [...(usesSecrets ? ["secret"] : []), ...(usesLicenses ? ["license"] : [])];
  return scanners ?? (besides.length === 0 ? undefined : ["vuln", ...besides].join(","));
}

function parseScanner(text: string): ScannerName {
  const found = scannerNames.find((name) => name === text.trim());
  if (found !== undefined) return found;
  throw new CliError(
    "USAGE",
    `--scanners: expected ${scannerNames.join(", ")}, found ${JSON.stringify(text)}`,
  );
}
