import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { RoleEntry } from "@pratique/api";
import { permissions } from "@pratique/core";
import { permissionWords } from "../../text/permissions.ts";
import { CsvHere } from "../lists/csv-here.tsx";

const words = { allow: "yes", "needs-approval": "with a second person" } as const;

/** What each role lets somebody do, side by side. */
export function RoleMatrix({ roles }: { readonly roles: readonly RoleEntry[] }) {
  const rows = permissions.map((permission) => [
    permission,
    ...roles.map(({ permissions: held }) => held[permission] ?? "no"),
  ]);
  return (
    <CsvHere fileName="what-roles-let-do" rows={[["may", ...roles.map(({ name }) => name)], ...rows]}>
      <div className="role-matrix">
        <Table variant="compact" aria-label="What each role lets somebody do" gridBreakPoint="grid-xl">
          <Thead>
            <Tr>
              <Th>May</Th>
              {roles.map(({ name }) => (
                <Th key={name} modifier="nowrap">
                  {name}
                </Th>
              ))}
            </Tr>
          </Thead>
          <Tbody>
            {permissions.map((permission) => (
              <Tr key={permission}>
                <Th dataLabel="May" modifier="nowrap" scope="row">
                  <span title={permission}>{permissionWords[permission]}</span>
                </Th>
                {roles.map(({ name, permissions: held }) => {
                  const effect = held[permission];
                  return (
                    <Td key={name} dataLabel={name}>
                      {effect === undefined ? <span className="subtle">no</span> : words[effect]}
                    </Td>
                  );
                })}
              </Tr>
            ))}
          </Tbody>
        </Table>
      </div>
    </CsvHere>
  );
}
