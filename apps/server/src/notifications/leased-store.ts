import type { PendingStore } from "@pratique/notify";
import type { Lease, SettingsStore } from "@pratique/store";
import { ServerError } from "../errors.ts";

/**
 * What waits to be delivered, in the store that servers share. A server whose lease another one has taken writes
 * nothing there any more.
 */
export function leasedStore({ notices }: SettingsStore, lease: Lease): PendingStore {
  return {
    load: async () => await notices.pending(),
    commit: async ({ put, remove }) => {
      if (await notices.commitPending({ put, remove }, lease)) return;
      throw new ServerError("STORE_UNAVAILABLE", "another server delivers notifications by now");
    },
  };
}
