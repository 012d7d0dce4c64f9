import { ActionGroup, Button, Form, Switch } from "@patternfly/react-core";
import { putRetention, type Retention, showRetention } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useMay } from "../../api/may.ts";
import { readQuery } from "../../api/queries.ts";
import { effectVerb } from "../../text/effect-verb.ts";
import { ActOutcome } from "../act-outcome.tsx";
import { Alert } from "../alert.tsx";
import { FormField } from "../form-field.tsx";
import { Read } from "../read.tsx";
import { useAct } from "../use-act.ts";
import { SettingsCard } from "./settings-card.tsx";

const spans = [
  { name: "launchDays", label: "Launches", min: 1, max: 3660, help: "What was judged, with the reasons." },
  {
    name: "recordDays",
    label: "Records",
    min: 365,
    max: 3660,
    help: "They prove what was decided: not less than a year.",
  },
  {
    name: "findingDays",
    label: "Findings over time",
    min: 30,
    max: 3660,
    help: "The figures behind the charts.",
  },
  { name: "containerDays", label: "Containers that are gone", min: 1, max: 366, help: "" },
  { name: "reportDays", label: "Reports of images that nobody uses", min: 7, max: 3660, help: "" },
] as const;

/** How long each class of data is kept. */
export function RetentionSection() {
  const retention = useQuery(readQuery(showRetention));
  return (
    <SettingsCard title="How long data are kept">
      <Read query={retention} what="the retention">
        {({ revision, ...known }) => <RetentionForm key={revision} known={known} revision={revision} />}
      </Read>
    </SettingsCard>
  );
}

function RetentionForm({ known, revision }: { readonly known: Retention; readonly revision: string }) {
  const effect = useMay()("settings.write");
  const [draft, setDraft] = useState(known);
  const put = useAct(putRetention, { changes: [showRetention] });
  const faults = spans.filter(({ name, min, max }) => !(draft[name] >= min && draft[name] <= max));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (faults.length === 0) put.run({ body: draft, revision });
  };
  return (
    <Form onSubmit={submit} isWidthLimited>
      {draft.legalHold && (
        <Alert
          isInline
          variant="warning"
          title="A legal hold is in force: nothing is removed, however old it is"
        />
      )}
      {spans.map(({ name, label, min, max, help }) => (
        <FormField
          key={name}
          id={`retention-${name}`}
          label={`${label}, in days`}
          type="number"
          min={min}
          max={max}
          value={Number.isNaN(draft[name]) ? "" : String(draft[name])}
          onChange={(days) =>
            setDraft({ ...draft, [name]: days === "" ? Number.NaN : Math.trunc(Number(days)) })
          }
          isDisabled={effect === undefined}
          fault={faults.some((fault) => fault.name === name) ? `From ${min} to ${max}` : undefined}
          {...(help !== "" && { help })}
        />
      ))}
      <Switch
        id="retention-hold"
        label="Legal hold: nothing is removed while it is on"
        isChecked={draft.legalHold}
        isDisabled={effect === undefined}
        onChange={(_, legalHold) => setDraft({ ...draft, legalHold })}
      />
      <ActOutcome act={put} done="It is saved" />
      {effect !== undefined && (
        <ActionGroup>
          <Button type="submit" isLoading={put.isPending} isDisabled={faults.length > 0}>
            {effectVerb(effect, "Save")}
          </Button>
        </ActionGroup>
      )}
    </Form>
  );
}
