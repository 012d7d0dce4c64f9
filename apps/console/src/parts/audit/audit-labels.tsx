import { Label } from "@patternfly/react-core";
import type { AuditEntry } from "@pratique/api";

const decisions = {
  allow: { color: "green", text: "Allowed" },
  deny: { color: "red", text: "Denied" },
  "needs-approval": { color: "blue", text: "Second person" },
} as const;

/** What was decided about a call; nothing where nothing was to be decided. */
export function DecisionLabel({ decision }: Pick<AuditEntry, "decision">) {
  if (decision === null) return null;
  const { color, text } = decisions[decision];
  return (
    <Label isCompact color={color}>
      {text}
    </Label>
  );
}

const stages: Readonly<Record<AuditEntry["stage"], string>> = {
  intent: "is about to happen",
  outcome: "has happened",
  fact: "noted",
};

/** Which half of a call an entry tells, and how it came out. */
export function StageLabel({ entry: { stage, outcome } }: { readonly entry: AuditEntry }) {
  return (
    <Label isCompact variant="outline">
      {stage === "outcome" && outcome !== null ? outcome : stages[stage]}
    </Label>
  );
}

/** Who did it: by name where that is still known, else by id. */
export function actorName({ actor: { name, id } }: AuditEntry): string {
  return name ?? id;
}

/** Which of the actor's name and address were erased; nothing where neither was. */
export function ErasedNote({ entry: { actor } }: { readonly entry: AuditEntry }) {
  if (actor.erased.length === 0) return null;
  return <span className="subtle">{actor.erased.join(" and ")} erased</span>;
}
