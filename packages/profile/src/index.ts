export type { Decision } from "./decisions.ts";
export type { Deviation } from "./deviation.ts";
export { nameOf } from "./deviation.ts";
export type { AllowedPeer, EnforcementTables } from "./enforcement.ts";
export type { ProfileErrorCode } from "./errors.ts";
export { ProfileError } from "./errors.ts";
export type { ExportOptions, HardeningFormat } from "./export.ts";
export {
  /** @public for whoever starts a container by them, as the README does */
  dockerRunFlags,
  formatHardening,
} from "./export.ts";
export type { Spoiler } from "./guard.ts";
export type { Advice, Hardening, HardeningOptions } from "./hardening.ts";
export { hardeningOf } from "./hardening.ts";
export type { ExecutableLayer, Item, ItemKind } from "./item.ts";
export { itemKinds } from "./item.ts";
export { formatItem, readItem } from "./item-text.ts";
export { learnedEventTypes } from "./learned-event-types.ts";
export type { LearnerOptions, LearningStatus } from "./learning.ts";
export { ImageLearner } from "./learning.ts";
export type { LearningDocument } from "./learning-document.ts";
export type { LearningSettings } from "./learning-settings.ts";
export type { LearningState, Mode, OpenDeviation, Transition, Withheld } from "./learning-state.ts";
export { beginLearning, modes } from "./learning-state.ts";
export type { EventFacts } from "./observe.ts";
export type { LearnedItem, Openness, Profile, ProfileDocument, Sight } from "./profile.ts";
export type { KindDocument, SetDocument, SpanDocument, SubjectDocument } from "./profile-document.ts";
export type {
  DecideRequest,
  ProfileItemView,
  ProfileSummary,
  ProfileView,
  SetModeRequest,
} from "./profile-view.ts";
export { itemViewsOf, summarize, viewOf } from "./profile-view.ts";
export type { ReplayStep } from "./replay.ts";
export { replayOf } from "./replay.ts";
export { isRuntimeSetup } from "./runtime-setup.ts";
export type { SeccompArgument, SeccompExport, SeccompProfile, SeccompRule } from "./seccomp.ts";
export { mayBeSecret } from "./sensitive-path.ts";
export type { Span } from "./span.ts";
