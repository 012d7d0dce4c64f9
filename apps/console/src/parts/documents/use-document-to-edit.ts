import type { ReplyOf, showPolicy, showRuleFile } from "@pratique/api";
import { type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { readQuery } from "../../api/queries.ts";

/** A document that is open to be edited. */
interface DocumentToEdit<Saved> {
  readonly document: UseQueryResult<Saved>;
  /** Another one with each time that the form begins anew: its key. */
  readonly form: number;
  /** Shows what was saved here. */
  readonly keep: (saved: Saved) => void;
  /** Drops what was written here, and begins anew with what the server has. */
  readonly restart: () => Promise<void>;
}

/**
 * Reads a document to edit it. It does not change under one's hands: it is read when the page is opened, and shown as it
 * was saved after that.
 */
export function useDocumentToEdit<E extends typeof showPolicy | typeof showRuleFile>(
  endpoint: E,
  params: Readonly<Record<string, string>>,
): DocumentToEdit<ReplyOf<E>> {
  const query = readQuery(endpoint, { params });
  const queryKey = [`${endpoint.id} to edit`, params];
  const document = useQuery({ ...query, queryKey, staleTime: Infinity, gcTime: 0 });
  const client = useQueryClient();
  const [form, setForm] = useState(0);
  return {
    document,
    form,
    keep: (saved) => void client.setQueryData(queryKey, saved),
    restart: async () => {
      await client.refetchQueries({ queryKey });
      setForm(form + 1);
    },
  };
}
