import { Button, Card, CardBody, CardHeader, CardTitle, Label } from "@patternfly/react-core";
import { listRoles, type RoleEntry } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/may.ts";
import { readQuery } from "../../api/queries.ts";
import { formatCount } from "../../text/format.ts";
import { CsvAbove } from "../lists/csv-above.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { Read } from "../read.tsx";
import { useAddressChange } from "../use-address.ts";
import { RoleEditor } from "./access-role-editor.tsx";
import { RoleMatrix } from "./access-role-matrix.tsx";
import { useAccessAddress } from "./use-access-address.ts";

const columns: readonly Column<RoleEntry>[] = [
  { label: "Role", cell: (role) => <Name role={role} /> },
  { label: "What for", cell: ({ description }) => description },
  { label: "Holds", cell: ({ permissions }) => formatCount(Object.keys(permissions).length, "permission") },
  {
    label: "Held by",
    cell: ({ name, holders }) => (
      <Link to="/access/$section" params={{ section: "grants" }} search={{ role: name }}>
        {formatCount(holders, "holder")}
      </Link>
    ),
  },
];

/** The roles, what each holds, and a way to make others. */
export function RolesSection() {
  const roles = useQuery(readQuery(listRoles));
  const { role: opened } = useAccessAddress();
  const change = useAddressChange();
  const mayWrite = useMay()("roles.write") !== undefined;
  const [makes, setMakes] = useState(false);
  return (
    <Read query={roles} what="roles">
      {({ items }) => {
        const chosen = items.find(({ name }) => name === opened);
        return (
          <div className="panel">
            <Card>
              <CardHeader
                actions={{
                  hasNoOffset: true,
                  actions: mayWrite && (
                    <Button size="sm" onClick={() => setMakes(true)}>
                      New role
                    </Button>
                  ),
                }}
              >
                <CardTitle component="h2">Roles</CardTitle>
              </CardHeader>
              <CardBody>
                <CsvAbove endpoint={listRoles} fileName="roles">
                  <ListTable label="Roles" columns={columns} items={items} keyOf={({ name }) => name} />
                </CsvAbove>
              </CardBody>
            </Card>
            <Card>
              <CardTitle component="h2">Who may do what</CardTitle>
              <CardBody>
                <RoleMatrix roles={items} />
              </CardBody>
            </Card>
            {makes && <RoleEditor onClose={() => setMakes(false)} />}
            {chosen !== undefined && (
              <RoleEditor key={chosen.revision} role={chosen} onClose={() => change({ role: undefined })} />
            )}
          </div>
        );
      }}
    </Read>
  );
}

function Name({ role: { name, builtIn } }: { readonly role: RoleEntry }) {
  return (
    <span className="label-row">
      <Link to="/access/$section" params={{ section: "roles" }} search={{ role: name }} className="strong">
        {name}
      </Link>
      {builtIn && (
        <Label isCompact variant="outline">
          built in
        </Label>
      )}
    </span>
  );
}
