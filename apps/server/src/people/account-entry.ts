import type { Account } from "@pratique/api";
import type { StoredAccount } from "@pratique/store";

/** What of an account is shown: all but what its password is kept as. */
export function accountEntryOf(account: StoredAccount): Account {
  const { id, login, displayName, email, source, state, breakGlass, createdAt, lastSignInAt, groups } =
    account;
  return {
    id,
    login,
    displayName,
    ...(email !== null && { email }),
    source,
    state,
    breakGlass,
    createdAt,
    lastSignInAt,
    groups: [...groups],
  };
}
