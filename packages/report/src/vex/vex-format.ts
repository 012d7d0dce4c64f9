import type { ScanTarget } from "@pratique/core";
import type { VexStatement } from "./vex-statements.ts";

/** What a VEX document is made of. */
export interface VexSource {
  readonly target: ScanTarget;
  /** The package URL of what was scanned, where a bill of materials gives it. */
  readonly purl?: string | undefined;
  /** When it was scanned, ISO 8601: the statements were true then. */
  readonly time: string;
  /** Who says all this. */
  readonly author: string;
  /** An address of the author's, by which documents are told apart; of the form `https://…`. */
  readonly namespace: string;
  /** Pratique's own version. */
  readonly version: string;
  /** At least one. */
  readonly statements: readonly VexStatement[];
}

/**
 * One form of VEX. The contract: the same source gives the same text, in pieces; read back, it suppresses what it calls
 * `not_affected` or `fixed` in the same image, and nothing else.
 */
export interface VexFormat {
  /** The word after `--format`. */
  readonly name: string;
  /** One line for the help. */
  readonly description: string;
  render(source: VexSource): Iterable<string>;
}
