export type { Decision } from "./decisions.ts";
export type { ProfileErrorCode } from "./errors.ts";
export { ProfileError } from "./errors.ts";
export type { ExecutableLayer, Item, ItemKind } from "./item.ts";
export { itemKinds, parseItem } from "./item.ts";
export type { LearnedItem, Openness, ProfileDocument, Sight } from "./profile.ts";
export { mergeProfiles, Profile } from "./profile.ts";
export type { KindDocument, SetDocument, SpanDocument, SubjectDocument } from "./profile-document.ts";
export type { Span } from "./span.ts";
