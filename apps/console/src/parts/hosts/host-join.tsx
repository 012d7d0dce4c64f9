import {
  Button,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  ModalBody,
  ModalFooter,
} from "@patternfly/react-core";
import { createJoinToken, listJoinTokens, type ReplyOf } from "@pratique/api";
import { useState } from "react";
import { parseLabels } from "../../text/host-labels.ts";
import { ActOutcome } from "../act-outcome.tsx";
import { Alert } from "../alert.tsx";
import { Command } from "../command.tsx";
import { Dialog } from "../dialog.tsx";
import { FormField } from "../form-field.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { useAct } from "../use-act.ts";

const spans = [
  { minutes: 15, text: "15 minutes" },
  { minutes: 60, text: "1 hour" },
  { minutes: 1_440, text: "1 day" },
  { minutes: 10_080, text: "7 days" },
] as const;

/** Opens the dialog that makes a token with which one host can join. */
export function JoinButton() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>Join a host</Button>
      {open && <JoinDialog onClose={() => setOpen(false)} />}
    </>
  );
}

function JoinDialog({ onClose }: { readonly onClose: () => void }) {
  const act = useAct(createJoinToken, { changes: [listJoinTokens] });
  return (
    <Dialog
      id="join"
      size="medium"
      title="Join a host"
      showsSecret={act.data?.kind === "done"}
      onClose={onClose}
    >
      <ModalBody className="panel">
        {act.data?.kind === "done" ? (
          <Made made={act.data.reply} />
        ) : (
          <>
            {act.data === undefined && <JoinForm onMake={(body) => act.run({ body })} />}
            <ActOutcome act={act} />
          </>
        )}
      </ModalBody>
      <ModalFooter>
        {act.data === undefined && (
          <Button type="submit" form="join-form" isLoading={act.isPending} isDisabled={act.isPending}>
            Make a token
          </Button>
        )}
        <Button variant={act.data === undefined ? "link" : "primary"} onClick={onClose}>
          {act.data === undefined ? "Cancel" : "Close"}
        </Button>
      </ModalFooter>
    </Dialog>
  );
}

interface NewToken {
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly minutes: number;
}

function JoinForm({ onMake }: { readonly onMake: (token: NewToken) => void }) {
  const [host, setHost] = useState("");
  const [labels, setLabels] = useState("");
  const [minutes, setMinutes] = useState(60);
  const parsed = parseLabels(labels);
  const fault = parsed.kind === "malformed" ? `Expected name=value, found “${parsed.line}”` : undefined;
  return (
    <Form
      id="join-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (parsed.kind === "labels") onMake({ host: host.trim(), labels: parsed.labels, minutes });
      }}
    >
      <p>A token lets one host join, once. Run the command that comes with it on that host.</p>
      <FormField
        id="join-host"
        label="Name of the host"
        value={host}
        onChange={setHost}
        help="Only a host of this name can use the token. Any can where it is empty."
      />
      <FormField
        id="join-labels"
        label="Labels"
        value={labels}
        onChange={setLabels}
        rows={3}
        fault={fault}
        help="One on a line, as env=production. The host gets them whatever it says of itself."
      />
      <FormGroup label="Good for" fieldId="join-minutes">
        <FormSelect
          id="join-minutes"
          value={minutes}
          onChange={(_, value) => setMinutes(Number(value))}
          aria-label="Good for"
        >
          {spans.map((span) => (
            <FormSelectOption key={span.minutes} value={span.minutes} label={span.text} />
          ))}
        </FormSelect>
      </FormGroup>
    </Form>
  );
}

function Made({ made: { command, token } }: { readonly made: ReplyOf<typeof createJoinToken> }) {
  return (
    <>
      <Alert isInline variant="success" title="Run this on the host" role="status">
        It is shown this once, works once, and ends <RelativeTime time={token.expiresAt} />.
      </Alert>
      <Command>{command}</Command>
    </>
  );
}
