import { ProfileError } from "./errors.ts";

/** What may pass before a profile goes on, and what it does then. Times in milliseconds. */
export interface LearningSettings {
  /** From the first event on, until deviations are told. */
  readonly learnMs: number;
  /** How long deviations are told before a profile may be enforced. */
  readonly watchMs: number;
  /** `stay`: only a person has it enforced. `enforce`: after that time, once no deviation is open. */
  readonly afterWatch: "stay" | "enforce";
  /** How long something waits for a detection that spoils it before it is learned. */
  readonly settleMs: number;
  /** Forgets what no container did for so long, though containers were started since. */
  readonly forgetMs: number;
  /** Tells a deviation again after so long, if it goes on. */
  readonly repeatMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const MOST_SETTING_MS = 3650 * DAY_MS;

export const defaultLearningSettings: LearningSettings = {
  learnMs: DAY_MS,
  watchMs: 7 * DAY_MS,
  afterWatch: "stay",
  settleMs: HOUR_MS / 6,
  forgetMs: 30 * DAY_MS,
  repeatMs: HOUR_MS,
};

/** @throws ProfileError `MODE_NOT_ALLOWED` */
export function checkSettings(settings: LearningSettings): LearningSettings {
  const problem = settingsProblem(settings);
  if (problem !== undefined) throw new ProfileError("MODE_NOT_ALLOWED", problem);
  return settings;
}

/** Why settings cannot be used; undefined where they can. */
export function settingsProblem(settings: LearningSettings): string | undefined {
  const { learnMs, watchMs, settleMs, forgetMs, repeatMs } = settings;
  for (const [name, value] of Object.entries({ learnMs, watchMs, settleMs, forgetMs, repeatMs })) {
    if (!Number.isSafeInteger(value) || value < 0 || value > MOST_SETTING_MS) {
      return `${name}: expected 0 to ${MOST_SETTING_MS} ms, found ${value}`;
    }
  }
  // What settles later than it is forgotten would never be learned.
  if (settleMs > learnMs || forgetMs < learnMs) {
    return "expected settleMs to be at most learnMs, and forgetMs to be at least learnMs";
  }
  return undefined;
}
