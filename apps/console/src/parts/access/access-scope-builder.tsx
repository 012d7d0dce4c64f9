import { Button, FormGroup, Grid, GridItem, TextInput } from "@patternfly/react-core";
import { PlusCircleIcon } from "@patternfly/react-icons/dist/esm/icons/plus-circle-icon.js";
import { TrashIcon } from "@patternfly/react-icons/dist/esm/icons/trash-icon.js";
import type { LabelDraft, ScopeDraft } from "../../text/scope-draft.ts";
import "./access.css";
import { FormField } from "../form-field.tsx";

interface ScopeBuilderProps {
  /** Keeps the fields of two builders on a page apart. */
  readonly id: string;
  readonly value: ScopeDraft;
  readonly onChange: (value: ScopeDraft) => void;
  /** Policies hold on hosts alone; a registry says nothing there. */
  readonly without?: "registries";
}

/** Puts together a part of the fleet: hosts, their labels, and registries. What is left empty limits nothing. */
export function ScopeBuilder({ id, value, onChange, without }: ScopeBuilderProps) {
  return (
    <>
      <FormField
        id={`${id}-hosts`}
        label="Hosts"
        value={value.hosts}
        onChange={(hosts) => onChange({ ...value, hosts })}
        help="Names, divided by commas; * stands for anything. Empty: all hosts."
      />
      <Labels id={id} labels={value.labels} onChange={(labels) => onChange({ ...value, labels })} />
      {without !== "registries" && (
        <FormField
          id={`${id}-registries`}
          label="Registries"
          value={value.registries}
          onChange={(registries) => onChange({ ...value, registries })}
          help="Repositories with their registry, such as ghcr.io/acme/*. Empty: all images."
        />
      )}
    </>
  );
}

interface LabelsProps {
  readonly id: string;
  readonly labels: readonly LabelDraft[];
  readonly onChange: (labels: readonly LabelDraft[]) => void;
}

function Labels({ id, labels, onChange }: LabelsProps) {
  const change = (at: number, part: Partial<LabelDraft>) =>
    onChange(labels.map((label, index) => (index === at ? { ...label, ...part } : label)));
  return (
    <FormGroup role="group" label="Labels of the hosts" fieldId={`${id}-labels`}>
      {labels.map(({ id: row, key, values }, at) => (
        <Grid hasGutter key={row} className="label-draft">
          <GridItem span={4}>
            <TextInput
              aria-label={`Label ${at + 1}`}
              placeholder="env"
              value={key}
              onChange={(_, next) => change(at, { key: next })}
            />
          </GridItem>
          <GridItem span={6}>
            <TextInput
              aria-label={`Values of label ${at + 1}`}
              placeholder="test, staging"
              value={values}
              onChange={(_, next) => change(at, { values: next })}
            />
          </GridItem>
          <GridItem span={2}>
            <Button
              variant="plain"
              icon={<TrashIcon />}
              aria-label={`Remove label ${at + 1}`}
              onClick={() => onChange(labels.filter((_, index) => index !== at))}
            />
          </GridItem>
        </Grid>
      ))}
      <Button
        variant="link"
        isInline
        icon={<PlusCircleIcon />}
        onClick={() => onChange([...labels, { id: crypto.randomUUID(), key: "", values: "" }])}
      >
        Add a label
      </Button>
    </FormGroup>
  );
}
