import { type Endpoint, publicEndpoints } from "@pratique/api";
import type { NewNotice, StoredApproval } from "@pratique/store";
import { type Labels, linesOf, linkTo, noticeOf, type Origin } from "./notice.ts";

const endpoints: ReadonlyMap<string, Endpoint> = new Map(publicEndpoints.map((each) => [each.id, each]));

const outcomes: Readonly<Record<Exclude<StoredApproval["state"], "pending">, string>> = {
  approved: "was approved and done",
  rejected: "was rejected",
  withdrawn: "was taken back",
  expired: "has expired: nobody decided in time",
  failed: "was approved, and failed",
};

/** What somebody should hear of an approval as it stands. What was told before is not told again. */
export function approvalNotice(
  approval: StoredApproval,
  nameOf: (account: string) => string,
  origin: Origin,
): NewNotice {
  const { id, state, subject, reason, requestedBy, decidedBy, comment, failure } = approval;
  const what = endpoints.get(approval.endpoint)?.summary ?? approval.endpoint;
  const on = subject.id === "" ? "" : ` (${subject.kind} ${subject.id})`;
  const common = {
    labels: labelsOf(approval),
    subject: { kind: "approval", id: `${what}${on}` },
    link: linkTo(origin, "approvals", id),
  };
  if (state === "pending") {
    const once = `approval.requested/${id}`;
    return noticeOf(
      {
        ...common,
        id: once,
        kind: "approval.requested",
        severity: "high",
        title: `${nameOf(requestedBy)} asks for a second person: ${what}${on}`,
        text: linesOf(
          reason === "" ? undefined : `The reason given: ${reason}`,
          `It waits until ${approval.expiresAt}, and then expires.`,
          "What to do: open the link, and approve or reject it. Nobody approves what they asked for themselves.",
        ),
        time: approval.requestedAt,
        dedupKey: once,
      },
      once,
    );
  }
  const once = `approval.decided/${id}`;
  const by = decidedBy === null ? "" : ` by ${nameOf(decidedBy)}`;
  return noticeOf(
    {
      ...common,
      id: once,
      kind: "approval.decided",
      severity: state === "failed" ? "high" : "low",
      title: `What ${nameOf(requestedBy)} asked for ${outcomes[state]}${by}: ${what}${on}`,
      text: linesOf(
        comment === "" ? undefined : `The comment: ${comment}`,
        failure === null ? undefined : `Why it failed: ${failure}`,
        state === "expired" ? "What to do: ask again, where it is still needed." : undefined,
      ),
      time: approval.decidedAt ?? approval.expiresAt,
      dedupKey: once,
    },
    once,
  );
}

/** What all hosts that it is about have in common. */
function labelsOf({ resources }: StoredApproval): Labels {
  const [first = {}, ...others] = resources.flatMap(({ hosts = [] }) => hosts.map(({ labels }) => labels));
  return Object.fromEntries(
    Object.entries(first).filter(([key, value]) => others.every((labels) => labels[key] === value)),
  );
}
