import {
  Alert,
  Button,
  Card,
  CardBody,
  EmptyState,
  EmptyStateBody,
  Label,
  PageSection,
} from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { listPolicies, type PolicyEntry } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";
import { CsvAbove } from "../parts/csv-above.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { formatCount } from "../text/format.ts";
import { scopeWords } from "../text/scope-words.ts";

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
                      <PolicyTable policies={items} />
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
    <EmptyState variant="sm" titleText="There are no policies of your own yet" headingLevel="h3">
      <EmptyStateBody>
        A policy is a document with rules. Write one, try it on recorded launches, and save it: nothing
        changes before.
      </EmptyStateBody>
    </EmptyState>
  );
}

function PolicyTable({ policies }: { readonly policies: readonly PolicyEntry[] }) {
  return (
    <Table variant="compact" aria-label="Policies" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <Th>Name</Th>
          <Th>State</Th>
          <Th>Where</Th>
          <Th>In force</Th>
          <Th>Rules</Th>
          <Th>Changed</Th>
        </Tr>
      </Thead>
      <Tbody>
        {policies.map(({ name, enabled, scope, inForce, rules, changedAt, changedBy }) => (
          <Tr key={name}>
            <Td dataLabel="Name">
              <Link to="/policies/$policy" params={{ policy: name }} className="strong">
                {name}
              </Link>
            </Td>
            <Td dataLabel="State">
              <Label isCompact {...(enabled ? { status: "success" as const } : { color: "grey" as const })}>
                {enabled ? "Switched on" : "Switched off"}
              </Label>
            </Td>
            <Td dataLabel="Where">{scopeWords(scope)}</Td>
            <Td dataLabel="In force">
              <InForce inForce={inForce} />
            </Td>
            <Td dataLabel="Rules">
              <span title={rules.join(", ")}>{formatCount(rules.length, "rule")}</span>
            </Td>
            <Td dataLabel="Changed">
              <RelativeTime time={changedAt} />
              <div className="subtle">by {changedBy}</div>
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function InForce({ inForce: { hosts, of } }: Pick<PolicyEntry, "inForce">) {
  if (hosts === of) return <>{`on ${hosts === 0 ? "no host" : `all of ${formatCount(of, "host")}`}`}</>;
  return (
    <Label isCompact status="warning">
      {`on ${hosts} of ${formatCount(of, "host")}`}
    </Label>
  );
}
