import type { Permission, Principal, Resource } from "@pratique/core";
import { decide } from "./decide.ts";

/** What somebody asked for and may not do alone. */
export interface PendingAct {
  readonly requester: string;
  readonly permission: Permission;
  readonly resource: Resource;
}

/**
 * Whether somebody may be the second person for an act: another account than the first, that may decide on
 * approvals there and could ask for the act itself.
 */
export function mayApprove(
  principal: Principal,
  { requester, permission, resource }: PendingAct,
): { readonly may: boolean; readonly because: string } {
  if (principal.account === requester) {
    return { may: false, because: "nobody approves what they asked for themselves" };
  }
  for (const needed of ["approvals.decide", permission] as const) {
    const { decision, because } = decide(principal, needed, resource);
    // Deciding must be held freely; the act itself may be one that waits for a second person: that is its point.
    if (decision === "deny" || (needed === "approvals.decide" && decision !== "allow")) {
      return { may: false, because };
    }
  }
  return { may: true, because: "another person who may do it" };
}
