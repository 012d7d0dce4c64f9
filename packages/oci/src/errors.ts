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
  | "ABORTED";

/** An image that cannot be had, or is not what it says it is. */
export class OciError extends PratiqueError<OciErrorCode> {
  override readonly name = "OciError";
}
