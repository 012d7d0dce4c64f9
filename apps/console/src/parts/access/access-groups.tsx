import { Card, CardBody, CardTitle, Content } from "@patternfly/react-core";
import { type Grant, listGrants } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { listSource, wholeListQuery } from "../../api/list-source.ts";
import { csvRows } from "../../text/csv.ts";
import { fitsText } from "../../text/fits-text.ts";
import { formatCount } from "../../text/format.ts";
import { grantWords } from "../../text/scope-words.ts";
import { Alert } from "../alert.tsx";
import { CsvHere } from "../lists/csv-here.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { SearchField } from "../lists/search-field.tsx";
import { Read } from "../read.tsx";
import { NothingFits } from "../states.tsx";

const query = wholeListQuery(listSource(listGrants));
/** What is typed narrows them. */
const MOST_SHOWN = 200;

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

const cells = {
  group: ({ id }: Group) => id,
  gives: ({ id, grants }: Group) =>
    grants.map((grant) => grantWords(id, grant.role, grant.scope, grant.expiresAt)).join("\n"),
};

/** Groups of identity providers that were given roles. */
export function GroupsSection() {
  const grants = useQuery(query);
  return (
    <Card>
      <CardTitle component="h2">Groups</CardTitle>
      <CardBody className="panel">
        <Content component="p">
          Groups come from identity providers: who belongs to one is said there, at each sign-in. Here they
          are given roles, under Grants.
        </Content>
        <Read query={grants} what="groups">
          {({ items, complete }) => <GroupList groups={groupsIn(items)} complete={complete} />}
        </Read>
      </CardBody>
    </Card>
  );
}

function GroupList({ groups, complete }: { readonly groups: readonly Group[]; readonly complete: boolean }) {
  const [typed, setTyped] = useState("");
  const fitting = groups.filter(({ id, grants }) => fitsText(typed, [id, ...grants.map(({ role }) => role)]));
  const more = fitting.length - MOST_SHOWN;
  return (
    <>
      {!complete && (
        <Alert isInline variant="warning" title="There are more grants than are shown here; see Grants" />
      )}
      {groups.length === 0 ? (
        <p className="subtle">No group was given a role yet.</p>
      ) : (
        <>
          <SearchField label="Find groups" value={typed} onSearch={setTyped} />
          {fitting.length === 0 ? (
            <NothingFits onClear={() => setTyped("")} />
          ) : (
            <CsvHere fileName="groups" rows={csvRows(fitting, cells)}>
              <ListTable
                label="Groups"
                columns={columns}
                items={fitting.slice(0, MOST_SHOWN)}
                keyOf={({ id }) => id}
              />
            </CsvHere>
          )}
          {more > 0 && <p className="subtle">{formatCount(more, "more group")}: type a part of the name.</p>}
        </>
      )}
    </>
  );
}

function groupsIn(grants: readonly Grant[]): readonly Group[] {
  const ofGroups = grants.filter(({ holder }) => holder.kind === "group");
  return [...Map.groupBy(ofGroups, ({ holder }) => holder.id)].map(([id, held]) => ({ id, grants: held }));
}
