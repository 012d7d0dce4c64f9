import { randomUUID } from "node:crypto";
import { type AccessDecision, decide, mayApprove } from "@pratique/access";
import type { Endpoint, PendingApproval } from "@pratique/api";
import { type JsonObject, messageOf, type Permission, type Resource } from "@pratique/core";
import type { ApprovalMove, ApprovalState, StoredApproval } from "@pratique/store";
import { z } from "zod";
import { ServerError } from "../errors.ts";
import type { CallInput } from "./call-input.ts";
import type { Caller } from "./caller.ts";
import type { Subject } from "./resource-finder.ts";

/** Where approvals are kept. */
interface ApprovalRepository {
  add(approval: StoredApproval): Promise<void>;
  find(id: string): Promise<StoredApproval | undefined>;
  /** Moves an approval on, if it is still in the state that is given. Of two that do so at once, one hears true. */
  move(id: string, from: ApprovalState, to: ApprovalMove): Promise<boolean>;
  /** How many acts of an account wait at a moment. */
  waitingOf(account: string, now: string): Promise<number>;
}

/** Seals what is kept, bound to what it belongs to. */
export interface CallSeal {
  seal(context: string, text: string): Promise<string>;
  open(context: string, sealed: string): Promise<string>;
}

export interface ApprovalDeskOptions {
  readonly approvals: ApprovalRepository;
  readonly seal: CallSeal;
  /** The account as it stands now; undefined where it may not act any more. */
  readonly callerOf: (requester: Requester) => Promise<Caller | undefined>;
  /** Does what was asked for, as the one who asked. */
  readonly perform: (endpoint: string, input: CallInput, as: PerformAs) => Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Tells those who may decide. */
  readonly onAsked: (approval: StoredApproval, endpoint: Endpoint) => void;
}

/** Who asked: an account, and its token where it asked with one. */
export interface Requester {
  readonly account: string;
  readonly token: string | null;
}

export interface PerformAs {
  readonly caller: Caller;
  /** The second person. */
  readonly approver: Caller;
  readonly decision: AccessDecision;
}

/**
 * What is sealed of an act: all that decides about what happens in whose name. The columns beside it are for lists, and
 * whoever could write into the database could write into them.
 */
const sealedAct = z.strictObject({
  endpoint: z.string(),
  account: z.string(),
  token: z.string().nullable(),
  input: z.strictObject({
    params: z.unknown().optional(),
    query: z.unknown().optional(),
    body: z.unknown().optional(),
    revision: z.string(),
  }),
});

/** A day and a night: whoever asks on a Friday evening asks again on Monday. */
const VALID_MS = 24 * 3_600_000;
/** The clock may have been set back by so much since. */
const SET_BACK_MS = 2 * 3_600_000;
/** More than this of one person's acts do not wait at once. */
const MAX_WAITING = 100;

/** What was asked for, where a second person has to agree. */
export interface Ask {
  readonly endpoint: Endpoint;
  readonly permission: Permission;
  readonly input: CallInput;
  readonly subject: Subject;
  readonly caller: Caller;
  readonly details: JsonObject;
}

/**
 * Keeps acts until a second person has agreed. Each happens at most once, in time, and only while the first person
 * still may ask for it.
 */
export class ApprovalDesk {
  readonly #options: ApprovalDeskOptions;

  constructor(options: ApprovalDeskOptions) {
    this.#options = options;
  }

  /** Takes an act. Throws `TOO_MANY_REQUESTS`. */
  async ask({ endpoint, permission, input, subject, caller, details }: Ask): Promise<PendingApproval> {
    const { approvals, seal, now, onAsked } = this.#options;
    const id = randomUUID();
    const requestedAt = new Date(now()).toISOString();
    const expiresAt = new Date(now() + VALID_MS).toISOString();
    if ((await approvals.waitingOf(caller.principal.account, requestedAt)) >= MAX_WAITING) {
      throw new ServerError("TOO_MANY_REQUESTS", `${MAX_WAITING} of your acts wait for a second person`);
    }
    const { reason } = details;
    const { principal, kind, session } = caller;
    const requester: Requester = { account: principal.account, token: kind === "token" ? session : null };
    const approval: StoredApproval = {
      id,
      state: "pending",
      endpoint: endpoint.id,
      permission,
      subject: { kind: subject.kind, id: subject.id },
      resources: subject.resources,
      sealedCall: await seal.seal(id, JSON.stringify({ endpoint: endpoint.id, ...requester, input })),
      details,
      reason: typeof reason === "string" ? reason : "",
      requestedBy: requester.account,
      requestedAt,
      expiresAt,
      decidedBy: null,
      decidedAt: null,
      comment: "",
      failure: null,
    };
    await approvals.add(approval);
    onAsked(approval, endpoint);
    return { approvalId: id, state: "pending", expiresAt };
  }

  /**
   * Whether somebody may decide on an approval, and why not. With the login of the requester, rights that they gave do
   * not count.
   */
  standing(
    caller: Caller,
    approval: StoredApproval,
    requesterName?: string,
  ): { readonly may: boolean; readonly because: string } {
    if (this.stateOf(approval) !== "pending") return { may: false, because: "it has been decided on" };
    if (caller.kind !== "account") return { may: false, because: "only people decide, and tokens are none" };
    const { requestedBy: requester, permission } = approval;
    for (const resource of placesIn(approval)) {
      const named = requesterName === undefined ? {} : { requesterName };
      const act = { requester, ...named, permission, resource };
      const standing = mayApprove(caller.principal, act);
      if (!standing.may) return standing;
    }
    return { may: true, because: "" };
  }

