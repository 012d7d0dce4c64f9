import { Content, Grid, GridItem, Label, PageSection, Title } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { HostStatus } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { hostQuery } from "../api/queries.ts";
import { HostAlerts, HostFacts } from "../parts/host-facts.tsx";
import { Read } from "../parts/read.tsx";
import { RelativeTime } from "../parts/relative-time.tsx";
import { Section } from "../parts/section.tsx";

/** The host: what works, how old the advisories are, and what is not covered. */
export function HostPage() {
  const host = useQuery(hostQuery);
  return (
    <>
      <PageSection>
        <Title headingLevel="h1">Host</Title>
      </PageSection>
      <PageSection isFilled>
        <Read query={host} what="the host">
          {(known) => (
            <>
              <HostAlerts host={known} />
              <Grid hasGutter>
                <GridItem xl={6}>
                  <Section title="State">
                    <HostFacts host={known} />
                  </Section>
                </GridItem>
                {known.status !== null && (
                  <>
                    <GridItem xl={6}>
                      <Section title="Advisories">
                        <Sources sources={known.status.advisories.sources} />
                      </Section>
                    </GridItem>
                    <GridItem span={12}>
                      <Section title="Not covered">
                        <NotCovered gaps={known.status.notCovered} />
                      </Section>
                    </GridItem>
                  </>
                )}
              </Grid>
            </>
          )}
        </Read>
      </PageSection>
    </>
  );
}

function Sources({ sources }: Pick<HostStatus["advisories"], "sources">) {
  return (
    <Table variant="compact" aria-label="Sources of advisories">
      <Thead>
        <Tr>
          <Th>Source</Th>
          <Th>Read</Th>
          <Th>State</Th>
          <Th>Coverage</Th>
        </Tr>
      </Thead>
      <Tbody>
        {sources.map(({ source, builtAt, stale, coverage }) => (
          <Tr key={source}>
            <Td dataLabel="Source">{source}</Td>
            <Td dataLabel="Read">
              <RelativeTime time={builtAt} />
            </Td>
            <Td dataLabel="State">
              <Label isCompact status={stale ? "warning" : "success"}>
                {stale ? "Stale" : "Fresh"}
              </Label>
            </Td>
            <Td dataLabel="Coverage">{coverage === "full" ? "full" : "starter set, far from complete"}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function NotCovered({ gaps }: { readonly gaps: HostStatus["notCovered"] }) {
  if (gaps.length === 0)
    return <Content component="p">The agent knows of nothing that it does not cover.</Content>;
  return (
    <Table variant="compact" aria-label="What this host does not cover">
      <Thead>
        <Tr>
          <Th>What</Th>
          <Th>Why</Th>
          <Th>How to change it</Th>
        </Tr>
      </Thead>
      <Tbody>
        {gaps.map(({ what, why, fix }) => (
          <Tr key={what}>
            <Td dataLabel="What">{what}</Td>
            <Td dataLabel="Why">{why}</Td>
            <Td dataLabel="How to change it">{fix}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
