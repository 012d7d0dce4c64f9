import { Button, ClipboardCopy, FormGroup, Label, Switch } from "@patternfly/react-core";
import {
  deleteProvider,
  finishOidc,
  type IdentityProvider,
  listProviders,
  listSignInMethods,
  pathOf,
  putProvider,
} from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "../../api/may.ts";
import { readQuery } from "../../api/queries.ts";
import { splitPatterns } from "../../text/scope-words.ts";
import { idOf } from "../../text/settings-forms.ts";
import { FormField } from "../form-field.tsx";
import { CsvAbove } from "../lists/csv-above.tsx";
import { type Column, ListTable } from "../lists/list-table.tsx";
import { Read } from "../read.tsx";
import { useAct } from "../use-act.ts";
import { SettingsCard } from "./settings-card.tsx";
import { SettingsForm } from "./settings-form.tsx";
import { SettingsRemove } from "./settings-remove.tsx";

const changes = [listProviders, listSignInMethods];

const columns: readonly Column<IdentityProvider>[] = [
  {
    label: "Provider",
    cell: ({ name, issuer }) => (
      <>
        <span className="strong">{name}</span>
        <div className="subtle break">{issuer}</div>
      </>
    ),
  },
  {
    label: "State",
    cell: ({ enabled }) => (
      <Label isCompact {...(enabled && { status: "success" as const })}>
        {enabled ? "Switched on" : "Switched off"}
      </Label>
    ),
  },
  {
    label: "Lets in",
    cell: ({ allowedGroups }) =>
      allowedGroups.length === 0 ? "everybody whom it vouches for" : allowedGroups.join(", "),
  },
  { label: "Secret", cell: ({ secretIsSet }) => (secretIsSet ? "set" : "not set") },
];

/** The providers that people sign in with. */
export function ProvidersSection() {
  const providers = useQuery(readQuery(listProviders));
  const mayWrite = useMay()("settings.write") !== undefined;
  const [makes, setMakes] = useState(false);
  const [edited, setEdited] = useState<IdentityProvider>();
  const actions: Column<IdentityProvider> = {
    label: "Actions",
    cell: (provider) => (
      <span className="label-row">
        <Button variant="secondary" size="sm" onClick={() => setEdited(provider)}>
          Change
        </Button>
        <SettingsRemove
          endpoint={deleteProvider}
          params={{ provider: provider.id }}
          changes={changes}
          name={provider.name}
          effect="Nobody signs in through it any more."
        />
      </span>
    ),
  };
  return (
    <SettingsCard title="Identity providers" add={{ label: "New provider", onAdd: () => setMakes(true) }}>
      <Read query={providers} what="providers">
        {({ items }) =>
          items.length === 0 ? (
            <p>People sign in with local accounts. An OpenID Connect provider can vouch for them instead.</p>
          ) : (
            <CsvAbove endpoint={listProviders} fileName="identity-providers">
              <ListTable
                label="Identity providers"
                columns={mayWrite ? [...columns, actions] : columns}
                items={items}
                keyOf={({ id }) => id}
              />
            </CsvAbove>
          )
        }
      </Read>
      {makes && <ProviderForm onClose={() => setMakes(false)} />}
      {edited !== undefined && <ProviderForm provider={edited} onClose={() => setEdited(undefined)} />}
    </SettingsCard>
  );
}

interface ProviderFormProps {
  readonly provider?: IdentityProvider;
  readonly onClose: () => void;
}

function ProviderForm({ provider, onClose }: ProviderFormProps) {
  const [name, setName] = useState(provider?.name ?? "");
  const [issuer, setIssuer] = useState(provider?.issuer ?? "");
  const [clientId, setClientId] = useState(provider?.clientId ?? "");
  const [clientSecret, setClientSecret] = useState("");
  const [groupsClaim, setGroupsClaim] = useState(provider?.groupsClaim ?? "groups");
  const [allowed, setAllowed] = useState(provider?.allowedGroups.join(", ") ?? "");
  const [enabled, setEnabled] = useState(provider?.enabled ?? true);
  const put = useAct(putProvider, { changes, onDone: onClose });
  const id = provider?.id ?? idOf(name);
  const ready = id !== "" && URL.canParse(issuer) && clientId !== "";
  const save = () => {
    const secret = clientSecret === "" ? {} : { clientSecret };
    const allowedGroups = splitPatterns(allowed);
    const body = { name: name.trim(), issuer, clientId, groupsClaim, allowedGroups, enabled, ...secret };
    put.run({ params: { provider: id }, body, revision: provider?.revision ?? "new" });
  };
  return (
    <SettingsForm
      id="provider"
      title={provider?.name ?? "New provider"}
      description="OpenID Connect, with an authorization code and PKCE."
      what="provider"
      put={put}
      isReady={ready}
      onSave={save}
      onClose={onClose}
    >
      <FormField
        id="provider-name"
        label="Name"
        value={name}
        onChange={setName}
        isRequired
        help="It stands on the button of the sign-in page."
      />
      <FormField
        id="provider-issuer"
        label="Issuer"
        type="url"
        value={issuer}
        onChange={setIssuer}
        isRequired
        help="Its address, as its own discovery document gives it."
      />
      <FormField id="provider-client" label="Client id" value={clientId} onChange={setClientId} isRequired />
      <FormField
        id="provider-secret"
        label="Client secret"
        type="password"
        autoComplete="new-password"
        value={clientSecret}
        onChange={setClientSecret}
        help={
          provider?.secretIsSet === true
            ? "It is set; leave it empty to keep it."
            : "Empty for a public client."
        }
      />
      {id !== "" && (
        <FormGroup label="Redirect address to register there">
          <ClipboardCopy isReadOnly hoverTip="Copy" clickTip="Copied" textAriaLabel="Redirect address">
            {`${window.location.origin}${pathOf(finishOidc, { provider: id })}`}
          </ClipboardCopy>
        </FormGroup>
      )}
      <FormField
        id="provider-claim"
        label="Claim with the groups"
        value={groupsClaim}
        onChange={setGroupsClaim}
      />
      <FormField
        id="provider-groups"
        label="Groups that are let in"
        value={allowed}
        onChange={setAllowed}
        help="Divided by commas. Empty: everybody whom it vouches for."
      />
      <Switch
        id="provider-enabled"
        label="Switched on"
        isChecked={enabled}
        onChange={(_, next) => setEnabled(next)}
      />
    </SettingsForm>
  );
}
