import { Label } from "@patternfly/react-core";
import type { ExceptionEntry } from "@pratique/api";

const states = {
  active: { color: "green", text: "In force" },
  expired: { color: "grey", text: "Ended" },
  withdrawn: { color: "orange", text: "Withdrawn" },
} as const satisfies Record<ExceptionEntry["state"], object>;

/** Whether an exception still lifts anything. */
export function ExceptionStateLabel({ state }: Pick<ExceptionEntry, "state">) {
  const { color, text } = states[state];
  return (
    <Label isCompact color={color}>
      {text}
    </Label>
  );
}
