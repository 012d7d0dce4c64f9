import { PratiqueError } from "@pratique/core";

export type ProfileErrorCode =
  | "PROFILE_MALFORMED"
  | "PROFILE_VERSION_UNKNOWN"
  | "PROFILE_OF_OTHER_IMAGE"
  | "ITEM_MALFORMED"
  | "DECISIONS_TOO_MANY"
  | "MODE_NOT_ALLOWED";

/** A profile, or a word on one, that cannot be used. */
export class ProfileError extends PratiqueError<ProfileErrorCode> {
  override readonly name = "ProfileError";
}
