import { Label, List, ListItem } from "@patternfly/react-core";
import type { lintRuleFile, ReplyOf } from "@pratique/api";
import { formatCount } from "../../text/format.ts";
import { Alert } from "../alert.tsx";
import { actionWords } from "../detections/detection-outcome.tsx";
import { DraftFaults } from "../documents/draft-checks.tsx";

type Lint = ReplyOf<typeof lintRuleFile>;

/** What is wrong with a draft, and how much of each rule can work. */
export function RuleChecks({ lint }: { readonly lint: Lint }) {
  return (
    <>
      {lint.problems.length === 0 && <Alert isInline variant="success" title={loaded(lint)} />}
      <DraftFaults faults={lint} />
      <Rules lint={lint} />
    </>
  );
}

function loaded({ rules, changes }: Lint): string {
  const made = [
    ...(rules.length > 0 ? [formatCount(rules.length, "rule")] : []),
    ...(changes.length > 0 ? [`${formatCount(changes.length, "rule")} of others changed`] : []),
  ];
  return made.length === 0 ? "It loads, and holds no rule" : `It loads: ${made.join(", ")}`;
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
