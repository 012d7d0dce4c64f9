import { covers, shows, visibility } from "@pratique/access";
import {
  deletePolicy,
  dryRunPolicy,
  lintPolicy,
  listPolicies,
  type PolicyEntry,
  putPolicy,
  showPolicy,
} from "@pratique/api";
import type { StoredPolicy } from "@pratique/store";
import type { Binder } from "../bind.ts";
import { changedIn, missing, type SetUp } from "../calls/stale.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { checkPolicy, lintDraft } from "../fleet/check-policy.ts";
import { TOO_SLOW } from "../fleet/draft-time.ts";
import { dryRun, type Judging } from "../fleet/dry-run.ts";

/** A draft that is added goes under a name that no policy can have. */
const ADDED = ":draft";

/** The policies that the server hands to agents. */
export function bindPolicies(binder: Binder, context: Context): void {
  const { store, work, drafts, now } = context;
  const { policies } = store.fleet;

  binder.bind(listPolicies, async ({ seen }) => {
    const all = await policies.all();
    const visible = all.filter(({ scope }) => shows(seen, { within: scope }));
    return { items: await entriesOf(context, visible), builtIn: !all.some(({ enabled }) => enabled) };
  });

  binder.bind(showPolicy, async ({ params }) => {
    const found = await policies.find(params.policy);
    if (found === undefined) throw missing(policyNamed(params.policy));
    return await entryOf(context, found);
  });

  binder.bind(putPolicy, async ({ params, body, caller, revision }) => {
    const { text, scope, enabled } = body;
    const draft = { name: params.policy, text };
    const rules = checkPolicy(draft, await policies.all(), new Date(now()));
    const changedAt = new Date(now()).toISOString();
    const changed = { ...draft, scope, enabled, rules, changedAt, changedBy: caller.name };
    const policy = changedIn(await policies.put(changed, revision), policyNamed(params.policy), revision);
    work.forget();
    return await entryOf(context, policy);
  });

  binder.bind(deletePolicy, async ({ params, revision }) => {
    changedIn(await policies.remove(params.policy, revision), policyNamed(params.policy), revision);
    work.forget();
    return undefined;
  });

  binder.bind(lintPolicy, async ({ body, caller }) => {
    const linted = drafts.run(caller, () => lintDraft(body.text, new Date(now())));
    return linted?.result ?? { problems: [{ message: TOO_SLOW }], warnings: [], tests: [], rules: [] };
  });

  binder.bind(dryRunPolicy, async ({ body, caller }) => {
    const { text, scope, enabled, launches } = body;
    const draft = { name: body.policy ?? ADDED, text, scope, enabled };
    const all = await policies.all();
    inTime(drafts.run(caller, () => checkPolicy(draft, all, new Date(now()))));
    // Who may read policies does not see by them what was launched where they may not look.
    const seen = visibility(caller.principal, "launches.read");
    const judge: Judging = (work) => inTime(drafts.run(caller, work));
    return await dryRun(draft, { store, seen, launches, judge });
  });
}

/** What was done in time. Throws `POLICY_INVALID`. */
function inTime<Result>(run: { readonly result: Result } | undefined): Result {
  if (run === undefined) throw new ServerError("POLICY_INVALID", TOO_SLOW);
  return run.result;
}

function policyNamed(id: string): SetUp {
  return { kind: "policy", parameter: "policy", id };
}

async function entryOf(context: Context, policy: StoredPolicy): Promise<PolicyEntry> {
  const [entry] = await entriesOf(context, [policy]);
  if (entry === undefined) throw missing(policyNamed(policy.name));
  return entry;
}

/** Counts for each policy the hosts that it is for, and those that have the newest of all that they are to have. */
async function entriesOf(
  { store, work }: Context,
  policies: readonly StoredPolicy[],
): Promise<PolicyEntry[]> {
  if (policies.length === 0) return [];
  const hosts = await store.hosts.policyStates();
  const states = await Promise.all(
    hosts.map(async (host) => ({
      host,
      upToDate: (await work.wantedBy(host)).revision === host.policyRevision,
    })),
  );
  return policies.map(({ scope, rules, ...policy }) => {
    const meant = states.filter(({ host }) => policy.enabled && covers(scope, { hosts: [host] }));
    const inForce = { hosts: meant.filter(({ upToDate }) => upToDate).length, of: meant.length };
    return { ...policy, scope, rules: [...rules], inForce };
  });
}
