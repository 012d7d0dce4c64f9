import { FormGroup, FormSelect, FormSelectOption } from "@patternfly/react-core";
import type { Account } from "@pratique/api";
import { useState } from "react";
import { fitsText } from "../../text/fits-text.ts";
import { SearchField } from "../lists/search-field.tsx";

/** More than one can look over at once: what is typed narrows them. */
const MOST_SHOWN = 200;

interface AccountChoiceProps {
  readonly id: string;
  readonly accounts: readonly Account[];
  readonly value: string;
  readonly onChoose: (accountId: string) => void;
}

/** Chooses an account, out of those that fit what one types. */
export function AccountChoice({ id, accounts, value, onChoose }: AccountChoiceProps) {
  const [typed, setTyped] = useState("");
  const fitting = accounts.filter(
    (account) => account.id === value || fitsText(typed, [account.login, account.displayName, account.email]),
  );
  const more = fitting.length - MOST_SHOWN;
  // The chosen one stays, however far down it is.
  const shown = fitting.filter((account, index) => index < MOST_SHOWN || account.id === value);
  return (
    <FormGroup label="Account" isRequired fieldId={id}>
      <div className="panel">
        <SearchField label="Find an account" value={typed} onSearch={setTyped} />
        <FormSelect id={id} value={value} onChange={(_, next) => onChoose(next)}>
          <FormSelectOption
            value=""
            label={
              more > 0 ? `Choose an account (${more} more: type a part of the name)` : "Choose an account"
            }
            isPlaceholder
          />
          {shown.map((account) => (
            <FormSelectOption key={account.id} value={account.id} label={account.login} />
          ))}
        </FormSelect>
      </div>
    </FormGroup>
  );
}
