import { Label } from "@patternfly/react-core";
import { SeverityCriticalIcon } from "@patternfly/react-icons/dist/esm/icons/severity-critical-icon.js";
import { SeverityImportantIcon } from "@patternfly/react-icons/dist/esm/icons/severity-important-icon.js";
import { SeverityMinorIcon } from "@patternfly/react-icons/dist/esm/icons/severity-minor-icon.js";
import { SeverityModerateIcon } from "@patternfly/react-icons/dist/esm/icons/severity-moderate-icon.js";
import { SeverityNoneIcon } from "@patternfly/react-icons/dist/esm/icons/severity-none-icon.js";
import { SeverityUndefinedIcon } from "@patternfly/react-icons/dist/esm/icons/severity-undefined-icon.js";
import type { ImageSummary } from "@pratique/api";
import { type Severity, severities } from "@pratique/core";

const looks = {
  critical: { color: "red", icon: <SeverityCriticalIcon /> },
  high: { color: "orangered", icon: <SeverityImportantIcon /> },
  medium: { color: "yellow", icon: <SeverityModerateIcon /> },
  low: { color: "blue", icon: <SeverityMinorIcon /> },
  negligible: { color: "grey", icon: <SeverityNoneIcon /> },
  unknown: { color: "grey", icon: <SeverityUndefinedIcon /> },
} as const;

/** The choices of a filter that lets through what is as bad or worse. */
export const severityOrWorse = [
  { value: "critical", text: "Critical" },
  { value: "high", text: "High or worse" },
  { value: "medium", text: "Medium or worse" },
  { value: "low", text: "Low or worse" },
] as const;

/** A severity in words, with its shape and colour. */
export function SeverityLabel({ severity }: { readonly severity: Severity }) {
  const { color, icon } = looks[severity];
  return (
    <Label isCompact color={color} icon={icon}>
      {severity}
    </Label>
  );
}

interface SeverityCountsProps {
  readonly counts: Readonly<Record<Severity, number>>;
  readonly assessment: ImageSummary["assessment"];
  /** Adds up what is neither critical nor high. */
  readonly isBrief?: boolean;
}

/** What no findings mean depends on how far somebody could look. */
const nothing = {
  complete: "none",
  partial: "none in what was assessed",
  none: "unknown: not assessed",
} as const;

const worst: readonly Severity[] = ["critical", "high"];

/** How many findings there are of each severity; those with none are left out. */
export function SeverityCounts({ counts, assessment, isBrief = false }: SeverityCountsProps) {
  const present = severities.filter((severity) => counts[severity] > 0);
  if (present.length === 0) return <span className="subtle">{nothing[assessment]}</span>;
  const shown = isBrief ? present.filter((severity) => worst.includes(severity)) : present;
  const lesser = present
    .filter((severity) => !shown.includes(severity))
    .map((severity) => counts[severity])
    .reduce((sum, count) => sum + count, 0);
  return (
    <span className="label-row">
      {shown.map((severity) => (
        <Label key={severity} isCompact color={looks[severity].color} icon={looks[severity].icon}>
          {counts[severity].toLocaleString("en")} {severity}
        </Label>
      ))}
      {lesser > 0 && <span className="subtle nowrap">{lesser.toLocaleString("en")} lesser</span>}
    </span>
  );
}
