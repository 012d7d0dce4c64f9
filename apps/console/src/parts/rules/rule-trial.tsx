import { Label } from "@patternfly/react-core";
import { type ReplyOf, tryRuleFile } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { csvRows } from "../../text/csv.ts";
import { formatCount } from "../../text/format.ts";
import { DraftTrial } from "../documents/draft-trial.tsx";
import { CsvHere } from "../lists/csv-here.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { useAct } from "../use-act.ts";

type Trial = ReplyOf<typeof tryRuleFile>;
type Tried = Trial["rules"][number];
type Changed = Trial["changed"][number];

interface RuleTrialProps {
  readonly text: string;
  /** The file that the draft stands for; absent for a new one. */
  readonly ruleFile: string | undefined;
}

/** Asks the rules of a draft about recorded detections. */
export function RuleTrial({ text, ruleFile }: RuleTrialProps) {
  const act = useAct(tryRuleFile);
  return (
    <DraftTrial
      explanation={EXPLANATION}
      verb="Try it on recorded detections"
      trial={act}
      onTry={() => act.run({ body: { text, ...(ruleFile !== undefined && { ruleFile }) } })}
    >
      {(trial) => <Result trial={trial} />}
    </DraftTrial>
  );
}

const EXPLANATION =
  "The rules of this draft, and those that it changes, are asked about the last recorded detections, as far as what was recorded of them tells. What no rule told of was not recorded. Nothing is saved.";

const ruleColumns: readonly Column<Tried>[] = [
  { label: "Rule", cell: ({ rule }) => <span className="strong break">{rule}</span> },
  { label: "Fits", cell: ({ matches }) => matches.toLocaleString("en") },
  { label: "Does not fit", cell: ({ differs }) => differs.toLocaleString("en") },
  {
    label: "Cannot be told",
    cell: ({ unknown, missing }) => (
      <>
        {unknown.toLocaleString("en")}
        {missing.length > 0 && <div className="subtle break">{`not recorded: ${missing.join(", ")}`}</div>}
      </>
    ),
  },
  {
    label: "Its own, gone",
    cell: ({ quieter }) => quieter.toLocaleString("en"),
    info: "Detections of the rule itself that it would not tell any more",
  },
];

const ruleCells = {
  rule: ({ rule }: Tried) => rule,
  matches: ({ matches }: Tried) => matches,
  differs: ({ differs }: Tried) => differs,
  unknown: ({ unknown }: Tried) => unknown,
  missing: ({ missing }: Tried) => missing.join(" "),
  quieter: ({ quieter }: Tried) => quieter,
};

const changedColumns: readonly Column<Changed>[] = [
  {
    label: "Detection",
    cell: ({ detectionId, told, output }) => (
      <>
        <Link to="/detections/$detectionId" params={{ detectionId }} className="break">
          {told}
        </Link>
        <div className="subtle clamp">{output}</div>
      </>
    ),
  },
  {
    label: "With the draft",
    cell: ({ rule, answer }) => (
      <>
        <Label isCompact color={answer === "matches" ? "blue" : "grey"}>
          {answer === "matches" ? "Told as well" : "Not told any more"}
        </Label>
        <div className="subtle break">{rule}</div>
      </>
    ),
  },
  {
    label: "Where",
    cell: ({ host, container }) => (
      <span className="break">{container === "" ? host : `${container} on ${host}`}</span>
    ),
  },
  { label: "Time", cell: ({ time }) => <RelativeTime time={time} /> },
];

function Result({ trial: { detections, rules, changed } }: { readonly trial: Trial }) {
  return (
    <>
      <p role="status">
        <strong>{`${formatCount(changed.length, "answer")} would be another`}</strong>
        {`, of ${formatCount(detections, "detection")} that were looked at.`}
      </p>
      {rules.length > 0 && (
        <CsvHere fileName="rules-that-were-tried" rows={csvRows(rules, ruleCells)}>
          <ListTable
            label="Rules that were tried"
            columns={ruleColumns}
            items={rules}
            keyOf={({ rule }) => rule}
          />
        </CsvHere>
      )}
      {changed.length > 0 && (
        <CsvHere
          fileName="trial"
          rows={[
            ["time", "host", "container", "told", "rule", "answer"],
            ...changed.map(({ time, host, container, told, rule, answer }) => [
              time,
              host,
              container,
              told,
              rule,
              answer,
            ]),
          ]}
        >
          <ListTable
            label="Detections that would be others"
            columns={changedColumns}
            items={changed}
            keyOf={({ detectionId, rule }) => `${detectionId} ${rule}`}
          />
        </CsvHere>
      )}
    </>
  );
}
