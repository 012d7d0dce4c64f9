import { Button, Card, CardBody, EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import { listPolicies, type PolicyEntry } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { Alert } from "../parts/alert.tsx";
import { changedColumn, forceColumns } from "../parts/documents/document-columns.tsx";
import { CsvAbove } from "../parts/lists/csv-above.tsx";
import { type Column, ListTable } from "../parts/lists/list-table.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { formatCount } from "../text/format.ts";

/** All policies that the server hands to agents, and on how many hosts each is in force. */
export function PoliciesPage() {
  const may = useMay();
  const policies = useQuery(readQuery(listPolicies));
  return (
    <>
      <PageHead
        title="Policies"
        lead="What may start, and what may not. Agents take a change within seconds."
        actions={
          may("policies.write") !== undefined && (
            <Button component={(props: object) => <Link {...props} to="/policies/new" />}>New policy</Button>
          )
        }
      />
      <PageSection isFilled>
        <Card>
          <CardBody>
            <Read query={policies} what="policies">
              {({ items, builtIn }) => (
                <>
                  {builtIn && (
                    <div className="alerts">
                      <Alert
                        isInline
                        variant="info"
                        title="The built-in policies hold, as long as no policy of your own is in force"
                      />
                    </div>
                  )}
                  {items.length === 0 ? (
                    <NoPolicies />
                  ) : (
                    <CsvAbove endpoint={listPolicies} fileName="policies">
                      <ListTable
                        label="Policies"
                        columns={columns}
                        items={items}
                        keyOf={({ name }) => name}
                      />
                    </CsvAbove>
                  )}
                </>
              )}
            </Read>
          </CardBody>
        </Card>
      </PageSection>
    </>
  );
}

function NoPolicies() {
  return (
    <EmptyState variant="sm" titleText="There are no policies of your own yet" headingLevel="h2">
      <EmptyStateBody>
        A policy is a document with rules. Write one, try it on recorded launches, and save it: nothing
        changes before.
      </EmptyStateBody>
    </EmptyState>
  );
}

const columns: readonly Column<PolicyEntry>[] = [
  {
    label: "Name",
    cell: ({ name }) => (
      <Link to="/policies/$policy" params={{ policy: name }} className="strong">
        {name}
      </Link>
    ),
  },
  ...forceColumns,
  {
    label: "Rules",
    cell: ({ rules }) => <span title={rules.join(", ")}>{formatCount(rules.length, "rule")}</span>,
  },
  changedColumn,
];
