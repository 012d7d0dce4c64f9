import type { RuleEntry } from "@pratique/api";
import { isTechnique } from "../../text/attack-techniques.ts";
import { actionWords } from "../detections/detection-outcome.tsx";
import { PriorityLabel } from "../detections/priority-label.tsx";
import { TechniqueLink } from "../detections/technique-link.tsx";
import type { Column } from "../lists/list-table.tsx";
import { RuleHosts, RuleLink, RuleOrigin, RuleStateLabel } from "./rule-labels.tsx";

/** The columns of a list of rules. */
export const ruleColumns: readonly Column<RuleEntry>[] = [
  {
    label: "Rule",
    cell: ({ rule, description }) => (
      <>
        <RuleLink rule={rule} />
        <div className="subtle clamp">{description}</div>
      </>
    ),
  },
  { label: "Priority", cell: ({ priority }) => <PriorityLabel priority={priority} /> },
  {
    label: "Techniques",
    cell: ({ tags }) =>
      tags.filter(isTechnique).map((technique) => (
        <div key={technique}>
          <TechniqueLink technique={technique} />
        </div>
      )),
  },
  { label: "Written by", cell: (rule) => <RuleOrigin rule={rule} /> },
  { label: "State", cell: ({ state }) => <RuleStateLabel state={state} /> },
  {
    label: "Asks to",
    cell: ({ action }) => (action === undefined ? <span className="subtle">tell</span> : actionWords[action]),
  },
  {
    label: "Hosts",
    cell: ({ hosts }) => <RuleHosts hosts={hosts} />,
    info: "How many hosts prevent, kill or detect by it, as they told last",
  },
];

const head = ["rule", "priority", "tags", "origin", "file", "changed by", "state", "action"];
const ways = ["prevents", "kills", "detects", "off"] as const;

/** The same as rows of a file, the names of the columns first. */
export function ruleRows(rules: readonly RuleEntry[]): readonly (readonly (string | number)[])[] {
  return [
    [...head, ...ways],
    ...rules.map(({ rule, priority, tags, origin, ruleFile, changedBy, state, action, hosts }) => [
      rule,
      priority,
      tags.join(" "),
      origin,
      ruleFile ?? "",
      changedBy.join(" "),
      state,
      action ?? "",
      ...ways.map((how) => hosts[how]),
    ]),
  ];
}
