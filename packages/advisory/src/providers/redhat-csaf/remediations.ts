import type { FindingStatus } from "@pratique/core";
import { type Fields, listOf, objectOf, textOf, textsOf } from "../../location/fields.ts";

/** What Red Hat did, or does not do, about a vulnerability in one product. */
export interface Remediation {
  /** The erratum that has the fix: `RHSA-2024:9999`. */
  readonly errata?: string;
  /** Whether there is a fix. */
  readonly isFixed: boolean;
  /** Why there is none. */
  readonly says?: FindingStatus;
}

/** Reads the remediations by product (CSAF 2.0, 3.2.3.12). Workarounds are none. */
export function readRemediations(vulnerability: Fields): ReadonlyMap<string, Remediation> {
  const remediations = new Map<string, Remediation>();
  for (const item of listOf(vulnerability.remediations)) {
    const fields = objectOf(item);
    const remediation = fields === undefined ? undefined : remediationOf(fields);
    if (remediation === undefined) continue;
    for (const id of textsOf(fields?.product_ids)) {
      if (remediations.get(id)?.isFixed !== true) remediations.set(id, remediation);
    }
  }
  return remediations;
}

function remediationOf(fields: Fields): Remediation | undefined {
  switch (fields.category) {
    case "vendor_fix": {
      const errata = /\/errata\/(?<errata>RH[A-Z]A-\d{4}:\d{4,})/u.exec(textOf(fields.url) ?? "")?.groups
        ?.errata;
      return { isFixed: true, ...(errata === undefined ? {} : { errata }) };
    }
    case "no_fix_planned":
      return { isFixed: false, says: isOutOfSupport(fields) ? "end-of-life" : "will-not-fix" };
    case "none_available":
      return { isFixed: false, says: isDeferred(fields) ? "fix-deferred" : "affected" };
    default:
      return undefined;
  }
}

function isOutOfSupport({ details }: Fields): boolean {
  return /out of support/iu.test(textOf(details) ?? "");
}

function isDeferred({ details }: Fields): boolean {
  return /deferred/iu.test(textOf(details) ?? "");
}
