import { EmbeddedBus, type HeadInStore, type JetStreamSettings, type RecordBus } from "@pratique/bus";
import type { BusParts } from "./bus-parts.ts";
import { tellSetAside } from "./tell-set-aside.ts";

/** What carries the records of hosts to the store: nothing but this process where it is empty. */
export interface BusOptions {
  readonly nats?: JetStreamSettings;
}

/** Opens what carries records. Throws `BUS_SETTINGS`, `BUS_UNAVAILABLE`. */
export async function openBus({ nats }: BusOptions, parts: BusParts): Promise<RecordBus> {
  const { store, elapsedMs, log } = parts;
  const headInStore: HeadInStore = (logId) => store.records.head(logId);
  if (nats === undefined) return new EmbeddedBus(headInStore);
  // Loaded when it is asked for: most servers have none.
  const { JetStreamBus } = await import("@pratique/bus");
  return await JetStreamBus.open({
    settings: nats,
    headInStore,
    elapsedMs,
    onTrouble: ({ logId, reason, cause }) => {
      const fields = { logId, reason, ...(cause !== undefined && { err: cause }) };
      log.warn(fields, "records could not be taken in; they come again");
    },
    onSetAside: (records) => tellSetAside(records, parts),
  });
}
