/** What an artifact is called in Maven's repositories (Maven POM reference, "Maven Coordinates"). */
export interface Coordinates {
  /** Absent where nothing tells it for sure: a wrong one would be judged by the advisories of something else. */
  readonly group?: string;
  readonly artifact: string;
  readonly version: string;
}

const MAX_LENGTH = 256;

/** Whether a text can be a group or an artifact: what Maven itself takes, so no placeholder and no path. */
export function isCoordinate(text: string | undefined): text is string {
  return text !== undefined && text.length <= MAX_LENGTH && /^[A-Za-z0-9_.-]+$/u.test(text);
}
