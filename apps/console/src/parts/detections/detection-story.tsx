import "../runtime.css";
import { Content } from "@patternfly/react-core";
import type { DetectionEntry } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { useMay } from "../../api/may.ts";
import { isTechnique, tactics } from "../../text/attack-techniques.ts";
import { csvRows } from "../../text/csv.ts";
import { formatCount, formatTime } from "../../text/format.ts";
import { Alert } from "../alert.tsx";
import { type ProcessLine, ProcessTree } from "../containers/process-tree.tsx";
import { Fact, Facts } from "../facts.tsx";
import { CsvHere } from "../lists/csv-here.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { DetectionContainer, DetectionImage } from "./detection-columns.tsx";
import { actionWords, DetectionOutcome, outcomeMeaning } from "./detection-outcome.tsx";
import { PriorityLabel } from "./priority-label.tsx";
import { TechniqueLink } from "./technique-link.tsx";

interface DetectionProps {
  readonly detection: DetectionEntry;
}

/** What happened, in a sentence, and where. */
export function DetectionStory({ detection }: DetectionProps) {
  const { output, priority, outcome, time, host, suppressed, capture } = detection;
  return (
    <>
      <p className="story">{output}</p>
      {suppressed > 0 && (
        <Alert
          isInline
          isPlain
          className="story-more"
          variant="info"
          component="p"
          title={`${formatCount(suppressed, "more of the same was", "more of the same were")} left out before this one`}
        />
      )}
      <Facts label="What happened">
        <Fact term="Priority">
          <PriorityLabel priority={priority} />
        </Fact>
        <Fact term="Outcome">
          <DetectionOutcome outcome={outcome} /> {outcomeMeaning(outcome)}
        </Fact>
        <Fact term="Container">
          <DetectionContainer detection={detection} />
        </Fact>
        <Fact term="Image">
          <DetectionImage detection={detection} />
        </Fact>
        <Fact term="Host">
          <Link to="/hosts/$host" params={{ host }} search={{ tab: "runtime" }}>
            {host}
          </Link>
        </Fact>
        <Fact term="Time">
          <RelativeTime time={time} /> <span className="subtle">{formatTime(time)}</span>
        </Fact>
        {capture !== undefined && (
          <Fact term="Capture">
            <code>{capture}</code> <span className="subtle">on that host</span>
          </Fact>
        )}
      </Facts>
    </>
  );
}

/** What the rule is for, what it asks for, and which techniques it answers. */
export function DetectionRule({ detection }: DetectionProps) {
  const { rule, description, action, techniques, tags, eventType } = detection;
  const mayRules = useMay()("rules.read") !== undefined;
  const named = tactics.filter(({ tag }) => tags.includes(tag));
  const rest = tags.filter((tag) => !isTechnique(tag) && !named.some((tactic) => tactic.tag === tag));
  return (
    <>
      <p className="story">{description === "" ? "The rule does not say what it is for." : description}</p>
      <Facts label="Rule">
        <Fact term="Rule">
          {mayRules && (
            <>
              <Link to="/rules/named/$rule" params={{ rule }} className="break">
                {rule}
              </Link>{" "}
            </>
          )}
          <Link to="/detections" search={{ rule }} className={mayRules ? "subtle nowrap" : "break"}>
            {mayRules ? "its detections" : rule}
          </Link>
        </Fact>
        <Fact term="Asks to">{action === undefined ? "tell, and nothing else" : actionWords[action]}</Fact>
        <Fact term="Event">
          <code>{eventType}</code>
        </Fact>
        <Fact term="Techniques">
          {techniques.length === 0 ? (
            <span className="subtle">it names none</span>
          ) : (
            <Content component="ul" isPlainList>
              {techniques.map((technique) => (
                <li key={technique}>
                  <TechniqueLink technique={technique} />{" "}
                  <Link to="/detections" search={{ tag: technique }} className="subtle nowrap">
                    its detections
                  </Link>
                </li>
              ))}
            </Content>
          )}
        </Fact>
        {named.length > 0 && <Fact term="Tactics">{named.map(({ label }) => label).join(", ")}</Fact>}
        {rest.length > 0 && <Fact term="Tags">{rest.join(", ")}</Fact>}
      </Facts>
    </>
  );
}

type Matched = DetectionEntry["matched"][number];

const matchedColumns: readonly Column<Matched>[] = [
  { label: "Part of the condition", cell: ({ text }) => <code className="break">{text}</code> },
  { label: "Field", cell: ({ field }) => <code className="word">{field}</code> },
  { label: "Value", cell: ({ value }) => <code className="break">{value === "" ? "empty" : value}</code> },
];

/** The parts of the condition that held. */
export function DetectionMatch({ detection: { matched } }: DetectionProps) {
  if (matched.length === 0)
    return <p className="subtle">The host did not say which part of the condition held.</p>;
  return (
    <CsvHere
      fileName="why-it-matched"
      rows={[["part", "field", "value"], ...matched.map(({ text, field, value }) => [text, field, value])]}
    >
      <ListTable
        label="Why it matched"
        columns={matchedColumns}
        items={matched}
        keyOf={({ text, field }) => `${text} ${field}`}
      />
    </CsvHere>
  );
}

const processCells = {
  pid: ({ pid }: ProcessLine) => pid,
  user: ({ user }: ProcessLine) => user,
  name: ({ name }: ProcessLine) => name,
  exePath: ({ exePath }: ProcessLine) => exePath,
  commandLine: ({ commandLine }: ProcessLine) => commandLine,
};

/** The process and those it came from, the first of them on top. */
export function DetectionProcesses({ detection: { processes } }: DetectionProps) {
  if (processes.length === 0) return <p className="subtle">The host did not say which process it was.</p>;
  const lines = processes
    .toReversed()
    .map((process, depth): ProcessLine => ({ ...process, depth, isSubject: depth === processes.length - 1 }));
  return (
    <CsvHere fileName="processes" rows={csvRows(lines, processCells)}>
      <ProcessTree label="Processes, the one that did it last" lines={lines} />
    </CsvHere>
  );
}

const fieldColumns: readonly Column<readonly [name: string, value: string]>[] = [
  { label: "Field", cell: ([name]) => <code className="break">{name}</code> },
  { label: "Value", cell: ([, value]) => <span className="break">{value === "" ? "empty" : value}</span> },
];

/** The fields as the host wrote them, and where they are recorded. */
export function DetectionFields({ detection }: DetectionProps) {
  const fields = Object.entries(detection.fields).toSorted(([left], [right]) => left.localeCompare(right));
  return (
    <div className="panel">
      {fields.length > 0 && (
        <div>
          <CsvHere fileName="fields" rows={[["field", "value"], ...fields]}>
            <ListTable label="Fields" columns={fieldColumns} items={fields} keyOf={([name]) => name} />
          </CsvHere>
        </div>
      )}
      <Facts label="Proof">
        <Fact term="Record">
          {detection.sequence.toLocaleString("en")},{" "}
          <code title={detection.recordHash}>{detection.recordHash.slice(0, 16)}…</code>
        </Fact>
      </Facts>
    </div>
  );
}
