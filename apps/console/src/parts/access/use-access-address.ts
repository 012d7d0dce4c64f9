import { useSearch } from "@tanstack/react-router";
import type { ListAddress } from "../use-address.ts";

/** What the address says of a part of the access page; nothing where it names no part. */
export function useAccessAddress(): ListAddress {
  const { text, account, role, cursor, page, limit } =
    useSearch({ from: "/app/access/$section", shouldThrow: false }) ?? {};
  const said = { text, account, role, cursor, page, limit };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}
