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
  /** A registry that cannot be listed as a whole. */
  | "NAMESPACE_MISSING"
  /** A manifest of a kind that holds no layers we could read, such as Docker's schema 1. */
  | "MANIFEST_UNSUPPORTED"
  /** A database of an engine that is not as the engine writes it. */
  | "STORE_DAMAGED";

/** More of what is known about it. */
export interface OciErrorDetails extends ErrorOptions {
  /** How long the registry asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** An image that cannot be had, or is not what it says it is. */
export class OciError extends PratiqueError<OciErrorCode> {
  override readonly name = "OciError";
  readonly retryAfterMs: number | undefined;

  constructor(code: OciErrorCode, message: string, details: OciErrorDetails = {}) {
    super(code, message, details);
    this.retryAfterMs = details.retryAfterMs;
  }
}
