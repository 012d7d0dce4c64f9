import { type Delivery, deliverySchema } from "./delivery.ts";
import { type Group, groupSchema } from "./group.ts";
import type { GroupChange } from "./grouper.ts";
import type { PendingChange, PendingEntry } from "./pending-store.ts";

const GROUP = "group:";
const DELIVERY = "delivery:";

/** What a store gave back. */
export interface Pending {
  readonly groups: readonly Group[];
  readonly deliveries: readonly Delivery[];
  /** The ids of entries that are not what was put there. */
  readonly damaged: readonly string[];
}

/** Reads entries strictly: an entry that is not in its form is named, and the others are read all the same. */
export function readPending(entries: readonly PendingEntry[]): Pending {
  const groups: Group[] = [];
  const deliveries: Delivery[] = [];
  const damaged: string[] = [];
  for (const { id, value } of entries) {
    const json = parseJson(value);
    const group = id.startsWith(GROUP) ? groupSchema.safeParse(json).data : undefined;
    const delivery = id.startsWith(DELIVERY) ? deliverySchema.safeParse(json).data : undefined;
    if (group !== undefined && id === `${GROUP}${group.id}`) groups.push(group);
    else if (delivery !== undefined && id === `${DELIVERY}${delivery.id}`) deliveries.push(delivery);
    else damaged.push(id);
  }
  return { groups, deliveries, damaged };
}

/** Writes a change down as entries. */
export function changeOf({
  groups,
  deliveries = [],
  gone = [],
}: {
  readonly groups?: GroupChange;
  readonly deliveries?: readonly Delivery[];
  /** Ids of deliveries. */
  readonly gone?: readonly string[];
}): PendingChange {
  return {
    put: [
      ...(groups?.put ?? []).map((group) => ({ id: `${GROUP}${group.id}`, value: JSON.stringify(group) })),
      ...deliveries.map((each) => ({ id: `${DELIVERY}${each.id}`, value: JSON.stringify(each) })),
    ],
    remove: [...(groups?.remove ?? []).map((id) => `${GROUP}${id}`), ...gone.map((id) => `${DELIVERY}${id}`)],
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Undefined is in no form: the entry counts as damaged.
    return undefined;
  }
}
