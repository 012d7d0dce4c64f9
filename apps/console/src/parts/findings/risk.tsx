import { Label } from "@patternfly/react-core";
import type { ImageFinding } from "@pratique/api";
import { csvRows } from "../../text/csv.ts";
import { CsvHere } from "../lists/csv-here.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";

type Term = ImageFinding["risk"]["terms"][number];

const termWords: Readonly<Record<Term["name"], string>> = {
  severity: "Severity",
  "known-exploited": "Known to be exploited",
  epss: "Probability of exploitation (EPSS)",
  "fix-available": "There is a fix",
  "in-use": "Whether it is in use",
  exposure: "How open its containers lie",
  confidence: "How sure the match is",
};

const valueWords: Readonly<Record<string, string>> = {
  executed: "a running container has executed it",
  loaded: "a process of a running container has loaded it",
  "image-runs": "a container of the image runs",
  "not-seen": "a container runs, and none of its processes was seen to use it",
  "not-running": "no container of the image runs",
  "not known": "not known: counts neither way",
};

const columns: readonly Column<Term>[] = [
  { label: "What counts", cell: ({ name }) => termWords[name] },
  { label: "What was found", cell: foundIn },
  { label: "Points", cell: ({ points }) => (points > 0 ? `+${points}` : String(points)) },
];

function foundIn({ value, detail }: Term): string {
  const words = valueWords[value] ?? value.replaceAll("-", " ");
  return detail === undefined ? words : `${words}: ${detail}`;
}

const termCells = {
  name: ({ name }: Term) => name,
  value: ({ value }: Term) => value,
  detail: ({ detail = "" }: Term) => detail,
  points: ({ points }: Term) => points,
};

/** A score from 0 to 100. */
export function RiskScore({ score }: { readonly score: number }) {
  const color = score >= 70 ? "red" : score >= 45 ? "orange" : score >= 20 ? "yellow" : "grey";
  return (
    <Label isCompact color={color} variant={score >= 70 ? "filled" : "outline"}>
      {score}
    </Label>
  );
}

/** What a score is made of: the points sum up to it. */
export function RiskTerms({ risk: { score, terms } }: Pick<ImageFinding, "risk">) {
  return (
    <>
      <p>
        <RiskScore score={score} /> of 100. The points below sum up to it; there is nothing else in it.
      </p>
      <CsvHere fileName="score" rows={csvRows(terms, termCells)}>
        <ListTable
          label="What the score is made of"
          columns={columns}
          items={terms}
          keyOf={({ name }) => name}
        />
      </CsvHere>
    </>
  );
}
