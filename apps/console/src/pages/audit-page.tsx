import { EmptyState, PageSection } from "@patternfly/react-core";
import { type AuditEntry, listAuditEntries } from "@pratique/api";
import { getRouteApi, Link } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { AuditErase } from "../parts/audit/audit-erase.tsx";
import { AuditExport } from "../parts/audit/audit-export.tsx";
import { actorName, DecisionLabel, ErasedNote, StageLabel } from "../parts/audit/audit-labels.tsx";
import { AuditStatus } from "../parts/audit/audit-status.tsx";
import { TimeRange } from "../parts/audit/audit-time-range.tsx";
import type { ListFilter } from "../parts/lists/list-filters.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import type { Column } from "../parts/lists/list-table.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { useAddressChange } from "../parts/use-address.ts";
import { auditActionWords } from "../text/audit-action.ts";
import { auditClasses } from "../text/audit-classes.ts";

const route = getRouteApi("/app/audit");
const source = listSource(listAuditEntries);

const filters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find entries" },
  { kind: "choice", name: "class", label: "Class", anyText: "Any class", options: auditClasses },
  {
    kind: "choice",
    name: "decision",
    label: "Decision",
    anyText: "Any decision",
    options: [
      { value: "allow", text: "Allowed" },
      { value: "deny", text: "Denied" },
      { value: "needs-approval", text: "Second person" },
    ],
  },
  { kind: "given", name: "actor", label: "Actor" },
  { kind: "given", name: "subject", label: "Subject" },
  { kind: "given", name: "from", label: "From", show: (instant) => instant.slice(0, 10) },
  { kind: "given", name: "to", label: "To", show: (instant) => instant.slice(0, 10) },
];

const columns: readonly Column<AuditEntry>[] = [
  { label: "Entry", cell: (entry) => <What entry={entry} /> },
  { label: "Actor", cell: (entry) => <Actor entry={entry} /> },
  { label: "Subject", cell: (entry) => <Subject entry={entry} /> },
  { label: "Decision", cell: ({ decision }) => <DecisionLabel decision={decision} /> },
  { label: "Stage", cell: (entry) => <StageLabel entry={entry} /> },
  { label: "Time", cell: ({ time }) => <RelativeTime time={time} /> },
];

/** The audit log: how it is, and what stands in it. */
export function AuditPage() {
  const address = route.useSearch();
  const change = useAddressChange();
  return (
    <ListPage
      label="Audit"
      lead="Everything that was done or refused, in a log that an outsider can verify"
      source={source}
      address={address}
      columns={columns}
      filters={filters}
      keyOf={({ index }) => String(index)}
      actions={
        <>
          <TimeRange address={address} onAddress={change} />
          <AuditExport address={address} />
          <AuditErase actor={address.actor} />
        </>
      }
      above={
        <PageSection>
          <AuditStatus />
        </PageSection>
      }
      empty={<EmptyState variant="sm" titleText="The log is empty" headingLevel="h2" />}
    />
  );
}

function What({ entry: { index, action, class: kind, time } }: { readonly entry: AuditEntry }) {
  return (
    <>
      <Link to="/audit/$index" params={{ index: String(index) }} search={{ at: time }} className="strong">
        {auditActionWords(action)}
      </Link>
      <div className="subtle">
        {index.toLocaleString("en")}, {kind}, {action}
      </div>
    </>
  );
}

function Actor({ entry }: { readonly entry: AuditEntry }) {
  const { id, method, address } = entry.actor;
  return (
    <>
      <Link to="/audit" search={(search) => ({ ...search, actor: id, cursor: undefined, page: undefined })}>
        {actorName(entry)}
      </Link>
      <div className="subtle">
        {method}
        {address !== null && `, ${address}`}
      </div>
      <ErasedNote entry={entry} />
    </>
  );
}

function Subject({ entry: { subject } }: { readonly entry: AuditEntry }) {
  if (subject === null) return <span className="subtle">none</span>;
  return (
    <>
      {subject.kind}{" "}
      <Link
        to="/audit"
        search={(search) => ({ ...search, subject: subject.id, cursor: undefined, page: undefined })}
        className="break"
      >
        {subject.id}
      </Link>
    </>
  );
}
