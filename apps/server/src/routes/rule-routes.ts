import { covers, shows, type Visibility, visibility } from "@pratique/access";
import {
  type DetectionEntry,
  deleteRuleFile,
  lintRuleFile,
  listRuleFiles,
  listRules,
  putRuleFile,
  type RuleFileEntry,
  showRule,
  showRuleFile,
  tryRuleFile,
} from "@pratique/api";
import type { StoredPolicy } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Caller } from "../calls/caller.ts";
import { changedIn, missing, type SetUp } from "../calls/stale.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { checkRemoval, checkRuleFile, lintRules } from "../fleet/check-rule-file.ts";
import { TOO_SLOW } from "../fleet/draft-time.ts";
import { filesFor, ruleEntries, ruleView } from "../fleet/rule-catalogue.ts";
import { tryDraft } from "../fleet/try-rules.ts";
import { detectionEntryOf } from "../runtime/project-runtime.ts";

/** A draft that is added comes last, under a name that no file can have. */
const ADDED = "~draft";
/** Of more hosts than these nobody is told what they do by each rule. */
const MAX_TOLD = 1000;
const DETECTIONS_AT_ONCE = 200;

/** The files of rules for running containers that the server hands to agents. */
export function bindRuleFiles(binder: Binder, context: Context): void {
  const { store, work, drafts, now } = context;
  const { ruleFiles } = store.fleet;

  binder.bind(listRuleFiles, async ({ seen }) => {
    const all = await ruleFiles.all();
    const visible = all.filter(({ scope }) => shows(seen, { within: scope }));
    return { items: await entriesOf(context, visible) };
  });

  binder.bind(showRuleFile, async ({ params }) => {
    const found = await ruleFiles.find(params.ruleFile);
    if (found === undefined) throw missing(fileNamed(params.ruleFile));
    return await entryOf(context, found);
  });

  binder.bind(putRuleFile, async ({ params, body, caller, revision }) => {
    const draft = { name: params.ruleFile, ...body };
    const rules = checkRuleFile(draft, await ruleFiles.all());
    const changed = { ...draft, rules, changedAt: new Date(now()).toISOString(), changedBy: caller.name };
    const file = changedIn(await ruleFiles.put(changed, revision), fileNamed(params.ruleFile), revision);
    work.forget();
    return await entryOf(context, file);
  });

  binder.bind(deleteRuleFile, async ({ params, revision }) => {
    checkRemoval(params.ruleFile, await ruleFiles.all());
    changedIn(await ruleFiles.remove(params.ruleFile, revision), fileNamed(params.ruleFile), revision);
    work.forget();
    return undefined;
  });

  binder.bind(lintRuleFile, async ({ body, caller }) => {
    const draft = { name: body.ruleFile ?? ADDED, text: body.text, enabled: true };
    const all = await ruleFiles.all();
    const linted = drafts.run(caller, () => lintRules(draft, all));
    const problems = [{ line: 1, name: "", message: TOO_SLOW }];
    return linted?.result ?? { problems, warnings: [], rules: [], changes: [] };
  });

  binder.bind(tryRuleFile, async ({ body, caller }) => {
    const draft = { name: body.ruleFile ?? ADDED, text: body.text, enabled: true };
    // Who may read rules does not see by them what was detected where they may not look.
    const seen = visibility(caller.principal, "detections.read");
    const [all, detections] = [await ruleFiles.all(), await newestDetections(context, seen, body.detections)];
    const tried = drafts.run(caller, () => tryDraft(draft, all, detections));
    if (tried === undefined) throw new ServerError("RULES_INVALID", TOO_SLOW);
    return tried.result;
  });
}

/** All rules, whoever wrote them, and what hosts do by them. */
export function bindRules(binder: Binder, context: Context): void {
  binder.bind(listRules, async ({ seen, caller }) => {
    const { complete, hosts, sources } = await sourcesFor(context, { seen, caller });
    return { items: ruleEntries(sources), hosts, complete };
  });

  binder.bind(showRule, async ({ params, seen, caller }) => {
    const { complete, sources } = await sourcesFor(context, { seen, caller });
    const found = ruleView(params.rule, sources);
    if (found === undefined) {
      throw missing({ kind: "rule", id: params.rule });
    }
    return { ...found, complete };
  });
}

/** Who sees a rule does not see by it hosts of which they may not see what runs there. */
async function sourcesFor(
  { store }: Context,
  { seen, caller }: { readonly seen: Visibility; readonly caller: Caller },
) {
  const ofHosts = [...seen, ...visibility(caller.principal, "runtime.read")];
  const files = filesFor(await store.fleet.ruleFiles.all(), seen);
  const told = await store.runtime.reports.rules({ seen: ofHosts, limit: MAX_TOLD });
  const hosts = told.reduce((sum, each) => sum + each.hosts.length, 0);
  return { sources: { ...files, told }, hosts, complete: hosts < MAX_TOLD };
}

async function newestDetections({ store }: Context, seen: Visibility, wanted: number) {
  const found: DetectionEntry[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(DETECTIONS_AT_ONCE, wanted - found.length);
    const page = await store.runtime.detections.list({
      seen,
      limit,
      ...(cursor !== undefined && { cursor }),
    });
    found.push(...page.items.map(detectionEntryOf));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && found.length < wanted);
  return found;
}

function fileNamed(id: string): SetUp {
  return { kind: "file of rules", parameter: "ruleFile", id };
}

async function entryOf(context: Context, file: StoredPolicy): Promise<RuleFileEntry> {
  const [entry] = await entriesOf(context, [file]);
  if (entry === undefined) throw missing(fileNamed(file.name));
  return entry;
}

/** Counts for each file the hosts that it is for and that watch containers, and those that have all theirs. */
async function entriesOf({ store, work }: Context, files: readonly StoredPolicy[]): Promise<RuleFileEntry[]> {
  if (files.length === 0) return [];
  const hosts = (await store.hosts.policyStates()).filter(({ rulesRevision }) => rulesRevision !== null);
  const states = await Promise.all(
    hosts.map(async (host) => ({
      host,
      upToDate: (await work.wantedBy(host)).rulesRevision === host.rulesRevision,
    })),
  );
  return files.map(({ scope, rules, ...file }) => {
    const meant = states.filter(({ host }) => file.enabled && covers(scope, { hosts: [host] }));
    const inForce = { hosts: meant.filter(({ upToDate }) => upToDate).length, of: meant.length };
    return { ...file, scope, rules: [...rules], inForce };
  });
}
