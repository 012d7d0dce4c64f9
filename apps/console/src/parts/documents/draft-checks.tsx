import { List, ListItem } from "@patternfly/react-core";
import type { lintPolicy, lintRuleFile, ReplyOf } from "@pratique/api";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { call } from "../../api/call.ts";
import { formatCount } from "../../text/format.ts";
import { Alert } from "../alert.tsx";
import { Read } from "../read.tsx";
import "./document.css";

/** Something that is wrong with a document. */
interface Fault {
  readonly line?: number;
  readonly column?: number;
  /** What in the document it is about; empty where it is the document. */
  readonly name?: string;
  readonly message: string;
}

interface Faults {
  readonly problems: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** What the server says of a draft. */
export interface DraftLint<Lint extends Faults = Faults> {
  readonly lint: UseQueryResult<Lint>;
  /** It is said of what was written before. */
  readonly isStale: boolean;
}

const SETTLE_MS = 500;

/** Asks the server about a draft, once typing has paused. `replaces` names the document that it stands for. */
export function useDraftLint<E extends typeof lintPolicy | typeof lintRuleFile>(
  endpoint: E,
  text: string,
  replaces: Readonly<Record<string, string>> = {},
): DraftLint<ReplyOf<E>> {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const body = { text: settled, ...replaces };
  const lint = useQuery({
    queryKey: [endpoint.id, body],
    queryFn: ({ signal }) => call(endpoint, { body, signal }),
    placeholderData: (before) => before,
  });
  return { lint, isStale: settled !== text || lint.isPlaceholderData };
}

interface DraftChecksProps<Lint extends Faults> {
  readonly lint: DraftLint<Lint>;
  readonly children: (lint: Lint) => ReactNode;
}

/** Shows what is said of a draft, and that it is about to be said anew. */
export function DraftChecks<Lint extends Faults>({
  lint: { lint, isStale },
  children,
}: DraftChecksProps<Lint>) {
  return (
    <div className="draft-checks" aria-busy={isStale}>
      <Read query={lint} what="the checks">
        {children}
      </Read>
    </div>
  );
}

/** Errors and warnings, each with its line. */
export function DraftFaults({ faults: { problems, warnings } }: { readonly faults: Faults }) {
  return (
    <>
      {problems.length > 0 && (
        <Alert isInline variant="danger" title={formatCount(problems.length, "error")}>
          <FaultList faults={problems} />
        </Alert>
      )}
      {warnings.length > 0 && (
        <Alert isInline variant="warning" title={formatCount(warnings.length, "warning")}>
          <FaultList faults={warnings} />
        </Alert>
      )}
    </>
  );
}

function FaultList({ faults }: { readonly faults: readonly Fault[] }) {
  return (
    <List isPlain>
      {faults.map(({ line, column, name = "", message }) => (
        <ListItem key={`${line} ${column} ${name} ${message}`} className="break">
          {line !== undefined && <strong>{`Line ${line}: `}</strong>}
          {name !== "" && `${name}: `}
          {message}
        </ListItem>
      ))}
    </List>
  );
}
