import type { Finding, PolicyException } from "@pratique/core";
import type { PolicySet } from "./policy-set.ts";
import { applicableExceptions, type WaiverSubject } from "./waiver.ts";

/**
 * The exceptions that are in force for an image and name vulnerabilities: gives, for a finding, the first that names it.
 * An exception that names none is about rules, and says nothing of any finding.
 */
export function acceptedFindings(
  { exceptions }: PolicySet,
  subject: WaiverSubject,
  now: Date,
): (finding: Pick<Finding, "id" | "aliases">) => PolicyException | undefined {
  const byName = new Map<string, PolicyException>();
  for (const exception of applicableExceptions(exceptions, subject, now)) {
    for (const name of exception.scope.vulnerabilities ?? []) {
      if (!byName.has(name)) byName.set(name, exception);
    }
  }
  return ({ id, aliases }) => {
    const name = [id, ...aliases].find((candidate) => byName.has(candidate));
    return name === undefined ? undefined : byName.get(name);
  };
}
