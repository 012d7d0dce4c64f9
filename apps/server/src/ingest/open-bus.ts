import { EmbeddedBus, type HeadInStore, type JetStreamSettings, type RecordBus } from "@pratique/bus";
import type { Store } from "@pratique/store";
import type { Logger } from "pino";

/** What carries the records of hosts to the store: nothing but this process where it is empty. */
export interface BusOptions {
  readonly nats?: JetStreamSettings;
}

/** Opens what carries records. Throws `BUS_SETTINGS`, `BUS_UNAVAILABLE`. */
export async function openBus(
  { nats }: BusOptions,
  { store, log }: { readonly store: Store; readonly log: Logger },
): Promise<RecordBus> {
  const headInStore: HeadInStore = (logId) => store.records.head(logId);
  if (nats === undefined) return new EmbeddedBus(headInStore);
  // Loaded when it is asked for: most servers have none.
  const { JetStreamBus } = await import("@pratique/bus");
  return await JetStreamBus.open({
    settings: nats,
    headInStore,
    onTrouble: ({ kind, logId, reason, cause }) => {
      const fields = { logId, reason, ...(cause !== undefined && { err: cause }) };
      if (kind === "set-aside") log.error(fields, "a batch of records was set aside");
      else log.warn(fields, "records could not be taken in; they come again");
    },
  });
}
