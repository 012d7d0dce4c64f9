/** A vulnerability and its other names. */
export interface IdentifierGroup {
  readonly id: string;
  readonly aliases: readonly string[];
}

/** `CVE-2019-2426`, also spelt `CVE_2019-2426` and `CVE 2018-16859`; what hangs on to the number is dropped. */
const CVE = /\bCVE[-_ ](\d{4})-(\d{4,})/giu;

/** `GHSA-xxxx-xxxx-xxxx`, `XSA-182`, `TALOS-2019-0844`, `ZBX-11023`, `wnpa-sec-2017-18`. */
const OTHER =
  /\b(?!CVE)(?:GHSA(?:-[0-9a-z]{4}){3}|[A-Z][A-Z0-9]*(?:-[0-9a-z]+)*-[0-9a-z]*\d[0-9a-z]*(?:-[0-9a-z]+)*|wnpa-sec-\d{4}-\d+)\b/gu;

const REMARK = /\([^)]*\)?/gu;

/**
 * Reads the identifiers in one line of a security database, which people write by hand: several CVEs are several
 * vulnerabilities, while another scheme's name beside one CVE is its alias. Remarks in parentheses are dropped.
 */
export function readIdentifiers(text: string): readonly IdentifierGroup[] {
  const plain = text.replace(REMARK, " ");
  const cves = [...plain.matchAll(CVE)].map(([, year, number]) => `CVE-${year}-${number}`);
  const others = plain.match(OTHER) ?? [];
  const [only] = cves;
  if (only === undefined) return others.map((id) => ({ id, aliases: [] }));
  if (cves.length > 1) return [...new Set(cves)].map((id) => ({ id, aliases: [] }));
  return [{ id: only, aliases: [...new Set(others)] }];
}
