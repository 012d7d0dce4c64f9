import { FormSelect, FormSelectOption } from "@patternfly/react-core";

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly text: string }[];
  /** Absent: any. */
  readonly value: Value | undefined;
  readonly anyText: string;
  readonly onChoose: (value: Value | undefined) => void;
}

/** Chooses one of a few values, or any. */
export function Choice<Value extends string>({
  label,
  options,
  value,
  anyText,
  onChoose,
}: ChoiceProps<Value>) {
  return (
    <FormSelect
      aria-label={label}
      value={value ?? ""}
      onChange={(_, chosen) => onChoose(options.find((option) => option.value === chosen)?.value)}
    >
      <FormSelectOption value="" label={anyText} />
      {options.map((option) => (
        <FormSelectOption key={option.value} value={option.value} label={option.text} />
      ))}
    </FormSelect>
  );
}
