import { Button, EmptyState, EmptyStateBody } from "@patternfly/react-core";
import { type ExceptionEntry, listExceptions } from "@pratique/api";
import { getRouteApi, Link } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { useMay } from "../api/may.ts";
import { ExceptionStateLabel } from "../parts/exceptions/exceptions-state-label.tsx";
import type { ListFilter } from "../parts/lists/list-filters.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import type { Column } from "../parts/lists/list-table.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { effectVerb } from "../text/effect-verb.ts";
import { exceptionWords } from "../text/exception-draft.ts";
import { formatTime } from "../text/format.ts";

const route = getRouteApi("/app/exceptions");
const source = listSource(listExceptions);

const filters: readonly ListFilter[] = [
  { kind: "search", name: "text", label: "Find exceptions" },
  {
    kind: "choice",
    name: "state",
    label: "State",
    anyText: "Any state",
    options: [
      { value: "active", text: "In force" },
      { value: "expired", text: "Ended" },
      { value: "withdrawn", text: "Withdrawn" },
    ],
  },
  {
    kind: "given",
    name: "endsBefore",
    label: "Ends before",
    show: formatTime,
  },
];

const columns: readonly Column<ExceptionEntry>[] = [
  { label: "Exception", cell: (exception) => <What exception={exception} /> },
  { label: "State", cell: ({ state }) => <ExceptionStateLabel state={state} /> },
  { label: "Reason", cell: ({ reason }) => <span className="clamp">{reason}</span> },
  { label: "Owner", cell: ({ owner }) => owner },
  { label: "Granted by", cell: (exception) => <By exception={exception} /> },
  { label: "Ends", cell: ({ expiresAt }) => <RelativeTime time={expiresAt} /> },
];

/** All exceptions that were granted. */
export function ExceptionsPage() {
  const effect = useMay()("exceptions.grant");
  return (
    <ListPage
      label="Exceptions"
      lead="What may pass though a rule refuses it: for a while, for a reason, with an owner"
      source={source}
      address={route.useSearch()}
      columns={columns}
      filters={filters}
      keyOf={({ id }) => id}
      actions={
        effect !== undefined && (
          <Button component={(props: object) => <Link {...props} to="/exceptions/new" />}>
            {effectVerb(effect, "Grant an exception")}
          </Button>
        )
      }
      empty={
        <EmptyState variant="sm" titleText="There are no exceptions" headingLevel="h2">
          <EmptyStateBody>
            Nothing passes that a rule refuses. Where something has to, open the launch that was refused and
            ask for an exception there: it is filled in for you.
          </EmptyStateBody>
        </EmptyState>
      }
    />
  );
}

function What({ exception }: { readonly exception: ExceptionEntry }) {
  return (
    <>
      <Link to="/exceptions/$exceptionId" params={{ exceptionId: exception.id }} className="strong break">
        {exception.rules.join(", ")}
      </Link>
      <div className="subtle break">{exceptionWords(exception)}</div>
    </>
  );
}

function By({ exception: { grantedBy, approvedBy } }: { readonly exception: ExceptionEntry }) {
  return (
    <>
      {grantedBy}
      {approvedBy !== null && <div className="subtle">approved by {approvedBy}</div>}
    </>
  );
}
