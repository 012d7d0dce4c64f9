import { Button, Form, ModalBody, ModalFooter, Radio } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { deleteRole, listRoles, putRole, type RoleEntry, showSession } from "@pratique/api";
import type { Effect, Permission } from "@pratique/core";
import { type FormEvent, useState } from "react";
import { useMay } from "../../api/may.ts";
import { permissionGroups, permissionWords } from "../../text/permissions.ts";
import { Alert } from "../alert.tsx";
import { Dialog } from "../dialog.tsx";
import "./access.css";
import { ActOutcome } from "../act-outcome.tsx";
import { Confirm } from "../confirm.tsx";
import { FormField } from "../form-field.tsx";
import { useAct } from "../use-act.ts";

const FORM = "role-form";
const changes = [listRoles, showSession];

type Held = RoleEntry["permissions"];

interface RoleEditorProps {
  /** Absent: a new one. */
  readonly role?: RoleEntry;
  readonly onClose: () => void;
}

/** Makes or changes a role: for each permission no, yes, or with a second person. Built-in ones can only be read. */
export function RoleEditor({ role, onClose }: RoleEditorProps) {
  const mayWrite = useMay()("roles.write") !== undefined;
  const isReadOnly = !mayWrite || role?.builtIn === true;
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const [held, setHeld] = useState<Held>(role?.permissions ?? {});
  const put = useAct(putRole, { changes, onDone: onClose });
  const remove = useAct(deleteRole, { changes, onDone: onClose });
  const [asks, setAsks] = useState(false);
  const ready = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u.test(name) && Object.keys(held).length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    const body = { description, permissions: held };
    put.run({ params: { role: name }, body, revision: role?.revision ?? "new" });
  };
  if (asks) {
    return (
      <Confirm
        title={`Remove the role ${name}?`}
        verb="Remove"
        act={remove}
        onConfirm={() => remove.run({ params: { role: name } })}
        onClose={() => setAsks(false)}
      >
        <p>Nobody holds it. What it lets somebody do has to be put together again to have it back.</p>
      </Confirm>
    );
  }
  return (
    <Dialog id="role" size="medium" title={role?.name ?? "New role"} onClose={onClose}>
      <ModalBody tabIndex={0} aria-label="The role">
        <Form id={FORM} onSubmit={submit}>
          {role?.builtIn === true && (
            <Alert
              isInline
              isPlain
              variant="info"
              title="Built-in roles stay as they are; make another beside them"
            />
          )}
          {role === undefined && (
            <FormField
              id="role-name"
              label="Name"
              value={name}
              onChange={setName}
              isRequired
              help="Letters, digits, dots, dashes and underscores"
            />
          )}
          <FormField
            id="role-description"
            label="What for"
            value={description}
            onChange={setDescription}
            isDisabled={isReadOnly}
          />
          <p className="subtle">By two: a second person has to agree each time.</p>
          <Matrix held={held} onChange={setHeld} isReadOnly={isReadOnly} />
          <ActOutcome act={put} />
        </Form>
      </ModalBody>
      <ModalFooter>
        {!isReadOnly && (
          <Button type="submit" form={FORM} isLoading={put.isPending} isDisabled={!ready}>
            {role === undefined ? "Make the role" : "Save"}
          </Button>
        )}
        {!isReadOnly && role?.holders === 0 && (
          <Button variant="secondary" isDanger onClick={() => setAsks(true)}>
            Remove
          </Button>
        )}
        <Button variant="link" onClick={onClose}>
          {isReadOnly ? "Close" : "Cancel"}
        </Button>
      </ModalFooter>
    </Dialog>
  );
}

interface MatrixProps {
  readonly held: Held;
  readonly onChange: (held: Held) => void;
  readonly isReadOnly: boolean;
}

const choices = [
  { effect: undefined, label: "No", head: "No" },
  { effect: "allow", label: "Yes", head: "Yes" },
  { effect: "needs-approval", label: "With a second person", head: "By two" },
] as const;

function Matrix({ held, onChange, isReadOnly }: MatrixProps) {
  const may = useMay();
  const choose = (permission: Permission, effect: Effect | undefined) => {
    const { [permission]: _, ...others } = held;
    onChange(effect === undefined ? others : { ...others, [permission]: effect });
  };
  // Nobody gives what they do not hold; and reading is not put off.
  const isOffered = (permission: Permission, effect: Effect | undefined) =>
    !isReadOnly &&
    (effect === undefined || may(permission) !== undefined) &&
    !(effect === "needs-approval" && permission.endsWith(".read"));
  return (
    <Table variant="compact" aria-label="What the role lets somebody do" gridBreakPoint="">
      <Thead>
        <Tr>
          <Th>May</Th>
          {choices.map(({ label, head }) => (
            <Th key={label} modifier="fitContent">
              <span title={label}>{head}</span>
            </Th>
          ))}
        </Tr>
      </Thead>
      {permissionGroups.map(({ kind, permissions }) => (
        <Tbody key={kind}>
          {permissions.map((permission) => (
            <Tr key={permission}>
              <Td dataLabel="May">{permissionWords[permission]}</Td>
              {choices.map(({ effect, label }) => (
                <Td key={label} dataLabel={label}>
                  <Radio
                    id={`role-${permission}-${effect ?? "no"}`}
                    name={`role-${permission}`}
                    aria-label={`${permissionWords[permission]}: ${label}`}
                    isChecked={held[permission] === effect}
                    isDisabled={!isOffered(permission, effect) && held[permission] !== effect}
                    onChange={() => choose(permission, effect)}
                  />
                </Td>
              ))}
            </Tr>
          ))}
        </Tbody>
      ))}
    </Table>
  );
}
