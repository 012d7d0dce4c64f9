import { putRetention, showRetention } from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { retentionIn, setRetention } from "../settings/retention.ts";

/** How long each class of data is kept. */
export function bindRetention(binder: Binder, { store, now }: Context): void {
  binder.bind(showRetention, async () => await retentionIn(store));

  binder.bind(putRetention, async ({ body, caller, revision }) => {
    const change = { by: caller.name, now: new Date(now()).toISOString(), revision };
    const written = await setRetention(store, body, change);
    if (written !== undefined) return { ...body, revision: written };
    throw new ServerError("REVISION_STALE", "somebody else has changed the retention meanwhile");
  });
}
