import { Checkbox, FormGroup } from "@patternfly/react-core";
import type { Permission } from "@pratique/core";
import "./access.css";
import { permissionGroups, permissionWords } from "../../text/permissions.ts";

interface PermissionPickerProps {
  readonly label: string;
  /** Only these can be chosen. */
  readonly offered: readonly Permission[];
  readonly chosen: readonly Permission[];
  readonly onChange: (chosen: readonly Permission[]) => void;
}

/** Chooses permissions, grouped by what they are about. */
export function PermissionPicker({ label, offered, chosen, onChange }: PermissionPickerProps) {
  const toggle = (permission: Permission, isChosen: boolean) =>
    onChange(isChosen ? [...chosen, permission] : chosen.filter((other) => other !== permission));
  return (
    <FormGroup role="group" label={label} isRequired fieldId="permission-picker">
      <div className="permission-grid">
        {permissionGroups.map(({ kind, permissions }) => {
          const shown = permissions.filter((permission) => offered.includes(permission));
          if (shown.length === 0) return null;
          return (
            <fieldset key={kind} className="permission-group">
              <legend className="strong">{kind}</legend>
              {shown.map((permission) => (
                <Checkbox
                  key={permission}
                  id={`pick-${permission}`}
                  label={permissionWords[permission]}
                  isChecked={chosen.includes(permission)}
                  onChange={(_, isChosen) => toggle(permission, isChosen)}
                />
              ))}
            </fieldset>
          );
        })}
      </div>
    </FormGroup>
  );
}
