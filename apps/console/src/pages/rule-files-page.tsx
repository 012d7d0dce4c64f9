import { Card, CardBody, EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import { listRuleFiles, type RuleFileEntry } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { readQuery } from "../api/queries.ts";
import { changedColumn, forceColumns } from "../parts/documents/document-columns.tsx";
import { CsvAbove } from "../parts/lists/csv-above.tsx";
import { type Column, ListTable } from "../parts/lists/list-table.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RuleViews } from "../parts/rules/rule-views.tsx";
import { formatCount } from "../text/format.ts";
import { NewRuleFile } from "./rules-page.tsx";

/** The files of rules that the server hands to agents, and on how many hosts each is in force. */
export function RuleFilesPage() {
  const files = useQuery(readQuery(listRuleFiles));
  return (
    <>
      <PageHead
        title="Files of rules"
        lead="What the server adds to the default rules. Agents take a change within seconds."
        actions={<NewRuleFile />}
      />
      <RuleViews current="/rules/files" />
      <PageSection isFilled>
        <Card>
          <CardBody>
            <Read query={files} what="files of rules">
              {({ items }) =>
                items.length === 0 ? (
                  <NoFiles />
                ) : (
                  <CsvAbove endpoint={listRuleFiles} fileName="rule-files">
                    <ListTable
                      label="Files of rules"
                      columns={columns}
                      items={items}
                      keyOf={({ name }) => name}
                    />
                  </CsvAbove>
                )
              }
            </Read>
          </CardBody>
        </Card>
      </PageSection>
    </>
  );
}

function NoFiles() {
  return (
    <EmptyState variant="sm" titleText="There are no files of rules of your own yet" headingLevel="h2">
      <EmptyStateBody>
        The default rules hold, and what hosts have by themselves. Write a file to add rules, to make
        exceptions, or to turn rules off: it is checked, and can be tried on recorded detections, before
        anything changes.
      </EmptyStateBody>
    </EmptyState>
  );
}

const columns: readonly Column<RuleFileEntry>[] = [
  {
    label: "Name",
    cell: ({ name }) => (
      <Link to="/rules/files/$file" params={{ file: name }} className="strong break">
        {name}
      </Link>
    ),
  },
  ...forceColumns,
  {
    label: "Rules",
    cell: ({ rules }) =>
      rules.length === 0 ? (
        <span className="subtle">changes others</span>
      ) : (
        <span title={rules.join(", ")}>{formatCount(rules.length, "rule")}</span>
      ),
  },
  changedColumn,
];
