import { EngineError } from "./errors.ts";

/** A version of the Engine API, as in the path `/v1.45/`. */
export interface ApiVersion {
  readonly major: number;
  readonly minor: number;
}

/** Docker 19.03; older engines answer in other shapes. */
const OLDEST: ApiVersion = { major: 1, minor: 40 };
/** The newest whose answers have been looked at. Engines speak every version down to 1.44 for years to come. */
const NEWEST: ApiVersion = { major: 1, minor: 48 };

/**
 * The version to speak with an engine that offers versions up to `offered`, a header of `/_ping`.
 * Throws `ENGINE_REFUSED` where the engine is too old, `ENGINE_MALFORMED` where it names no version.
 */
export function negotiate(offered: string | undefined): ApiVersion {
  const version = parseApiVersion(offered);
  if (!isAtLeast(version, OLDEST)) {
    throw new EngineError(
      "ENGINE_REFUSED",
      `expected engine API ${formatApiVersion(OLDEST)} or newer, found ${formatApiVersion(version)}`,
    );
  }
  return isAtLeast(version, NEWEST) ? NEWEST : version;
}

export function isAtLeast(version: ApiVersion, floor: ApiVersion): boolean {
  return version.major > floor.major || (version.major === floor.major && version.minor >= floor.minor);
}

export function formatApiVersion({ major, minor }: ApiVersion): string {
  return `${major}.${minor}`;
}

function parseApiVersion(text = ""): ApiVersion {
  const groups = /^(?<major>\d{1,3})\.(?<minor>\d{1,4})$/u.exec(text)?.groups;
  if (groups === undefined) {
    throw new EngineError("ENGINE_MALFORMED", `expected an API version, found ${JSON.stringify(text)}`);
  }
  return { major: Number(groups.major), minor: Number(groups.minor) };
}