  /** The state now: what nobody decided on in time has expired, and so has what was asked while the clock was ahead. */
  stateOf({ state, expiresAt }: StoredApproval): ApprovalState {
    const leftMs = Date.parse(expiresAt) - this.#options.now();
    return state === "pending" && (leftMs <= 0 || leftMs > VALID_MS + SET_BACK_MS) ? "expired" : state;
  }

  /** Agrees, and does it. Throws `APPROVAL_OWN`, `APPROVAL_CLOSED`, `PERMISSION_DENIED`, and what the act throws. */
  async approve(caller: Caller, id: string, comment: string): Promise<void> {
    const approval = await this.#pending(caller, id);
    this.#refuseToDecide(caller, approval);
    const { endpoint, permission } = approval;
    const { input, ...act } = await this.#unseal(approval);
    const requester = await this.#requester(approval, act);
    this.#refuseToDecide(caller, approval, requester.name);
    // First the state, then the act: it happens once, even where two people agree at the same moment.
    await this.#move(approval, { state: "approved", by: caller, comment });
    const decision = { decision: "allow" as const, because: `${permission}, approved by ${caller.id}` };
    try {
      await this.#options.perform(endpoint, input, { caller: requester, approver: caller, decision });
    } catch (thrown) {
      await this.#options.approvals.move(id, "approved", {
        state: "failed",
        ...this.#by(caller),
        comment,
        failure: messageOf(thrown),
      });
      throw thrown;
    }
  }

  /** Disagrees. */
  async reject(caller: Caller, id: string, comment: string): Promise<void> {
    const approval = await this.#pending(caller, id);
    // Whoever saying no owes their right to does not matter.
    this.#refuseToDecide(caller, approval);
    await this.#move(approval, { state: "rejected", by: caller, comment });
  }

  /** Takes back what the caller asked for. */
  async withdraw(caller: Caller, id: string): Promise<void> {
    const approval = await this.#find(id);
    if (approval.requestedBy !== caller.principal.account) {
      throw new ServerError("PERMISSION_DENIED", "only the one who asked takes it back");
    }
    if (caller.kind === "token" && !mayAsk(caller, approval)) {
      throw new ServerError("PERMISSION_DENIED", `the token does not hold ${approval.permission} there`);
    }
    if (this.stateOf(approval) !== "pending") throw closed();
    await this.#move(approval, { state: "withdrawn", by: caller, comment: "" });
  }

  async #pending(caller: Caller, id: string): Promise<StoredApproval> {
    const approval = await this.#find(id);
    if (this.stateOf(approval) !== "pending") throw closed();
    if (approval.requestedBy === caller.principal.account) {
      throw new ServerError("APPROVAL_OWN", "nobody approves what they asked for themselves");
    }
    return approval;
  }

  #refuseToDecide(caller: Caller, approval: StoredApproval, requesterName?: string): void {
    const { may, because } = this.standing(caller, approval, requesterName);
    if (!may) throw new ServerError("PERMISSION_DENIED", because);
  }

  /** What waits, from what was sealed. Throws `APPROVAL_CLOSED` where the row says something else. */
  async #unseal({ id, sealedCall, endpoint, requestedBy }: StoredApproval) {
    const { success, data } = sealedAct.safeParse(JSON.parse(await this.#options.seal.open(id, sealedCall)));
    if (!success || data.endpoint !== endpoint || data.account !== requestedBy) {
      throw new ServerError("APPROVAL_CLOSED", "what waits is not what was asked for");
    }
    const { params, query, body, revision } = data.input;
    return { ...data, input: { params, query, body, revision } };
  }

  /** Somebody who has lost the right to ask since then does not get it through an approval. */
  async #requester(approval: StoredApproval, act: Requester): Promise<Caller> {
    const requester = await this.#options.callerOf(act);
    if (requester === undefined || !mayAsk(requester, approval)) {
      throw new ServerError("APPROVAL_CLOSED", "the one who asked may not ask for it any more");
    }
    return requester;
  }

  async #move(
    { id }: StoredApproval,
    { state, by, comment }: { state: ApprovalState; by: Caller; comment: string },
  ): Promise<void> {
    const change = { state, ...this.#by(by), comment, failure: null };
    if (!(await this.#options.approvals.move(id, "pending", change))) throw closed();
  }

  #by({ principal }: Caller): { readonly decidedBy: string; readonly decidedAt: string } {
    return { decidedBy: principal.account, decidedAt: new Date(this.#options.now()).toISOString() };
  }

  async #find(id: string): Promise<StoredApproval> {
    const approval = await this.#options.approvals.find(id);
    if (approval === undefined) {
      throw new ServerError("NOT_FOUND", `there is no approval ${JSON.stringify(id)}`);
    }
    return approval;
  }
}

/** Whether somebody could ask for an act: with a token, whether the token could. */
export function mayAsk({ principal }: Caller, approval: StoredApproval): boolean {
  return placesIn(approval).every(
    (resource) => decide(principal, approval.permission, resource).decision !== "deny",
  );
}

/** What is said to lie nowhere lies everywhere. */
function placesIn({ resources }: StoredApproval): readonly Resource[] {
  return resources.length === 0 ? [{}] : resources;
}

function closed(): ServerError {
  return new ServerError("APPROVAL_CLOSED", "it has been decided on, taken back, or nobody agreed in time");
}
