import { Label } from "@patternfly/react-core";
import type { PolicyEntry, RuleFileEntry } from "@pratique/api";
import { formatCount } from "../../text/format.ts";
import { scopeWords } from "../../text/scope-words.ts";
import type { Column } from "../lists/list-table.tsx";
import { RelativeTime } from "../relative-time.tsx";

type DocumentEntry = PolicyEntry | RuleFileEntry;

/** Whether a document is in force, for which hosts, and how many have it. */
export const forceColumns: readonly Column<DocumentEntry>[] = [
  {
    label: "State",
    cell: ({ enabled }) => (
      <Label isCompact {...(enabled ? { status: "success" as const } : { color: "grey" as const })}>
        {enabled ? "Switched on" : "Switched off"}
      </Label>
    ),
  },
  { label: "Where", cell: ({ scope }) => scopeWords(scope) },
  { label: "In force", cell: ({ inForce }) => <InForce inForce={inForce} /> },
];

/** When a document was changed, and by whom. */
export const changedColumn: Column<DocumentEntry> = {
  label: "Changed",
  cell: ({ changedAt, changedBy }) => (
    <>
      <RelativeTime time={changedAt} />
      <div className="subtle">by {changedBy}</div>
    </>
  ),
};

function InForce({ inForce: { hosts, of } }: Pick<DocumentEntry, "inForce">) {
  // For none, too, where it is switched off.
  if (of === 0) return <span className="subtle">on no host</span>;
  if (hosts === of) return <>{`on all of ${formatCount(of, "host")}`}</>;
  return (
    <Label isCompact status="warning">
      {`on ${hosts} of ${formatCount(of, "host")}`}
    </Label>
  );
}
