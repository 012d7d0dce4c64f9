import { putRetention, showRetention } from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { retentionIn, setRetention } from "../settings/retention.ts";

/** How long each class of data is kept. */
export function bindRetention(binder: Binder, { store, now }: Context): void {
  binder.bind(showRetention, async () => await retentionIn(store));

  binder.bind(putRetention, async ({ body, caller }) => {
    await setRetention(store, body, { by: caller.name, now: new Date(now()).toISOString() });
    return body;
  });
}
