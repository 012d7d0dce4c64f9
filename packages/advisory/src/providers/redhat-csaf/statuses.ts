import { type Fields, objectOf, textsOf } from "../../location/fields.ts";
import type { Remediation } from "./remediations.ts";

/** Whether a product has a vulnerability, in the words of CSAF 2.0, 3.2.3.9. */
export type ProductStatus = (typeof STATUSES)[number];

/** The later ones outweigh: a product is listed once, unless the document contradicts itself. */
const STATUSES = ["known_not_affected", "under_investigation", "known_affected", "fixed"] as const;

/** The status of each product. A vulnerability without any has them from its remediations. */
export function readStatuses(
  vulnerability: Fields,
  remediations: ReadonlyMap<string, Remediation>,
): ReadonlyMap<string, ProductStatus> {
  const groups = objectOf(vulnerability.product_status);
  const statuses = new Map<string, ProductStatus>();
  if (groups === undefined) {
    for (const [id, { isFixed }] of remediations) statuses.set(id, isFixed ? "fixed" : "known_affected");
    return statuses;
  }
  for (const status of STATUSES) {
    for (const id of textsOf(groups[status])) statuses.set(id, status);
  }
  return statuses;
}
