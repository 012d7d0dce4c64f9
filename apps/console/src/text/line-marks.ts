/** Something that is said of a line of a document. */
export interface LineMark {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly severity: "error" | "warning";
  readonly message: string;
}

interface Problem {
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** What the server said of a draft, as marks at lines. What names no line is said of the first. */
export function marksOf(problems: readonly Problem[], warnings: readonly Problem[]): readonly LineMark[] {
  const marks = (from: readonly Problem[], severity: LineMark["severity"]) =>
    from.map(({ line = 1, column = 1, message }) => ({
      line: Math.max(1, line),
      column: Math.max(1, column),
      severity,
      message,
    }));
  return [...marks(problems, "error"), ...marks(warnings, "warning")];
}
