import type { Endpoint } from "@pratique/api";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { addressOfParts } from "../api/address.ts";

/** What a list is narrowed to and how it is ordered: text, as in an address. */
export type ListAddress = Readonly<Record<string, string | undefined>>;

/** Changes some members of an address. `push`: the browser's Back leads to where one was. */
export type ChangeAddress = (part: ListAddress, how?: { readonly push: boolean }) => void;

/** Changes what the page's own address says, so that it can be sent to somebody else. */
export function useAddressChange(): ChangeAddress {
  const navigate = useNavigate();
  return useCallback(
    (part, { push } = { push: false }) =>
      void navigate({ to: ".", search: (search) => ({ ...search, ...part }), replace: !push }),
    [navigate],
  );
}

/** What the page's own address says of a list that is a part of the page, and how that is changed. */
export function useListAddress(endpoint: Endpoint): readonly [ListAddress, ChangeAddress] {
  const search = useSearch({ strict: false });
  return [addressOfParts([endpoint])(search), useAddressChange()];
}

/** An address of a list that is one of several parts of its page: it is forgotten with the page. */
export function useOwnAddress(initial: ListAddress = {}): readonly [ListAddress, ChangeAddress] {
  const [address, setAddress] = useState(initial);
  const change = useCallback((part: ListAddress) => setAddress((before) => ({ ...before, ...part })), []);
  return [address, change];
}
