import { Switch } from "@patternfly/react-core";
import { type Channel, listChannels, putChannel } from "@pratique/api";
import { useState } from "react";
import {
  channelForms,
  draftOfSettings,
  idOf,
  missingSettings,
  settingsOf,
} from "../../text/settings-forms.ts";
import { FormField } from "../form-field.tsx";
import { OptionField } from "../option-field.tsx";
import { useAct } from "../use-act.ts";
import { SettingsFields } from "./settings-fields.tsx";
import { SettingsForm } from "./settings-form.tsx";

/** The kinds of channels, in words. */
export const channelKinds = {
  email: "Mail",
  slack: "Slack",
  teams: "Teams",
  webhook: "Web hook",
  syslog: "Syslog",
} as const satisfies Record<Channel["kind"], string>;

const kinds = ["email", "slack", "teams", "webhook", "syslog"] as const satisfies readonly Channel["kind"][];
const kindOptions = kinds.map((value) => ({ value, text: channelKinds[value] }));

interface ChannelFormProps {
  /** Absent: a new one. */
  readonly channel?: Channel;
  readonly onClose: () => void;
}

/** Makes or changes a place where notifications can go. */
export function ChannelForm({ channel, onClose }: ChannelFormProps) {
  const [kind, setKind] = useState<Channel["kind"]>(channel?.kind ?? "email");
  const [name, setName] = useState(channel?.name ?? "");
  const [enabled, setEnabled] = useState(channel?.enabled ?? true);
  const fields = channelForms[kind];
  const [draft, setDraft] = useState(draftOfSettings(fields, channel?.settings ?? {}));
  const put = useAct(putChannel, { changes: [listChannels], onDone: onClose });
  const setSecrets = channel?.kind === kind ? channel.secrets : [];
  const id = channel?.id ?? idOf(name);
  const missing = missingSettings(fields, draft, setSecrets);
  const ready = id !== "" && missing.length === 0;
  const save = () => {
    const body = { kind, name: name.trim(), enabled, settings: settingsOf(fields, draft) };
    put.run({ params: { channel: id }, body, revision: channel?.revision ?? "new" });
  };
  return (
    <SettingsForm
      id="channel"
      title={channel === undefined ? "New channel" : channel.name}
      what="channel"
      put={put}
      isReady={ready}
      onSave={save}
      onClose={onClose}
    >
      <FormField id="channel-name" label="Name" value={name} onChange={setName} isRequired />
      <OptionField
        id="channel-kind"
        label="Kind"
        options={kindOptions}
        value={kind}
        onChoose={(next) => {
          setKind(next);
          setDraft({});
        }}
      />
      <SettingsFields fields={fields} draft={draft} onChange={setDraft} setSecrets={setSecrets} />
      <Switch
        id="channel-enabled"
        label="Switched on"
        isChecked={enabled}
        onChange={(_, next) => setEnabled(next)}
      />
    </SettingsForm>
  );
}
