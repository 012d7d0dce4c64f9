import { type Account, type Grant, listAccounts } from "@pratique/api";
import { useQuery } from "@tanstack/react-query";
import { listSource, wholeListQuery } from "../../api/list-source.ts";
import { useMay } from "../../api/may.ts";

const query = wholeListQuery(listSource(listAccounts));

/** The accounts that can be named; none where the session may not see accounts. */
export function useAccountChoices(): readonly Account[] {
  const may = useMay()("accounts.read") !== undefined;
  const { data } = useQuery({ ...query, enabled: may });
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
