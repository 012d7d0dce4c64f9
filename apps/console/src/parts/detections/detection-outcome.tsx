import { Label } from "@patternfly/react-core";
import { BanIcon } from "@patternfly/react-icons/dist/esm/icons/ban-icon.js";
import { CheckCircleIcon } from "@patternfly/react-icons/dist/esm/icons/check-circle-icon.js";
import { ExclamationCircleIcon } from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon.js";
import { EyeIcon } from "@patternfly/react-icons/dist/esm/icons/eye-icon.js";
import { InProgressIcon } from "@patternfly/react-icons/dist/esm/icons/in-progress-icon.js";
import { PowerOffIcon } from "@patternfly/react-icons/dist/esm/icons/power-off-icon.js";
import type { DetectionEntry } from "@pratique/api";
import type { RuleAction } from "@pratique/core";

const outcomes = {
  prevented: { color: "green", icon: <BanIcon />, text: "Prevented", means: "It had no effect." },
  killed: {
    color: "teal",
    icon: <PowerOffIcon />,
    text: "Killed",
    means: "The call took effect, and the process ended with it.",
  },
  done: {
    color: "blue",
    icon: <CheckCircleIcon />,
    text: "Done",
    means: "It happened, and what the rule asks for was done afterwards.",
  },
  failed: {
    color: "red",
    icon: <ExclamationCircleIcon />,
    text: "Failed",
    means: "It happened, and what the rule asks for could not be done.",
  },
  "dry-run": {
    color: "purple",
    icon: <InProgressIcon />,
    text: "Dry run",
    means: "It happened. What the rule asks for would have been done, were this no dry run.",
  },
  none: {
    color: "grey",
    icon: <EyeIcon />,
    text: "Only told",
    means: "It happened, and the rule only tells.",
  },
} as const satisfies Record<DetectionEntry["outcome"], object>;

/** The choices of a filter. */
export const detectionOutcomeOptions = Object.entries(outcomes).map(([value, { text }]) => ({ value, text }));

/** What became of what a rule asks for. */
export function DetectionOutcome({ outcome }: Pick<DetectionEntry, "outcome">) {
  const { color, icon, text } = outcomes[outcome];
  return (
    <Label isCompact color={color} icon={icon}>
      {text}
    </Label>
  );
}

/** What an outcome means, in a sentence. */
export function outcomeMeaning(outcome: DetectionEntry["outcome"]): string {
  return outcomes[outcome].means;
}

/** What a rule asks for, in words. */
export const actionWords: Readonly<Record<RuleAction, string>> = {
  kill: "end the process",
  deny: "make the call fail",
  pause: "freeze the container",
  cut: "end the container's connections",
  stop: "stop the container",
};
