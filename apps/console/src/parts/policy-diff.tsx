import { diffLines } from "../text/line-diff.ts";
import "./policy.css";

const signs = { same: " ", removed: "-", added: "+" } as const;

interface PolicyDiffProps {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

/** What changes from one document to another, line by line. */
export function PolicyDiff({ label, before, after }: PolicyDiffProps) {
  return (
    <section className="policy-diff" aria-label={label}>
      {diffLines(before, after).map(({ kind, text, at }) => (
        <div key={at} className={`diff-${kind}`}>
          {`${signs[kind]} ${text}`}
        </div>
      ))}
    </section>
  );
}
