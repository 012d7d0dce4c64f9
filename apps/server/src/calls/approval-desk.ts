import { randomUUID } from "node:crypto";
import { type AccessDecision, decide, mayApprove } from "@pratique/access";
import type { Endpoint, PendingApproval } from "@pratique/api";
import { type JsonObject, messageOf, type Permission } from "@pratique/core";
import type { ApprovalMove, ApprovalState, StoredApproval } from "@pratique/store";
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
  readonly callerOf: (accountId: string) => Promise<Caller | undefined>;
  /** Does what was asked for, as the one who asked. */
  readonly perform: (endpoint: string, input: CallInput, as: PerformAs) => Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Tells those who may decide. */
  readonly onAsked: (approval: StoredApproval, endpoint: Endpoint) => void;
}

export interface PerformAs {
  readonly caller: Caller;
  readonly approvedBy: string;
  readonly decision: AccessDecision;
}

/** A day and a night: whoever asks on a Friday evening asks again on Monday. */
const VALID_MS = 24 * 3_600_000;
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
    const approval: StoredApproval = {
      id,
      state: "pending",
      endpoint: endpoint.id,
      permission,
      subject: { kind: subject.kind, id: subject.id },
      resources: subject.resources,
      sealedCall: await seal.seal(id, JSON.stringify(input)),
      details,
      reason: typeof reason === "string" ? reason : "",
      requestedBy: caller.principal.account,
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

  /** Whether somebody may decide on an approval, and why not. */
  standing(caller: Caller, approval: StoredApproval): { readonly may: boolean; readonly because: string } {
    if (this.stateOf(approval) !== "pending") return { may: false, because: "it has been decided on" };
    if (caller.kind !== "account") return { may: false, because: "only people decide, and tokens are none" };
    for (const resource of approval.resources) {
      const act = { requester: approval.requestedBy, permission: approval.permission, resource };
      const standing = mayApprove(caller.principal, act);
      if (!standing.may) return standing;
    }
    return { may: true, because: "" };
  }

  /** The state now: what nobody decided on in time has expired. */
  stateOf({ state, expiresAt }: StoredApproval): ApprovalState {
    return state === "pending" && Date.parse(expiresAt) <= this.#options.now() ? "expired" : state;
  }

  /** Agrees, and does it. Throws `APPROVAL_OWN`, `APPROVAL_CLOSED`, `PERMISSION_DENIED`, and what the act throws. */
  async approve(caller: Caller, id: string, comment: string): Promise<void> {
    const approval = await this.#pending(caller, id);
    const requester = await this.#requester(approval);
    const { sealedCall, endpoint, permission } = approval;
    const input: CallInput = JSON.parse(await this.#options.seal.open(id, sealedCall));
    // First the state, then the act: it happens once, even where two people agree at the same moment.
    await this.#move(approval, { state: "approved", by: caller, comment });
    const decision = { decision: "allow" as const, because: `${permission}, approved by ${caller.id}` };
    try {
      await this.#options.perform(endpoint, input, { caller: requester, approvedBy: caller.id, decision });
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
    await this.#move(approval, { state: "rejected", by: caller, comment });
  }

  /** Takes back what the caller asked for. */
  async withdraw(caller: Caller, id: string): Promise<void> {
    const approval = await this.#find(id);
    if (approval.requestedBy !== caller.principal.account) {
      throw new ServerError("PERMISSION_DENIED", "only the one who asked takes it back");
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
    const { may, because } = this.standing(caller, approval);
    if (!may) throw new ServerError("PERMISSION_DENIED", because);
    return approval;
  }

  /** Somebody who has lost the right to ask since then does not get it through an approval. */
  async #requester({ requestedBy, permission, resources }: StoredApproval): Promise<Caller> {
    const requester = await this.#options.callerOf(requestedBy);
    const may = resources.every(
      (resource) =>
        requester !== undefined && decide(requester.principal, permission, resource).decision !== "deny",
    );
    if (requester === undefined || !may) {
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

function closed(): ServerError {
  return new ServerError("APPROVAL_CLOSED", "it has been decided on, taken back, or nobody agreed in time");
}
