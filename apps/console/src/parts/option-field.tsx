import { FormGroup, FormSelect, FormSelectOption } from "@patternfly/react-core";

interface OptionFieldProps<Value extends string> {
  readonly id: string;
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly text: string }[];
  readonly value: Value;
  readonly onChoose: (value: Value) => void;
}

/** Chooses one of a few values, in a form. */
export function OptionField<Value extends string>({
  id,
  label,
  options,
  value,
  onChoose,
}: OptionFieldProps<Value>) {
  return (
    <FormGroup label={label} fieldId={id}>
      <FormSelect
        id={id}
        value={value}
        onChange={(_, next) => onChoose(options.find((option) => option.value === next)?.value ?? value)}
      >
        {options.map((option) => (
          <FormSelectOption key={option.value} value={option.value} label={option.text} />
        ))}
      </FormSelect>
    </FormGroup>
  );
}
