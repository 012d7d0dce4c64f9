import type { Delivery } from "@pratique/notify";
import type { PendingNotification } from "@pratique/store";

/** What did not get through a channel. */
export interface Undelivered {
  /** How many messages are tried again. */
  readonly waiting: number;
  /** How many are not. */
  readonly givenUp: number;
  /** The failure that was the end of the last of those. */
  readonly lastGivenUp: { readonly atMs: number; readonly message: string } | undefined;
}

export const nothingUndelivered: Undelivered = { waiting: 0, givenUp: 0, lastGivenUp: undefined };

/** What is not delivered, by channel, of all that is on its way. */
export function undeliveredIn(pending: readonly PendingNotification[]): ReadonlyMap<string, Undelivered> {
  const byChannel = new Map<string, Undelivered>();
  for (const { id, value } of pending) {
    if (!id.startsWith("delivery:")) continue;
    const delivery: Delivery = JSON.parse(value);
    const { channel } = delivery;
    byChannel.set(channel, withDelivery(byChannel.get(channel) ?? nothingUndelivered, delivery));
  }
  return byChannel;
}

function withDelivery(before: Undelivered, { state, lastError }: Delivery): Undelivered {
  switch (state) {
    case "waiting":
      return { ...before, waiting: before.waiting + 1 };
    case "dead": {
      const isLast = lastError !== undefined && lastError.atMs >= (before.lastGivenUp?.atMs ?? 0);
      return {
        ...before,
        givenUp: before.givenUp + 1,
        lastGivenUp: isLast ? lastError : before.lastGivenUp,
      };
    }
  }
}
