import { Button, Content, List, ListItem } from "@patternfly/react-core";
import { CheckCircleIcon } from "@patternfly/react-icons/dist/esm/icons/check-circle-icon.js";
import { InfoCircleIcon } from "@patternfly/react-icons/dist/esm/icons/info-circle-icon.js";
import { TimesCircleIcon } from "@patternfly/react-icons/dist/esm/icons/times-circle-icon.js";
import { type AuditEntry, showAuditProof } from "@pratique/api";
import { messageOf } from "@pratique/core";
import { useMutation } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { type EntryProof, type ProofStep, proveEntry } from "../../text/entry-proof.ts";
import { Alert } from "../alert.tsx";
import { Command } from "../command.tsx";
import { saveFile } from "../lists/save-file.ts";
import "../documents/document.css";

/** Where the log's key is kept that this browser saw first. */
const KEY = "pratique.audit-key";

const icons: Readonly<Record<ProofStep["state"], React.ReactNode>> = {
  passed: <CheckCircleIcon className="icon-good" title="passed" />,
  failed: <TimesCircleIcon className="icon-bad" title="failed" />,
  told: <InfoCircleIcon title="not proved" />,
};

/** Proves, with this browser's own cryptography, that an entry is in the log as it is shown. */
export function AuditVerification({ entry }: { readonly entry: AuditEntry }) {
  const { mutate, data, error, isPending } = useMutation({ mutationFn: () => prove(entry) });
  const save = useMutation({ mutationFn: () => saveProof(entry) });
  return (
    <div className="panel">
      <Content component="p">
        The server gives the entry, a path of hashes and a signed root. Everything else is computed here: the
        hash of the entry, the way up to the root, and the signatures.
      </Content>
      <div className="label-row">
        <Button isLoading={isPending} onClick={() => mutate()}>
          Verify in this browser
        </Button>
        <Button variant="secondary" isLoading={save.isPending} onClick={() => save.mutate()}>
          Save entry and proof
        </Button>
      </div>
      {error !== null && <Alert isInline variant="danger" title={messageOf(error)} role="alert" />}
      {save.error !== null && <Alert isInline variant="danger" title={messageOf(save.error)} role="alert" />}
      {data !== undefined && <Steps proof={data} />}
      {save.isSuccess && (
        <div>
          <p className="subtle">Somebody without access to this server proves it from the two files:</p>
          <Command>{`pratique-audit prove --check entry-${entry.index}.tlog-proof --entry entry-${entry.index}.json --key KEY`}</Command>
        </div>
      )}
    </div>
  );
}

function Steps({ proof: { steps, holds } }: { readonly proof: EntryProof }) {
  return (
    <>
      <Alert
        isInline
        role="status"
        variant={holds ? "success" : "danger"}
        title={holds ? "The proof holds: the entry is in the log as it is shown" : "The proof does not hold"}
      />
      <List isPlain aria-label="Steps of the proof">
        {steps.map(({ name, state, detail }) => (
          <ListItem key={name} icon={icons[state]}>
            {name}
            <div className="subtle break">{detail}</div>
          </ListItem>
        ))}
      </List>
    </>
  );
}

async function prove({ index, text, leafHash }: AuditEntry): Promise<EntryProof> {
  const { hashes, checkpoint, keys } = await call(showAuditProof, { params: { index: String(index) } });
  const knownKey = localStorage.getItem(KEY) ?? undefined;
  const proof = await proveEntry({ text, index, leafHash, hashes, checkpoint, keys, knownKey });
  // Only what held is remembered: a forged first answer would make every true one look forged.
  if (proof.holds && proof.logKey !== undefined && knownKey === undefined)
    localStorage.setItem(KEY, proof.logKey);
  return proof;
}

async function saveProof({ index, text }: AuditEntry): Promise<void> {
  const { proof } = await call(showAuditProof, { params: { index: String(index) } });
  saveFile(new Blob([text], { type: "application/json" }), `entry-${index}.json`);
  saveFile(new Blob([proof], { type: "text/plain" }), `entry-${index}.tlog-proof`);
}
