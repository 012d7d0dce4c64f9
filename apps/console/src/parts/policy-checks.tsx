import { Alert, Button, List, ListItem } from "@patternfly/react-core";
import { CheckCircleIcon } from "@patternfly/react-icons/dist/esm/icons/check-circle-icon.js";
import { TimesCircleIcon } from "@patternfly/react-icons/dist/esm/icons/times-circle-icon.js";
import { lintPolicy, type ReplyOf } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { call } from "../api/call.ts";
import { formatCount } from "../text/format.ts";
import { type LineMark, marksOf } from "../text/line-marks.ts";
import { Read } from "./read.tsx";

export type Lint = ReplyOf<typeof lintPolicy>;

const SETTLE_MS = 500;

/** What the server says of a draft, once typing has paused. */
export function useLint(text: string) {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const lint = useQuery({
    queryKey: [lintPolicy.id, settled],
    queryFn: ({ signal }) => call(lintPolicy, { body: { text: settled }, signal }),
    placeholderData: (before) => before,
  });
  return { lint, isStale: settled !== text || lint.isPlaceholderData };
}

const nothing: readonly LineMark[] = [];

/** The marks of a draft; none while it has not been checked. */
export function lintMarks(lint: Lint | undefined): readonly LineMark[] {
  return lint === undefined ? nothing : marksOf(lint.problems, lint.warnings);
}

/** What is wrong with a draft, and what its tests say. */
export function PolicyChecks({ lint, isStale }: ReturnType<typeof useLint>) {
  return (
    <div className="draft-checks" aria-busy={isStale}>
      <Read query={lint} what="the checks">
        {(known) => (
          <>
            <Faults lint={known} />
            <Tests tests={known.tests} />
          </>
        )}
      </Read>
    </div>
  );
}

function Faults({ lint: { problems, warnings, rules } }: { readonly lint: Lint }) {
  if (problems.length === 0 && warnings.length === 0) {
    return <Alert isInline variant="success" title={`It compiles: ${formatCount(rules.length, "rule")}`} />;
  }
  return (
    <>
      {problems.length > 0 && (
        <Alert isInline variant="danger" title={formatCount(problems.length, "error")}>
          <Faulty faults={problems} />
        </Alert>
      )}
      {warnings.length > 0 && (
        <Alert isInline variant="warning" title={formatCount(warnings.length, "warning")}>
          <Faulty faults={warnings} />
        </Alert>
      )}
    </>
  );
}

function Faulty({ faults }: { readonly faults: Lint["problems"] }) {
  return (
    <List isPlain>
      {faults.map(({ line, column, message }) => (
        <ListItem key={`${line} ${column} ${message}`} className="break">
          {line !== undefined && <strong>{`Line ${line}: `}</strong>}
          {message}
        </ListItem>
      ))}
    </List>
  );
}

function Tests({ tests }: Pick<Lint, "tests">) {
  const [all, setAll] = useState(false);
  if (tests.length === 0) {
    return (
      <p className="subtle">
        There are no tests in the document. A PolicyTest says what the rules should decide, and is run here.
      </p>
    );
  }
  const failed = tests.filter(({ passed }) => !passed);
  const shown = all ? tests : failed;
  return (
    <div>
      <p>
        <strong>{`${tests.length - failed.length} of ${formatCount(tests.length, "test")} passed`}</strong>{" "}
        <Button variant="link" isInline onClick={() => setAll(!all)}>
          {all ? "Show failed ones only" : "Show all"}
        </Button>
      </p>
      <List isPlain aria-label="Tests">
        {shown.map(({ name, passed, message }) => (
          <ListItem
            key={name}
            icon={
              passed ? (
                <CheckCircleIcon className="icon-good" title="passed" />
              ) : (
                <TimesCircleIcon className="icon-bad" title="failed" />
              )
            }
          >
            {name}
            {message !== undefined && <div className="subtle break">{message}</div>}
          </ListItem>
        ))}
      </List>
    </div>
  );
}
