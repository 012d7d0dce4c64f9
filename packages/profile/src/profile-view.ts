import type { Digest } from "@pratique/core";
import type { Decision } from "./decisions.ts";
import { nameOf } from "./deviation.ts";
import { type ItemKind, itemKinds } from "./item.ts";
import type { ImageLearner, LearningStatus } from "./learning.ts";
import type { LearningSettings } from "./learning-settings.ts";
import type { LearnedItem, Sight } from "./profile.ts";

/** A row of a list of profiles. */
export interface ProfileSummary {
  readonly image: Digest;
  readonly mode: LearningStatus["mode"];
  /** Milliseconds since 1970, as are all times here; absent where there is none. */
  readonly since?: number;
  readonly until?: number;
  readonly waitsFor?: string;
  readonly openDeviations: number;
  readonly withheld: number;
  /** How many items of each kind are known; kinds without any are left out. */
  readonly counts: Readonly<Partial<Record<ItemKind, number>>>;
  readonly openKinds: readonly ItemKind[];
  /** Absent where there were too many to count. */
  readonly containers?: number;
  readonly hosts?: number;
}

/** One item with the text that people read. */
export interface ProfileItemView extends LearnedItem {
  readonly text: string;
}

/** All of a profile but its items. */
export interface ProfileView extends ProfileSummary {
  readonly settings: LearningSettings;
  readonly sight?: Sight;
  readonly open: LearningStatus["open"];
  readonly withheldItems: LearningStatus["withheld"];
  readonly decisions: readonly Decision[];
}

/** What a person says of an item. */
export interface DecideRequest {
  readonly kind: ItemKind;
  readonly subject: string;
  readonly value: string;
  readonly verdict: Decision["verdict"];
}

/** What a person says of a mode. */
export interface SetModeRequest {
  readonly mode: LearningStatus["mode"];
  readonly settings?: Partial<LearningSettings>;
}

/** Sums up a learner for a list. */
export function summarize(learner: ImageLearner): ProfileSummary {
  const { image, mode, since, until, waitsFor, open, withheld, openings } = learner.status();
  const { containers, hosts } = learner.profile.origins;
  const counts = itemKinds.map((kind) => [kind, learner.profile.list(kind).length] as const);
  return {
    image,
    mode,
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(waitsFor !== undefined && { waitsFor }),
    openDeviations: open.length,
    withheld: withheld.length,
    counts: Object.fromEntries(counts.filter(([, count]) => count > 0)),
    openKinds: [...new Set(openings.map(({ kind }) => kind))],
    ...(containers !== undefined && { containers }),
    ...(hosts !== undefined && { hosts }),
  };
}

/** Shows all of a learner but its items, of which there may be thousands. */
export function viewOf(learner: ImageLearner): ProfileView {
  const { open, withheld, settings } = learner.status();
  const { sight, decisions } = learner.profile;
  return {
    ...summarize(learner),
    settings,
    ...(sight !== undefined && { sight }),
    open,
    withheldItems: withheld,
    decisions,
  };
}

/** Shows the items of one kind, with the text that people read. */
export function itemViewsOf(learner: ImageLearner, kind: ItemKind): readonly ProfileItemView[] {
  return learner.profile.list(kind).map((item) => ({ ...item, text: nameOf(item) }));
}
