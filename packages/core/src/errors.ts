/**
 * The root of every error that Pratique raises on purpose. Anything else that is thrown is a defect.
 *
 * Each package derives one class with a closed union of codes; the apps map codes to exit codes and HTTP
 * statuses in one table, and `docs/reference/errors.md` lists them all.
 */
export abstract class PratiqueError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type CoreErrorCode =
  | "DIGEST_MALFORMED"
  | "REFERENCE_MALFORMED"
  | "PLATFORM_MALFORMED"
  | "PURL_MALFORMED"
  | "SEVERITY_UNKNOWN";

/** A noun that is not in its form. */
export class CoreError extends PratiqueError<CoreErrorCode> {
  override readonly name = "CoreError";
}

/** The message of anything that was thrown, for use inside another message. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * Whether what was thrown has one of some codes: the system's (`ENOENT`), or one of an error class of ours that came from
 * elsewhere.
 */
export function hasCode(thrown: unknown, ...codes: readonly string[]): boolean {
  return (
    thrown instanceof Error &&
    "code" in thrown &&
    typeof thrown.code === "string" &&
    codes.includes(thrown.code)
  );
}
