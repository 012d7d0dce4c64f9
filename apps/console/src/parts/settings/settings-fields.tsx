import { Checkbox, FormGroup, FormSelect, FormSelectOption } from "@patternfly/react-core";
import type { SettingField, SettingsDraft } from "../../text/settings-forms.ts";
import { FormField } from "../form-field.tsx";

interface SettingsFieldsProps {
  readonly fields: readonly SettingField[];
  readonly draft: SettingsDraft;
  readonly onChange: (draft: SettingsDraft) => void;
  /** The secrets that are set, and stay as they are where nothing is typed. */
  readonly setSecrets: readonly string[];
  /** What is wrong with each, by its name. */
  readonly faults?: Readonly<Record<string, string>>;
}

/** The settings of one kind of channel or export, or of a registry. */
export function SettingsFields({ fields, draft, onChange, setSecrets, faults = {} }: SettingsFieldsProps) {
  return fields.map((field) => (
    <SettingsField
      key={field.name}
      field={field}
      value={draft[field.name] ?? ""}
      isSet={setSecrets.includes(field.name)}
      fault={faults[field.name]}
      onChange={(value) => onChange({ ...draft, [field.name]: value })}
    />
  ));
}

interface SettingsFieldProps {
  readonly field: SettingField;
  readonly value: string;
  readonly isSet: boolean;
  readonly fault: string | undefined;
  readonly onChange: (value: string) => void;
}

function SettingsField({ field, value, isSet, fault, onChange }: SettingsFieldProps) {
  const { name, label, kind, options = [], isRequired, isSecret, help } = field;
  const id = `setting-${name}`;
  if (kind === "switch") {
    return (
      <Checkbox
        id={id}
        label={label}
        isChecked={value === "true"}
        onChange={(_, on) => onChange(on ? "true" : "")}
      />
    );
  }
  if (kind === "choice" || options.length > 0) {
    return (
      <FormGroup label={label} fieldId={id}>
        <FormSelect id={id} value={value} onChange={(_, next) => onChange(next)}>
          {options.map((option, at) => (
            // The first one is what the server takes by itself.
            <FormSelectOption key={option.value} value={at === 0 ? "" : option.value} label={option.text} />
          ))}
        </FormSelect>
      </FormGroup>
    );
  }
  const helps = [help, isSet && "It is set; leave it empty to keep it."].filter(Boolean).join(" ");
  return (
    <FormField
      id={id}
      label={label}
      value={value}
      onChange={onChange}
      isRequired={isRequired === true && !isSet}
      type={kind === "number" ? "number" : isSecret === true ? "password" : "text"}
      autoComplete={isSecret === true ? "new-password" : "off"}
      fault={fault}
      {...(kind === "long" && { rows: 4 })}
      {...(helps !== "" && { help: helps })}
    />
  );
}
