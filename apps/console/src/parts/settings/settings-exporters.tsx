import { Button, Label, Switch } from "@patternfly/react-core";
import { deleteExporter, type Exporter, listExporters, putExporter, showAuditStatus } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "../../api/may.ts";
import { readQuery } from "../../api/queries.ts";
import { formatCount } from "../../text/format.ts";
import {
  draftOfSettings,
  exporterForms,
  idOf,
  missingSettings,
  settingsOf,
} from "../../text/settings-forms.ts";
import { FormField } from "../form-field.tsx";
import { CsvAbove } from "../lists/csv-above.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { OptionField } from "../option-field.tsx";
import { Read } from "../read.tsx";
import { useAct } from "../use-act.ts";
import { SettingsCard } from "./settings-card.tsx";
import { SettingsFields } from "./settings-fields.tsx";
import { SettingsForm } from "./settings-form.tsx";
import { SettingsRemove } from "./settings-remove.tsx";

const changes = [listExporters, showAuditStatus];
const kindWords = { syslog: "Syslog over TLS", webhook: "Web hook", file: "File" } as const;
const formatWords = { ocsf: "OCSF", cef: "CEF", json: "JSON, as it stands in the log" } as const;
const kindOptions = (["syslog", "webhook", "file"] as const).map((value) => ({
  value,
  text: kindWords[value],
}));
const formatOptions = (["ocsf", "cef", "json"] as const).map((value) => ({
  value,
  text: formatWords[value],
}));

const columns: readonly Column<Exporter>[] = [
  { label: "Export", cell: ({ name }) => <span className="strong">{name}</span> },
  { label: "Kind", cell: ({ kind, format }) => `${kindWords[kind]}, ${formatWords[format]}` },
  { label: "State", cell: (exporter) => <State exporter={exporter} /> },
];

/** The systems that get every entry of the audit log. */
export function ExportersSection() {
  const exporters = useQuery(readQuery(listExporters));
  const mayWrite = useMay()("settings.write") !== undefined;
  const [makes, setMakes] = useState(false);
  const [edited, setEdited] = useState<Exporter>();
  const actions: Column<Exporter> = {
    label: "Actions",
    cell: (exporter) => (
      <span className="label-row">
        <Button variant="secondary" size="sm" onClick={() => setEdited(exporter)}>
          Change
        </Button>
        <SettingsRemove
          endpoint={deleteExporter}
          params={{ exporter: exporter.id }}
          changes={changes}
          name={exporter.name}
          effect="Nothing of the log is sent there any more. What was sent stays there."
        />
      </span>
    ),
  };
  return (
    <SettingsCard title="Exports of the audit log" add={{ label: "New export", onAdd: () => setMakes(true) }}>
      <Read query={exporters} what="exports">
        {({ items }) =>
          items.length === 0 ? (
            <p>
              The log is exported nowhere. Whoever collects logs gets each entry, at least once and in order.
            </p>
          ) : (
            <CsvAbove endpoint={listExporters} fileName="exports">
              <ListTable
                label="Exports"
                columns={mayWrite ? [...columns, actions] : columns}
                items={items}
                keyOf={({ id }) => id}
              />
            </CsvAbove>
          )
        }
      </Read>
      {makes && <ExporterForm onClose={() => setMakes(false)} />}
      {edited !== undefined && <ExporterForm exporter={edited} onClose={() => setEdited(undefined)} />}
    </SettingsCard>
  );
}

function State({ exporter }: { readonly exporter: Exporter }) {
  const { enabled, lagEntries, lagSeconds, lastError } = exporter;
  if (!enabled) return <Label isCompact>Switched off</Label>;
  return (
    <>
      <Label isCompact status={lastError === null ? "success" : "danger"}>
        {lagEntries === 0
          ? "Up to date"
          : `${formatCount(lagEntries, "entry", "entries")} behind, ${Math.round(lagSeconds).toLocaleString("en")} s`}
      </Label>
      {lastError !== null && <div className="subtle break">{lastError}</div>}
    </>
  );
}

interface ExporterFormProps {
  readonly exporter?: Exporter;
  readonly onClose: () => void;
}

function ExporterForm({ exporter, onClose }: ExporterFormProps) {
  const [kind, setKind] = useState<Exporter["kind"]>(exporter?.kind ?? "syslog");
  const [format, setFormat] = useState<Exporter["format"]>(exporter?.format ?? "ocsf");
  const [name, setName] = useState(exporter?.name ?? "");
  const [enabled, setEnabled] = useState(exporter?.enabled ?? true);
  const fields = exporterForms[kind];
  const [draft, setDraft] = useState(draftOfSettings(fields, exporter?.settings ?? {}));
  const put = useAct(putExporter, { changes, onDone: onClose });
  const setSecrets = exporter?.kind === kind ? exporter.secrets : [];
  const id = exporter?.id ?? idOf(name);
  const ready = id !== "" && missingSettings(fields, draft, setSecrets).length === 0;
  const save = () => {
    const body = { kind, format, name: name.trim(), enabled, settings: settingsOf(fields, draft) };
    put.run({ params: { exporter: id }, body, revision: exporter?.revision ?? "new" });
  };
  return (
    <SettingsForm
      id="exporter"
      title={exporter?.name ?? "New export"}
      what="export"
      put={put}
      isReady={ready}
      onSave={save}
      onClose={onClose}
    >
      <FormField id="exporter-name" label="Name" value={name} onChange={setName} isRequired />
      <OptionField
        id="exporter-kind"
        label="Kind"
        options={kindOptions}
        value={kind}
        onChoose={(next) => {
          setKind(next);
          setDraft({});
        }}
      />
      <OptionField
        id="exporter-format"
        label="Form of the entries"
        options={formatOptions}
        value={format}
        onChoose={setFormat}
      />
      <SettingsFields fields={fields} draft={draft} onChange={setDraft} setSecrets={setSecrets} />
      <Switch
        id="exporter-enabled"
        label="Switched on"
        isChecked={enabled}
        onChange={(_, next) => setEnabled(next)}
      />
    </SettingsForm>
  );
}
