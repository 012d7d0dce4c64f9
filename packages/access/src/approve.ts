import type { Permission, Principal, Resource } from "@pratique/core";
import { decide } from "./decide.ts";

/** What somebody asked for and may not do alone. */
export interface PendingAct {
  readonly requester: string;
  /** What grants that the requester made name them by; absent where nobody knows. */
  readonly requesterName?: string;
  readonly permission: Permission;
  readonly resource: Resource;
}

/**
 * Whether somebody may be the second person for an act: another account than the first, that may decide on
 * approvals there and could ask for the act itself.
 */
export function mayApprove(
  principal: Principal,
  { requester, requesterName, permission, resource }: PendingAct,
): { readonly may: boolean; readonly because: string } {
  if (principal.account === requester) {
    return { may: false, because: "nobody approves what they asked for themselves" };
  }
  // Somebody who owes their right to the requester could be the requester's own second account.
  const holdings = principal.holdings.filter(
    ({ givenBy }) => givenBy === undefined || givenBy !== requesterName,
  );
  for (const needed of ["approvals.decide", permission] as const) {
    const { decision, because } = decide({ ...principal, holdings }, needed, resource);
    // Deciding must be held freely; the act itself may be one that waits for a second person: that is its point.
    if (decision === "deny" || (needed === "approvals.decide" && decision !== "allow")) {
      const isOwed = holdings.length < principal.holdings.length;
      return { may: false, because: isOwed ? `${because} that the requester did not give` : because };
    }
  }
  return { may: true, because: "another person who may do it" };
}
