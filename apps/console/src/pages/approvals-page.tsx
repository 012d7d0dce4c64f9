import { Card, CardBody, CardTitle, EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import { type Approval, listApprovals } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { listSource } from "../api/list-source.ts";
import { readQuery } from "../api/queries.ts";
import { ApprovalStateLabel } from "../parts/approvals-state-label.tsx";
import type { ListFilter } from "../parts/lists/list-filters.tsx";
import { ListPage } from "../parts/lists/list-page.tsx";
import { type Column, ListTable } from "../parts/lists/list-table.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { approvalWords } from "../text/approval-words.ts";

const route = getRouteApi("/app/approvals");
const source = listSource(listApprovals);
/** More than these wait only where nobody decides; the list below has them all. */
const SHOWN = 50;

const filters: readonly ListFilter[] = [
  {
    kind: "choice",
    name: "state",
    label: "State",
    anyText: "Any state",
    options: [
      { value: "pending", text: "Waiting" },
      { value: "approved", text: "Approved" },
      { value: "rejected", text: "Rejected" },
      { value: "withdrawn", text: "Withdrawn" },
      { value: "expired", text: "Expired" },
      { value: "failed", text: "Failed" },
    ],
  },
];

const what: Column<Approval> = { label: "What", cell: (approval) => <What approval={approval} /> };
const asked: Column<Approval> = {
  label: "Asked by",
  cell: ({ requestedBy, requestedAt }) => (
    <>
      {requestedBy.login}
      <div className="subtle">
        <RelativeTime time={requestedAt} />
      </div>
    </>
  ),
};

const waitingColumns: readonly Column<Approval>[] = [
  what,
  {
    label: "Why",
    cell: ({ reason }) => <span className="clamp">{reason === "" ? "not said" : reason}</span>,
  },
  asked,
  { label: "Decision due", cell: ({ expiresAt }) => <RelativeTime time={expiresAt} /> },
  { label: "You", cell: (approval) => <Standing approval={approval} /> },
];

const columns: readonly Column<Approval>[] = [
  what,
  { label: "State", cell: ({ state }) => <ApprovalStateLabel state={state} /> },
  asked,
  { label: "Decided by", cell: (approval) => <Decided approval={approval} /> },
];

/** What waits for a second person, and below it what came of everything that did. */
export function ApprovalsPage() {
  return (
    <ListPage
      label="Approvals"
      lead="Acts that take a second person. Each happens once, when somebody else approves it in time."
      source={source}
      address={route.useSearch()}
      columns={columns}
      filters={filters}
      keyOf={({ id }) => id}
      above={
        <PageSection>
          <Waiting />
        </PageSection>
      }
      empty={
        <EmptyState variant="sm" titleText="Nothing was ever asked for" headingLevel="h2">
          <EmptyStateBody>
            Roles say which acts take a second person, such as killing a container or an exception.
          </EmptyStateBody>
        </EmptyState>
      }
    />
  );
}

function Waiting() {
  const waiting = useQuery(readQuery(listApprovals, { query: { state: "pending", limit: SHOWN } }));
  return (
    <Card>
      <CardTitle component="h2">Waiting</CardTitle>
      <CardBody>
        <Read query={waiting} what="what waits">
          {({ items }) =>
            items.length === 0 ? (
              <p className="subtle">Nothing waits for a second person.</p>
            ) : (
              <ListTable
                label="Waiting for a second person"
                columns={waitingColumns}
                items={items}
                keyOf={({ id }) => id}
              />
            )
          }
        </Read>
      </CardBody>
    </Card>
  );
}

function What({ approval }: { readonly approval: Approval }) {
  const { id, subject } = approval;
  return (
    <>
      <Link to="/approvals/$approvalId" params={{ approvalId: id }} className="strong">
        {approvalWords(approval)}
      </Link>
      {subject.id !== "" && <div className="subtle break">{`${subject.kind} ${subject.id}`}</div>}
    </>
  );
}

function Standing({ approval: { mayDecide, whyNot } }: { readonly approval: Approval }) {
  return mayDecide ? (
    <strong>may decide</strong>
  ) : (
    <span className="subtle">{whyNot ?? "may not decide"}</span>
  );
}

function Decided({ approval: { decidedBy, decidedAt } }: { readonly approval: Approval }) {
  if (decidedBy === null || decidedAt === null) return <span className="subtle">nobody</span>;
  return (
    <>
      {decidedBy.login}
      <div className="subtle">
        <RelativeTime time={decidedAt} />
      </div>
    </>
  );
}
