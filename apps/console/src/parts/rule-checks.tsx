import { Alert, Label, List, ListItem } from "@patternfly/react-core";
import { lintRuleFile, type ReplyOf } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { call } from "../api/call.ts";
import { formatCount } from "../text/format.ts";
import { type LineMark, marksOf } from "../text/line-marks.ts";
import { actionWords } from "./detection-outcome.tsx";
import { Read } from "./read.tsx";

type Lint = ReplyOf<typeof lintRuleFile>;

const SETTLE_MS = 500;

/** What the server says of a draft, once typing has paused. */
export function useRuleLint(text: string, ruleFile: string | undefined) {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const body = { text: settled, ...(ruleFile !== undefined && { ruleFile }) };
  const lint = useQuery({
    queryKey: [lintRuleFile.id, body],
    queryFn: ({ signal }) => call(lintRuleFile, { body, signal }),
    placeholderData: (before) => before,
  });
  return { lint, isStale: settled !== text || lint.isPlaceholderData };
}

const nothing: readonly LineMark[] = [];

/** The marks of a draft; none while it has not been checked. */
export function ruleMarks(lint: Lint | undefined): readonly LineMark[] {
  return lint === undefined ? nothing : marksOf(lint.problems, lint.warnings);
}

/** What is wrong with a draft, and how much of each rule can work. */
export function RuleChecks({ lint, isStale }: ReturnType<typeof useRuleLint>) {
  return (
    <div className="draft-checks" aria-busy={isStale}>
      <Read query={lint} what="the checks">
        {(known) => (
          <>
            <Faults lint={known} />
            <Rules lint={known} />
          </>
        )}
      </Read>
    </div>
  );
}

function Faults({ lint: { problems, warnings, rules, changes } }: { readonly lint: Lint }) {
  const made = [
    ...(rules.length > 0 ? [formatCount(rules.length, "rule")] : []),
    ...(changes.length > 0 ? [`${formatCount(changes.length, "rule")} of others changed`] : []),
  ];
  return (
    <>
      {problems.length === 0 && (
        <Alert
          isInline
          variant="success"
          title={made.length === 0 ? "It loads, and holds no rule" : `It loads: ${made.join(", ")}`}
        />
      )}
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
      {faults.map(({ line, name, message }) => (
        <ListItem key={`${line} ${name} ${message}`} className="break">
          <strong>{`Line ${line}: `}</strong>
          {name !== "" && `${name}: `}
          {message}
        </ListItem>
      ))}
    </List>
  );
}

const support = {
  full: { look: { status: "success" }, text: "Works in full" },
  partial: { look: { status: "warning" }, text: "Works in part" },
  none: { look: { status: "danger" }, text: "Cannot work" },
} as const;

function Rules({ lint: { rules, changes } }: { readonly lint: Lint }) {
  return (
    <List isPlain aria-label="Rules of the draft">
      {rules.map(({ name, supported, reasons, enabled, action, kernel }) => (
        <ListItem key={name} className="break">
          <div className="strong">{name}</div>
          <div className="label-row">
            <Label isCompact {...support[supported].look}>
              {support[supported].text}
            </Label>
            {!enabled && (
              <Label isCompact color="grey">
                Off
              </Label>
            )}
          </div>
          {reasons.map((reason) => (
            <div key={reason} className="subtle">
              {reason}
            </div>
          ))}
          {action !== undefined && (
            <>
              <div>
                {kernel.decides
                  ? `It asks to ${actionWords[action]}, and a kernel can decide it before it happens.`
                  : `It asks to ${actionWords[action]}, and no kernel can decide it by itself:`}
              </div>
              {kernel.reasons.map((reason) => (
                <div key={reason} className="subtle">
                  {reason}
                </div>
              ))}
            </>
          )}
        </ListItem>
      ))}
      {changes.map(({ name, enabled }) => (
        <ListItem key={`changed ${name}`} className="break">
          {enabled ? "Changes " : "Turns off "}
          <strong>{name}</strong>
        </ListItem>
      ))}
    </List>
  );
}
