import type { PolicyChange, StoredPolicy } from "@pratique/store";
import { ServerError } from "../errors.ts";

/** Something that people set up: what it is called, and the parameter of its path. */
export interface SetUp {
  readonly kind: string;
  readonly parameter: string;
  readonly id: string;
}

/**
 * Refuses to change what has another revision than the caller's: `new` where nothing may be there yet, or empty for
 * whatever is there. Throws `REVISION_STALE`, and `NOT_FOUND` where it is gone.
 */
export function refuseStale(
  what: SetUp,
  {
    before,
    revision,
  }: { readonly before: { readonly revision: string } | undefined; readonly revision: string },
): void {
  if (revision === "" || revision === (before?.revision ?? "new")) return;
  throw before === undefined ? missing(what) : stale(what, revision);
}

/** What a policy or a file of rules is after a change. Throws `REVISION_STALE` and `NOT_FOUND`. */
export function changedIn(change: PolicyChange, what: SetUp, revision: string): StoredPolicy {
  switch (change.kind) {
    case "done":
      return change.policy;
    case "missing":
      throw missing(what);
    case "conflict":
      throw stale(what, revision);
  }
}

/** Somebody else has changed it between the caller's look and the caller's change. */
export function stale({ kind, parameter, id }: SetUp, revision: string): ServerError {
  const named = JSON.stringify(id);
  if (revision !== "new")
    return new ServerError("REVISION_STALE", `the ${kind} ${named} has another revision`);
  const message = `the name ${named} is taken by another ${kind}`;
  const errors = [{ path: `params.${parameter}`, message }];
  return new ServerError("REVISION_STALE", message, { members: { errors } });
}

/** There is none, or none any more. */
export function missing({ kind, id }: Pick<SetUp, "kind" | "id">): ServerError {
  return new ServerError("NOT_FOUND", `there is no ${kind} ${JSON.stringify(id)}`);
}
