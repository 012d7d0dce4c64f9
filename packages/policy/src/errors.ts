import { PratiqueError } from "@pratique/core";

/** One thing that is wrong with a document, and where. */
export interface PolicyProblem {
  /** The file, as the caller named it. */
  readonly file: string;
  /** From 1; absent where the whole file is meant. */
  readonly line?: number;
  /** Where in the document: `spec.rules[2].deny`. */
  readonly path?: string;
  /** An error keeps the documents from being used; a warning does not. */
  readonly level: "error" | "warning";
  readonly message: string;
}

export type PolicyErrorCode = "POLICY_INVALID" | "IMAGE_FACTS_MALFORMED";

/** Documents or facts that cannot be used. `problems` names every error, not only the first. */
export class PolicyError extends PratiqueError<PolicyErrorCode> {
  override readonly name = "PolicyError";
  readonly problems: readonly PolicyProblem[];

  constructor(code: PolicyErrorCode, problems: readonly PolicyProblem[]) {
    const [first, ...more] = problems;
    const rest = more.length === 0 ? "" : ` (and ${more.length} more)`;
    super(code, `${first === undefined ? "no problem given" : formatProblem(first)}${rest}`);
    this.problems = problems;
  }
}

/** Writes a problem the way compilers do: `policies/base.yaml:12: spec.rules[0].deny: …`. */
export function formatProblem({ file, line, path, message }: PolicyProblem): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return path === undefined || path === "" ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}
