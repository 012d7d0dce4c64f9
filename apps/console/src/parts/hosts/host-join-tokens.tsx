import { Button, PageSection } from "@patternfly/react-core";
import { type JoinToken, listJoinTokens, revokeJoinToken } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { readQuery } from "../../api/queries.ts";
import { ActOutcome } from "../act-outcome.tsx";
import { CsvAbove } from "../lists/csv-above.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { Section } from "../section.tsx";
import { useAct } from "../use-act.ts";

/** The tokens that no host has used yet, where there are any: each is a way in that stands open. */
export function JoinTokens() {
  const tokens = useQuery(readQuery(listJoinTokens));
  const revoke = useAct(revokeJoinToken, { changes: [listJoinTokens] });
  const open = (tokens.data?.items ?? []).filter(
    ({ usedAt, expiresAt }) => usedAt === null && Date.parse(expiresAt) > Date.now(),
  );
  if (open.length === 0) return null;
  const columns: readonly Column<JoinToken>[] = [
    { label: "For", cell: ({ host }) => (host === "" ? "any host" : host) },
    {
      label: "Labels",
      cell: ({ labels }) =>
        Object.entries(labels)
          .map(([name, value]) => `${name}=${value}`)
          .join(", "),
    },
    { label: "Made by", cell: ({ createdBy }) => createdBy },
    { label: "Ends", cell: ({ expiresAt }) => <RelativeTime time={expiresAt} /> },
    {
      label: "Change",
      cell: ({ id, host }) => (
        <Button
          variant="link"
          isInline
          isDisabled={revoke.isPending}
          aria-label={`Revoke the token for ${host === "" ? "any host" : host}`}
          onClick={() => revoke.run({ params: { joinToken: id } })}
        >
          Revoke
        </Button>
      ),
    },
  ];
  return (
    <PageSection>
      <Section title="Tokens that no host has used yet">
        <ActOutcome act={revoke} />
        <CsvAbove endpoint={listJoinTokens} fileName="join-tokens">
          <ListTable label="Tokens" columns={columns} items={open} keyOf={({ id }) => id} />
        </CsvAbove>
      </Section>
    </PageSection>
  );
}
