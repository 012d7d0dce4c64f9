import { Button, Card, CardBody, CardHeader, CardTitle, EmptyState, Label } from "@patternfly/react-core";
import { deleteGrant, type Grant, listGrants, listRoles, showSession } from "@pratique/api";
import { useState } from "react";
import { listSource } from "../../api/list-source.ts";
import { useMay } from "../../api/may.ts";
import { grantWords, scopeWords } from "../../text/scope-words.ts";
import { Confirm } from "../confirm.tsx";
import { ListPanel } from "../lists/list-panel.tsx";
import type { Column } from "../lists/list-table.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { useAct } from "../use-act.ts";
import { useAddressChange } from "../use-address.ts";
import { NewGrant } from "./access-new-grant.tsx";
import { useAccessAddress } from "./use-access-address.ts";
import { useHolderName } from "./use-holder-names.ts";

const source = listSource(listGrants);

/** Who holds which role where. */
export function GrantsSection() {
  const { text: _, ...address } = useAccessAddress();
  const change = useAddressChange();
  const nameOf = useHolderName();
  const mayWrite = useMay()("roles.write") !== undefined;
  const [gives, setGives] = useState(false);
  const [taken, setTaken] = useState<Grant>();
  const take = useAct(deleteGrant, { changes: [listGrants, listRoles, showSession] });
  return (
    <Card>
      <CardHeader
        actions={{
          hasNoOffset: true,
          actions: mayWrite && (
            <Button size="sm" onClick={() => setGives(true)}>
              Give a role
            </Button>
          ),
        }}
      >
        <CardTitle component="h2">Grants</CardTitle>
      </CardHeader>
      <CardBody>
        <ListPanel
          label="Grants"
          source={source}
          address={address}
          onAddress={change}
          columns={columnsFor(nameOf, mayWrite ? setTaken : undefined)}
          filters={[
            {
              kind: "given",
              name: "account",
              label: "Account",
              show: (id) => nameOf({ kind: "account", id }),
            },
            { kind: "given", name: "role", label: "Role" },
          ]}
          keyOf={({ id }) => id}
          empty={<EmptyState variant="sm" titleText="Nobody holds a role" headingLevel="h3" />}
        />
      </CardBody>
      {gives && <NewGrant onClose={() => setGives(false)} />}
      {taken !== undefined && (
        <Confirm
          title="Take this role away?"
          verb="Take it away"
          act={take}
          onConfirm={() => take.run({ params: { grantId: taken.id } })}
          onClose={() => {
            take.reset();
            setTaken(undefined);
          }}
        >
          <p>
            {grantWords(nameOf(taken.holder), taken.role, taken.scope, taken.expiresAt)} That ends at once.
          </p>
        </Confirm>
      )}
    </Card>
  );
}

function columnsFor(
  nameOf: (holder: Grant["holder"]) => string,
  onTake: ((grant: Grant) => void) | undefined,
): readonly Column<Grant>[] {
  const columns: readonly Column<Grant>[] = [
    { label: "Who", cell: ({ holder }) => <span className="strong break">{nameOf(holder)}</span> },
    { label: "Role", cell: ({ role }) => <Label isCompact>{role}</Label> },
    { label: "Where", cell: ({ scope }) => scopeWords(scope) },
    { label: "Given", cell: ({ createdAt }) => <RelativeTime time={createdAt} /> },
    {
      label: "Ends",
      cell: ({ expiresAt }) =>
        expiresAt === null ? <span className="subtle">never</span> : <RelativeTime time={expiresAt} />,
    },
  ];
  if (onTake === undefined) return columns;
  const action: Column<Grant> = {
    label: "Action",
    cell: (grant) => (
      <Button variant="secondary" isDanger size="sm" onClick={() => onTake(grant)}>
        Take away
      </Button>
    ),
  };
  return [...columns, action];
}
