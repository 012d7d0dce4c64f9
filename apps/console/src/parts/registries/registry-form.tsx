import { Button, Form, FormSection, ModalBody, ModalFooter } from "@patternfly/react-core";
import { listRegistries, listRegistryImages, putRegistry, type Registry } from "@pratique/api";
import { type FormEvent, useEffect, useState } from "react";
import { CallError, faultsIn } from "../../api/call-error.ts";
import { useMay } from "../../api/may.ts";
import { effectVerb } from "../../text/effect-verb.ts";
import {
  bodyOfRegistry,
  credentialForms,
  credentialOptions,
  draftOfRegistry,
  fieldsOf,
  imageFields,
  keptSecrets,
  kindOptions,
  placeFields,
  pushFields,
  type RegistryDraft,
  timeFields,
} from "../../text/registry-form.ts";
import { idOf, missingSettings, type SettingField } from "../../text/settings-forms.ts";
import { ActOutcome } from "../act-outcome.tsx";
import { Dialog } from "../dialog.tsx";
import { FormField } from "../form-field.tsx";
import { OptionField } from "../option-field.tsx";
import { SettingsFields } from "../settings/settings-fields.tsx";
import { useAct } from "../use-act.ts";
import { RegistryConflict } from "./registry-conflict.tsx";
import { RegistryPushes } from "./registry-pushes.tsx";

const FORM = "registry-form";
const OUTCOME = "registry-outcome";

interface RegistryFormProps {
  /** Absent: a new one. */
  readonly registry?: Registry;
  readonly onClose: () => void;
}

/** Makes or changes a registry that is scanned as a whole. */
export function RegistryForm({ registry, onClose }: RegistryFormProps) {
  const [seen, setSeen] = useState(registry);
  return (
    <Dialog id="registry" size="medium" title={registry?.name ?? "New registry"} onClose={onClose}>
      <Fields key={seen?.revision} registry={seen} onTakeTheirs={setSeen} onClose={onClose} />
    </Dialog>
  );
}

interface FieldsProps {
  readonly registry: Registry | undefined;
  readonly onTakeTheirs: (registry: Registry) => void;
  readonly onClose: () => void;
}

function Fields({ registry, onTakeTheirs, onClose }: FieldsProps) {
  const [draft, setDraft] = useState(() => draftOfRegistry(registry));
  const put = useAct(putRegistry, { changes: [listRegistries, listRegistryImages], onDone: onClose });
  const effect = useMay()("registries.write");
  const change = (changed: Partial<RegistryDraft>) => setDraft({ ...draft, ...changed });
  const { name, kind, credentials, hears, settings } = draft;
  const id = registry?.id ?? idOf(name);
  const kept = keptSecrets(draft, registry);
  const ready = id !== "" && missingSettings(fieldsOf(draft), settings, kept).length === 0;
  const isStale = put.error instanceof CallError && put.error.code === "REVISION_STALE";
  const faults = faultsIn(put.error);
  // The form is longer than a screen: what came of it must not stay out of sight.
  useEffect(() => {
    if (put.error === null && put.data === undefined) return;
    const wrong = document.querySelector<HTMLElement>(`#${FORM} [aria-invalid=true]`);
    if (wrong !== null) wrong.focus();
    else document.getElementById(OUTCOME)?.scrollIntoView({ block: "end" });
  }, [put.error, put.data]);
  const save = (revision: string) => {
    if (ready) put.run({ params: { registry: id }, body: bodyOfRegistry(draft, registry), revision });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(registry?.revision ?? "new");
  };
  const inputs = (fields: readonly SettingField[]) => (
    <SettingsFields
      fields={fields}
      draft={settings}
      onChange={(next) => change({ settings: next })}
      setSecrets={kept}
      faults={faults}
    />
  );
  return (
    <>
      <ModalBody tabIndex={0} aria-label="Settings of the registry">
        <Form id={FORM} onSubmit={submit}>
          <FormField
            id="registry-name"
            label="Name"
            value={name}
            onChange={(next) => change({ name: next })}
            isRequired
            fault={faults.name ?? faults.registry}
          />
          <OptionField
            id="registry-kind"
            label="Kind"
            options={kindOptions}
            value={kind}
            onChoose={(next) => change({ kind: next })}
          />
          {inputs(placeFields(kind))}
          <FormSection title="Signing in" titleElement="h2">
            <OptionField
              id="registry-credentials"
              label="Credentials"
              options={credentialOptions}
              value={credentials}
              onChoose={(next) => change({ credentials: next })}
            />
            {inputs(credentialForms[credentials].fields)}
          </FormSection>
          <FormSection title="Which images are meant" titleElement="h2">
            {inputs(imageFields)}
          </FormSection>
          <FormSection title="When they are read" titleElement="h2">
            {inputs(timeFields)}
            <RegistryPushes kind={kind} id={id} hears={hears} onHear={(next) => change({ hears: next })}>
              {inputs(pushFields)}
            </RegistryPushes>
          </FormSection>
          <div id={OUTCOME}>
            {isStale && registry !== undefined ? (
              <RegistryConflict registryId={id} onOverwrite={save} onTakeTheirs={onTakeTheirs} />
            ) : (
              <ActOutcome act={put} />
            )}
          </div>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={FORM} isLoading={put.isPending} isDisabled={!ready}>
          {effectVerb(effect, "Save")}
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </>
  );
}
