import { Label } from "@patternfly/react-core";
import { BanIcon } from "@patternfly/react-icons/dist/esm/icons/ban-icon.js";
import { CheckCircleIcon } from "@patternfly/react-icons/dist/esm/icons/check-circle-icon.js";
import { ExclamationTriangleIcon } from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon.js";
import { EyeIcon } from "@patternfly/react-icons/dist/esm/icons/eye-icon.js";
import type { ImageSummary, LaunchEntry } from "@pratique/api";

const outcomes = {
  allowed: { color: "green", icon: <CheckCircleIcon />, text: "Allowed" },
  warned: { color: "yellow", icon: <ExclamationTriangleIcon />, text: "Warned" },
  denied: { color: "red", icon: <BanIcon />, text: "Denied" },
  observed: { color: "purple", icon: <EyeIcon />, text: "Would be denied" },
} as const;

/** The choices of a filter, what needs a look first. */
export const outcomeOptions = (["denied", "observed", "warned", "allowed"] as const).map((value) => ({
  value,
  text: outcomes[value].text,
}));

/** What became of a launch. */
export function OutcomeLabel({ outcome }: Pick<LaunchEntry, "outcome">) {
  const { color, icon, text } = outcomes[outcome];
  return (
    <Label isCompact color={color} icon={icon}>
      {text}
    </Label>
  );
}

/** What was last decided about an image. */
export function VerdictLabel({ verdict }: { readonly verdict: ImageSummary["lastVerdict"] }) {
  if (verdict === undefined) return <span className="subtle">not launched</span>;
  const { color, icon, text } = outcomes[verdict.decision === "allow" ? "allowed" : "denied"];
  return (
    <Label isCompact color={color} icon={icon}>
      {text}
    </Label>
  );
}

const assessments = {
  complete: { color: "green", text: "Complete" },
  partial: { color: "yellow", text: "Partial" },
  none: { color: "red", text: "Not assessed" },
} as const;

/** How far an image could be judged. */
export function AssessmentLabel({ state }: { readonly state: ImageSummary["assessment"] }) {
  const { color, text } = assessments[state];
  return (
    <Label isCompact color={color} variant="outline">
      {text}
    </Label>
  );
}
