import { Button, FormGroup, FormSelect, FormSelectOption } from "@patternfly/react-core";
import { eraseAuditOpenings, listAuditEntries } from "@pratique/api";
import { useState } from "react";
import { useMay } from "../../api/may.ts";
import { formatCount } from "../../text/format.ts";
import { FormField } from "../form-field.tsx";
import { ReasonDialog } from "../reason-dialog.tsx";
import { useAct } from "../use-act.ts";

type Whose = "account" | "address";

interface Choice {
  readonly value: Whose;
  readonly text: string;
  readonly field: string;
  readonly help: string;
}

const choices: readonly [Choice, Choice] = [
  {
    value: "account",
    text: "Names and addresses of an account",
    field: "Account",
    help: "Its id, as entries tell it.",
  },
  {
    value: "address",
    text: "An address, wherever it is known",
    field: "Address",
    help: "The whole address.",
  },
];

/** Erases names and addresses from the log, for those who may; the account is that whose entries are shown. */
export function AuditErase({ actor }: { readonly actor: string | undefined }) {
  const may = useMay()("audit.erase");
  const [open, setOpen] = useState(false);
  const [whose, setWhose] = useState<Whose>("account");
  const [value, setValue] = useState("");
  const act = useAct(eraseAuditOpenings, { changes: [listAuditEntries] });
  if (!open && may === undefined) return null;
  const ask = () => {
    setWhose("account");
    setValue(actor ?? "");
    setOpen(true);
  };
  const close = () => {
    setOpen(false);
    act.reset();
  };
  const { field, help } = choices.find((choice) => choice.value === whose) ?? choices[0];
  return (
    <>
      <Button variant="secondary" onClick={ask}>
        Erase names
      </Button>
      {open && (
        <ReasonDialog
          title="Erase names and addresses?"
          verb="Erase"
          act={act}
          isReady={value.trim() !== ""}
          needsApproval={may === "needs-approval"}
          onConfirm={(reason) => act.run({ body: { [whose]: value.trim(), reason } })}
          onClose={close}
          done={doneText(act.data)}
        >
          <p>
            They cannot be brought back. The entries stay as they are, say “erased” in their place, and verify
            as before. What was exported or saved before keeps them. Name no person in the reason: it stays
            for ever.
          </p>
          <FormGroup label="What is erased" fieldId="erase-whose">
            <FormSelect
              id="erase-whose"
              value={whose}
              onChange={(_, chosen) => setWhose(chosen === "address" ? "address" : "account")}
            >
              {choices.map((choice) => (
                <FormSelectOption key={choice.value} value={choice.value} label={choice.text} />
              ))}
            </FormSelect>
          </FormGroup>
          <FormField
            id="erase-value"
            label={field}
            value={value}
            onChange={setValue}
            isRequired
            help={help}
          />
        </ReasonDialog>
      )}
    </>
  );
}

function doneText(acted: ReturnType<typeof useAct<typeof eraseAuditOpenings>>["data"]): string {
  if (acted?.kind !== "done") return "";
  const { entries } = acted.reply;
  return entries === 0
    ? "Nothing was known any more."
    : `They are erased from ${formatCount(entries, "entry", "entries")}.`;
}
