import { PratiqueError } from "@pratique/core";

export type OciErrorCode =
  | "IMAGE_NOT_FOUND"
  | "IMAGE_AMBIGUOUS"
  | "IMAGE_MALFORMED"
  | "IMAGE_UNREADABLE"
  | "SOURCE_UNAVAILABLE"
  | "PLATFORM_NOT_FOUND"
  | "DIGEST_MISMATCH"
  | "LAYER_UNSUPPORTED"
  | "LIMIT_REACHED"
  | "FILE_NOT_FOUND"
  | "ACCESS_DENIED"
  | "ABORTED"
  /** The registry wants credentials, or others than those that it was given. */
  | "UNAUTHORIZED"
  | "RATE_LIMITED"
  /** The registry's answer is not what the distribution specification describes. */
  | "REGISTRY_MALFORMED"
  | "CREDENTIALS_UNREADABLE"
  /** A manifest of a kind that holds no layers we could read, such as Docker's schema 1. */
  | "MANIFEST_UNSUPPORTED"
  /** A database of an engine that is not as the engine writes it. */
  | "STORE_DAMAGED";

/** An image that cannot be had, or is not what it says it is. */
export class OciError extends PratiqueError<OciErrorCode> {
  override readonly name = "OciError";
}
