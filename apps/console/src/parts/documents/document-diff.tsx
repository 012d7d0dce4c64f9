import { diffLines } from "../../text/line-diff.ts";
import "./document.css";

const signs = { same: " ", removed: "-", added: "+" } as const;

interface DocumentDiffProps {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

/** What changes from one document to another, line by line. */
export function DocumentDiff({ label, before, after }: DocumentDiffProps) {
  return (
    <section className="document-diff" aria-label={label}>
      {diffLines(before, after).map(({ kind, text, at }) => (
        <div key={at} className={`diff-${kind}`}>
          {`${signs[kind]} ${text}`}
        </div>
      ))}
    </section>
  );
}
