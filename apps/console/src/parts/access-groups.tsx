import { Card, CardBody, CardTitle, Content } from "@patternfly/react-core";
import { type Grant, listGrants } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { readQuery } from "../api/queries.ts";
import { grantWords } from "../text/scope-words.ts";
import { type Column, ListTable } from "./list-table.tsx";
import { Read } from "./read.tsx";

/** As many as a page of the server holds. */
const MOST = 200;

interface Group {
  readonly id: string;
  readonly grants: readonly Grant[];
}

const columns: readonly Column<Group>[] = [
  { label: "Group", cell: ({ id }) => <span className="strong break">{id}</span> },
  {
    label: "What it gives",
    cell: ({ id, grants }) =>
      grants.map((grant) => (
        <div key={grant.id}>{grantWords(id, grant.role, grant.scope, grant.expiresAt)}</div>
      )),
  },
];

/** Groups of identity providers that were given roles. */
export function GroupsSection() {
  const grants = useQuery(readQuery(listGrants, { query: { limit: MOST } }));
  return (
    <Card>
      <CardTitle component="h2">Groups</CardTitle>
      <CardBody className="panel">
        <Content component="p">
          Groups come from identity providers: who belongs to one is said there, at each sign-in. Here they
          are given roles, under Grants.
        </Content>
        <Read query={grants} what="groups">
          {({ items }) => {
            const groups = groupsIn(items);
            return groups.length === 0 ? (
              <p className="subtle">No group was given a role yet.</p>
            ) : (
              <ListTable label="Groups" columns={columns} items={groups} keyOf={({ id }) => id} />
            );
          }}
        </Read>
      </CardBody>
    </Card>
  );
}

function groupsIn(grants: readonly Grant[]): readonly Group[] {
  const ofGroups = grants.filter(({ holder }) => holder.kind === "group");
  return [...Map.groupBy(ofGroups, ({ holder }) => holder.id)].map(([id, held]) => ({ id, grants: held }));
}
