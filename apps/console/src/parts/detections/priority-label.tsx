import { Label } from "@patternfly/react-core";
import { SeverityCriticalIcon } from "@patternfly/react-icons/dist/esm/icons/severity-critical-icon.js";
import { SeverityImportantIcon } from "@patternfly/react-icons/dist/esm/icons/severity-important-icon.js";
import { SeverityMinorIcon } from "@patternfly/react-icons/dist/esm/icons/severity-minor-icon.js";
import { SeverityModerateIcon } from "@patternfly/react-icons/dist/esm/icons/severity-moderate-icon.js";
import { SeverityNoneIcon } from "@patternfly/react-icons/dist/esm/icons/severity-none-icon.js";
import { type Priority, priorities } from "@pratique/core";

const looks = {
  emergency: { color: "red", variant: "filled", icon: <SeverityCriticalIcon /> },
  alert: { color: "red", variant: "filled", icon: <SeverityCriticalIcon /> },
  critical: { color: "red", variant: "outline", icon: <SeverityCriticalIcon /> },
  error: { color: "orangered", variant: "outline", icon: <SeverityImportantIcon /> },
  warning: { color: "yellow", variant: "outline", icon: <SeverityModerateIcon /> },
  notice: { color: "blue", variant: "outline", icon: <SeverityMinorIcon /> },
  informational: { color: "grey", variant: "outline", icon: <SeverityNoneIcon /> },
  debug: { color: "grey", variant: "outline", icon: <SeverityNoneIcon /> },
} as const satisfies Record<Priority, object>;

/** The choices of a filter that lets through what is as urgent or more so. */
export const priorityOrMore = priorities
  .filter((priority) => priority !== "debug")
  .map((priority, rank) => ({
    value: priority,
    text: rank === 0 ? "Emergency" : `${capital(priority)} or more`,
  }));

/** How urgent something is, in a word, with its shape and colour. */
export function PriorityLabel({ priority, count }: { readonly priority: Priority; readonly count?: number }) {
  const { color, variant, icon } = looks[priority];
  return (
    <Label isCompact color={color} variant={variant} icon={icon}>
      {count === undefined ? priority : `${count.toLocaleString("en")} ${priority}`}
    </Label>
  );
}

/** How many there are of each priority; those with none are left out. */
export function PriorityCounts({ counts }: { readonly counts: Readonly<Record<Priority, number>> }) {
  const present = priorities.filter((priority) => counts[priority] > 0);
  if (present.length === 0) return <span className="subtle">none</span>;
  return (
    <span className="label-row">
      {present.map((priority) => (
        <PriorityLabel key={priority} priority={priority} count={counts[priority]} />
      ))}
    </span>
  );
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
