import type { Endpoint, ReplyOf } from "@pratique/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { type Acted, act, type CallInput } from "../api/call.ts";

interface UseActOptions<E extends Endpoint> {
  /** What is to be read again, once it has happened. */
  readonly changes?: readonly Endpoint[];
  readonly onDone?: (reply: ReplyOf<E>) => void;
}

/** Something that is done on the server: what came of it, and whether it is still on its way. */
export interface ActState<Reply> {
  readonly isPending: boolean;
  readonly error: Error | null;
  readonly data: Acted<Reply> | undefined;
  readonly run: (input?: CallInput) => void;
  readonly reset: () => void;
}

/**
 * Does something on the server, and has what it changes read again. Whoever asks for it once more before it is done,
 * such as with a double click, gets it once.
 */
export function useAct<E extends Endpoint>(
  endpoint: E,
  { changes = [], onDone }: UseActOptions<E> = {},
): ActState<ReplyOf<E>> {
  const client = useQueryClient();
  const isOnItsWay = useRef(false);
  const { mutate, isPending, error, data, reset } = useMutation({
    mutationFn: (input: CallInput) => act(endpoint, input),
    onSuccess: async (acted) => {
      // Shown first, so that a form that closes itself does not wait for lists.
      if (acted.kind === "done") onDone?.(acted.reply);
      await Promise.all(changes.map(({ id }) => client.invalidateQueries({ queryKey: [id] })));
    },
    onSettled: () => {
      isOnItsWay.current = false;
    },
  });
  const run = (input: CallInput = {}) => {
    if (isOnItsWay.current) return;
    isOnItsWay.current = true;
    mutate(input);
  };
  return { isPending, error, data, reset, run };
}
