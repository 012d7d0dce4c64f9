import { type Grant, listAccounts } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { useMay } from "../api/may.ts";
import { readQuery } from "../api/queries.ts";

/** As many as a page of the server holds; others are shown by their id. */
const MOST = 200;

/** The accounts that can be named; none where the session may not see accounts. */
export function useAccountChoices(): readonly { readonly id: string; readonly login: string }[] {
  const may = useMay()("accounts.read") !== undefined;
  const { data } = useQuery({ ...readQuery(listAccounts, { query: { limit: MOST } }), enabled: may });
  return data?.items ?? [];
}

/** Tells who holds a grant: `ann`, `the group admins`. */
export function useHolderName(): (holder: Grant["holder"]) => string {
  const accounts = useAccountChoices();
  return ({ kind, id }) => {
    if (kind === "group") return `the group ${id}`;
    return accounts.find((account) => account.id === id)?.login ?? id;
  };
}
