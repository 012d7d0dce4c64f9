import type { LocatedFile } from "./located-file.ts";

/** What the visitors of archives share: limits, and where files go. */
export interface Visit {
  readonly wants: (path: string) => boolean;
  readonly file: (file: LocatedFile) => Promise<void>;
  readonly memberBytes: number;
  /** Counts bytes and files against the limits, and looks at the signal. */
  readonly count: (bytes: number, files: number) => void;
}
