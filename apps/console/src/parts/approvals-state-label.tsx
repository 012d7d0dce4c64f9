import { Label } from "@patternfly/react-core";
import type { Approval } from "@pratique/api";

const states = {
  pending: { color: "blue", text: "Waiting" },
  approved: { color: "green", text: "Approved" },
  rejected: { color: "red", text: "Rejected" },
  withdrawn: { color: "grey", text: "Withdrawn" },
  expired: { color: "grey", text: "Expired" },
  failed: { color: "orange", text: "Approved, but failed" },
} as const satisfies Record<Approval["state"], object>;

/** What became of something that was asked for. */
export function ApprovalStateLabel({ state }: Pick<Approval, "state">) {
  const { color, text } = states[state];
  return (
    <Label isCompact color={color}>
      {text}
    </Label>
  );
}
