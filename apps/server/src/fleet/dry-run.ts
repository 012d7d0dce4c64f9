import { setImmediate } from "node:timers/promises";
import { covers, type Visibility } from "@pratique/access";
import type { dryRunPolicy, ReplyOf } from "@pratique/api";
import { denials, isDigest, type PolicyException, type Scope, type Verdict } from "@pratique/core";
import {
  defaultPolicies,
  evaluate,
  type ImageFacts,
  imageFactsOf,
  loadPolicies,
  type PolicyDocument,
  type PolicySet,
} from "@pratique/policy";
import type { RecordedLaunch, Store, StoredPolicy } from "@pratique/store";
import { documentOf } from "./check-policy.ts";
import { recordedLaunch } from "./recorded-launch.ts";

type Result = ReplyOf<typeof dryRunPolicy>;

/** A policy that is tried. */
export interface Draft {
  /** The policy that it replaces; a name that no other has for one that is added. */
  readonly name: string;
  readonly text: string;
  readonly scope: Scope;
  readonly enabled: boolean;
}

/** Runs what is judged, within bounds. */
export type Judging = <Result>(work: () => Result) => Result;

export interface DryRunOptions {
  readonly store: Store;
  /** Whose launches are judged. */
  readonly seen: Visibility;
  /** So many of the newest. */
  readonly launches: number;
  readonly judge: Judging;
}

type Ruled = Pick<StoredPolicy, "name" | "text" | "scope" | "enabled">;

const MAX_SHOWN = 200;
/** Others are served after so many launches. */
const LAUNCHES_AT_ONCE = 10;

/**
 * Judges recorded launches twice, by the server's policies and by those with the draft among them, and tells where
 * the answers differ. Both use what is known of the images today, so that the draft alone makes the difference.
 */
export async function dryRun(
  draft: Draft,
  { store, seen, launches, judge: inBounds }: DryRunOptions,
): Promise<Result> {
  const policies = await store.fleet.policies.all();
  const before = new Rules(policies);
  const after = new Rules([...policies.filter(({ name }) => name !== draft.name), draft]);
  const exceptions = await granted(store);
  const facts = new FactsByImage(store);
  const result = { judged: 0, skipped: 0, newlyDenied: 0, newlyAllowed: 0, changed: [] as Result["changed"] };
  for (const [index, recorded] of (await store.launches.recorded({ seen, limit: launches })).entries()) {
    if (index % LAUNCHES_AT_ONCE === 0) await setImmediate();
    const image = await facts.of(recorded.imageId);
    const [was, is] = inBounds(() =>
      [before, after].map((rules) => judge(recorded, { rules, image, exceptions })),
    );
    if (was === undefined || is === undefined) {
      result.skipped += 1;
      continue;
    }
    result.judged += 1;
    if (was.decision === is.decision) continue;
    result[is.decision === "deny" ? "newlyDenied" : "newlyAllowed"] += 1;
    if (result.changed.length < MAX_SHOWN) result.changed.push(changeOf(recorded, was, is));
  }
  return result;
}

interface Situation {
  readonly rules: Rules;
  readonly image: ImageFacts | undefined;
  readonly exceptions: readonly PolicyException[];
}

/** Undefined where the record does not hold the launch, or nothing is known of its image. */
function judge({ data }: RecordedLaunch, { rules, image, exceptions }: Situation): Verdict | undefined {
  const parsed = recordedLaunch.safeParse(data);
  if (!parsed.success || image === undefined) return undefined;
  const { launch, host, decidedAt } = parsed.data;
  const set = rules.on(host);
  return evaluate(set, { stage: "launch", image, launch, host, exceptions, now: new Date(decidedAt) });
}

function changeOf(recorded: RecordedLaunch, was: Verdict, is: Verdict): Result["changed"][number] {
  const { id, time, host, data } = recorded;
  const parsed = recordedLaunch.safeParse(data);
  const reasons = denials(is.decision === "deny" ? is : was);
  return {
    launchId: id,
    time,
    host,
    container: parsed.data?.launch.name ?? "",
    image: parsed.data?.launch.image ?? "",
    before: was.decision,
    after: is.decision,
    reasons: reasons.map(({ policy, rule, message, value }) => ({
      rule: `${policy}/${rule}`,
      message,
      value,
    })),
  };
}

/** The policies that hold on each host, compiled once for each set of them. */
class Rules {
  readonly #policies: readonly Ruled[];
  readonly #sets = new Map<string, PolicySet>();

  constructor(policies: readonly Ruled[]) {
    this.#policies = policies.filter(({ enabled }) => enabled);
  }

  on(host: { readonly name: string; readonly labels: Readonly<Record<string, string>> }): PolicySet {
    const held = this.#policies.filter(({ scope }) => covers(scope, { hosts: [host] }));
    const key = JSON.stringify(held.map(({ name }) => name));
    const set = this.#sets.get(key) ?? loadPolicies(documentsFor(held));
    this.#sets.set(key, set);
    return set;
  }
}

/** Where the server has no policy for a host, the built-in ones hold there. */
function documentsFor(held: readonly Ruled[]): readonly PolicyDocument[] {
  return held.length === 0 ? defaultPolicies : held.map(documentOf);
}

/** What policies may know of images; an image that several launches are of is read once. */
class FactsByImage {
  readonly #store: Store;
  readonly #known = new Map<string, ImageFacts | undefined>();

  constructor(store: Store) {
    this.#store = store;
  }

  async of(imageId: string | null): Promise<ImageFacts | undefined> {
    if (imageId === null || !isDigest(imageId)) return undefined;
    if (this.#known.has(imageId)) return this.#known.get(imageId);
    const found = await this.#store.images.find(imageId);
    const facts = found === undefined ? undefined : imageFactsOf(found.report);
    if (this.#known.size >= MAX_IMAGES) this.#known.clear();
    this.#known.set(imageId, facts);
    return facts;
  }
}

/** Facts of large images take megabytes each. */
const MAX_IMAGES = 50;

/** Those that were not withdrawn; when each ends is held against the time of the launch. */
async function granted({ fleet }: Store): Promise<readonly PolicyException[]> {
  const exceptions = await fleet.exceptions.active(new Date(0).toISOString());
  return exceptions.map(({ expiresAt, ...exception }) => ({ ...exception, expires: expiresAt }));
}
