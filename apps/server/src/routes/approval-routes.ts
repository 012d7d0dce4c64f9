import { decide } from "@pratique/access";
import {
  type Approval,
  approve,
  type Endpoint,
  listApprovals,
  publicEndpoints,
  reject,
  showApproval,
  withdrawApproval,
} from "@pratique/api";
import type { StoredApproval } from "@pratique/store";
import type { Binder } from "../bind.ts";
import { mayAsk } from "../calls/approval-desk.ts";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { pageOf } from "../page-of.ts";

const endpoints: ReadonlyMap<string, Endpoint> = new Map(publicEndpoints.map((each) => [each.id, each]));

/** What waits for a second person. */
export function bindApprovals(binder: Binder, { store, desk, now }: Context): void {
  const { approvals, accounts } = store.people;

  const entriesOf = async (found: readonly StoredApproval[], caller: Caller): Promise<Approval[]> => {
    const logins = await accounts.logins(
      found.flatMap(({ requestedBy, decidedBy }) => [requestedBy, decidedBy ?? ""]),
    );
    const person = (id: string) => ({ id, login: logins.get(id) ?? "" });
    return found.map((approval) => {
      const { may, because } = desk().standing(caller, approval, logins.get(approval.requestedBy) ?? "");
      const state = desk().stateOf(approval);
      return {
        ...entryOf(approval, person),
        state,
        mayDecide: may,
        ...(because !== "" && { whyNot: because }),
      };
    });
  };

  const show = async (id: string, caller: Caller): Promise<Approval> => {
    const approval = await approvals.find(id);
    const [entry] =
      approval !== undefined && maySee(caller, approval) ? await entriesOf([approval], caller) : [];
    if (entry === undefined) {
      throw new ServerError("NOT_FOUND", `there is no approval ${JSON.stringify(id)}`);
    }
    return entry;
  };

  binder.bind(listApprovals, async ({ query, caller }) => {
    const seen = (await approvals.newest(new Date(now()).toISOString()))
      .filter((approval) => maySee(caller, approval))
      .filter((approval) => query.state === undefined || desk().stateOf(approval) === query.state);
    const { items, ...page } = pageOf(seen, query);
    return { ...page, items: await entriesOf(items, caller) };
  });

  binder.bind(showApproval, async ({ params, caller }) => await show(params.approvalId, caller));

  binder.bind(approve, async ({ params, body, caller }) => {
    await desk().approve(caller, params.approvalId, body.comment);
    return await show(params.approvalId, caller);
  });

  binder.bind(reject, async ({ params, body, caller }) => {
    await desk().reject(caller, params.approvalId, body.comment);
    return await show(params.approvalId, caller);
  });

  binder.bind(withdrawApproval, async ({ params, caller }) => {
    // What somebody may not see is not there for them.
    await show(params.approvalId, caller);
    await desk().withdraw(caller, params.approvalId);
    return await show(params.approvalId, caller);
  });
}

/** One's own always, with a token those that it could ask for; those of others as far as one may read or decide on them there. */
function maySee(caller: Caller, approval: StoredApproval): boolean {
  const { principal } = caller;
  const { requestedBy, resources } = approval;
  if (requestedBy === principal.account && (caller.kind !== "token" || mayAsk(caller, approval))) return true;
  if (resources.length === 0) return false;
  return (["approvals.read", "approvals.decide"] as const).some((permission) =>
    resources.every((resource) => decide(principal, permission, resource).decision === "allow"),
  );
}

function entryOf(
  approval: StoredApproval,
  person: (id: string) => Approval["requestedBy"],
): Omit<Approval, "mayDecide" | "whyNot"> {
  const {
    sealedCall: _,
    resources: __,
    failure,
    details,
    requestedBy,
    decidedBy,
    subject,
    ...shown
  } = approval;
  return {
    ...shown,
    summary: endpoints.get(approval.endpoint)?.summary ?? approval.endpoint,
    subject: { ...subject },
    details: { ...details },
    requestedBy: person(requestedBy),
    decidedBy: decidedBy === null ? null : person(decidedBy),
    ...(failure !== null && { failure }),
  };
}
