import { PratiqueError } from "@pratique/core";

export type VersionErrorCode = "VERSION_MALFORMED";

/** A version that its scheme cannot place. Whoever catches it knows nothing of the version, least of all that it is safe. */
export class VersionError extends PratiqueError<VersionErrorCode> {
  override readonly name = "VersionError";
}

/** The error for a text that is not a version of the named scheme. */
export function malformed(scheme: string, text: string): VersionError {
  return new VersionError("VERSION_MALFORMED", `malformed ${scheme} version ${JSON.stringify(text)}`);
}
