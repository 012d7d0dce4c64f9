import { type Digest, type Priority, RecentMap } from "@pratique/core";
import { Guard } from "./guard.ts";
import type { Item } from "./item.ts";
import { checkSettings, defaultLearningSettings, type LearningSettings } from "./learning-settings.ts";
import { Probation } from "./probation.ts";
import { Profile } from "./profile.ts";
import type { Span } from "./span.ts";

/** `learn`: takes in what is seen. `watch`: tells what is new. `enforce`: that, and has it prevented. */
export const modes = ["learn", "watch", "enforce"] as const;
export type Mode = (typeof modes)[number];

/** A change of mode, and who or what made it. */
export interface Transition {
  readonly mode: Mode;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** A person as the record names people; `timer` where the time was over. */
  readonly by: string;
}

/** What was seen and not learned, since a detection spoiled it. */
export interface Withheld {
  readonly item: Item;
  readonly span: Span;
  readonly rule: string;
}

/** A deviation that nobody has said yes or no to. */
export interface OpenDeviation {
  readonly item: Item;
  readonly priority: Priority;
  readonly text: string;
  readonly span: Span;
  readonly count: number;
  readonly toldAt: number;
}

export const MOST_WITHHELD = 256;
export const MOST_OPEN = 256;
export const MOST_TRANSITIONS = 32;

/** Everything about the learning of one image, which a document holds over a restart. */
export interface LearningState {
  readonly image: Digest;
  mode: Mode;
  since: number | undefined;
  lastStart: number | undefined;
  settings: LearningSettings;
  readonly transitions: Transition[];
  readonly profile: Profile;
  readonly probation: Probation;
  readonly guard: Guard;
  /** How often something was seen while as much as can be held waited to be learned. */
  missed: number;
  readonly withheld: RecentMap<string, Withheld>;
  readonly open: RecentMap<string, OpenDeviation>;
}

export function beginLearning(
  image: Digest,
  settings: LearningSettings = defaultLearningSettings,
): LearningState {
  return {
    image,
    mode: "learn",
    since: undefined,
    lastStart: undefined,
    settings: checkSettings(settings),
    transitions: [],
    profile: new Profile(image),
    probation: new Probation(),
    guard: new Guard(),
    missed: 0,
    withheld: new RecentMap(MOST_WITHHELD),
    open: new RecentMap(MOST_OPEN),
  };
}
