import {
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextArea,
  TextInput,
} from "@patternfly/react-core";
import type { ReactNode } from "react";

interface FormFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly help?: ReactNode;
  readonly isRequired?: boolean;
  readonly isDisabled?: boolean;
  readonly type?: "text" | "password" | "number" | "date" | "email" | "url" | "datetime-local";
  /** So many lines; one where it is absent. */
  readonly rows?: number;
  readonly autoComplete?: string;
  /** What is wrong with it. */
  readonly fault?: string | undefined;
  readonly min?: number | string;
  readonly max?: number | string;
}

/** One field of a form, with what it means and what is wrong with it. */
export function FormField(props: FormFieldProps) {
  const { id, label, value, onChange, help, isRequired = false, isDisabled = false, rows, fault } = props;
  const describedBy = help === undefined && fault === undefined ? undefined : `${id}-help`;
  const common = {
    id,
    value,
    isRequired,
    isDisabled,
    validated: fault === undefined ? ("default" as const) : ("error" as const),
    ...(describedBy !== undefined && { "aria-describedby": describedBy }),
    onChange: (_: unknown, next: string) => onChange(next),
  };
  return (
    <FormGroup label={label} fieldId={id} isRequired={isRequired}>
      {rows === undefined ? (
        <TextInput
          {...common}
          type={props.type ?? "text"}
          autoComplete={props.autoComplete ?? "off"}
          min={props.min}
          max={props.max}
        />
      ) : (
        <TextArea {...common} rows={rows} resizeOrientation="vertical" />
      )}
      {describedBy !== undefined && (
        <FormHelperText>
          <HelperText id={describedBy}>
            {fault !== undefined && <HelperTextItem variant="error">{fault}</HelperTextItem>}
            {help !== undefined && <HelperTextItem>{help}</HelperTextItem>}
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}
