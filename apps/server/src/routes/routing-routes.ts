import { putRouting, showRouting } from "@pratique/api";
import type { JsonValue } from "@pratique/core";
import { NotifyError } from "@pratique/notify";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { ROUTING, routesIn } from "../notifications/notifier.ts";
import { routingTableOf } from "../notifications/routing-table.ts";

/** Which notifications go where. */
export function bindRouting(binder: Binder, { store }: Context): void {
  const { channels, documents } = store.settings;

  binder.bind(showRouting, async () => {
    const held = await documents.find(ROUTING);
    return { routes: routesIn(held?.value) ?? [], revision: held?.revision ?? "new" };
  });

  binder.bind(putRouting, async ({ body, revision }) => {
    const { routes } = body;
    const known = new Set((await channels.list()).map(({ id }) => id));
    const unknown = routes.flatMap((route) => route.channels).find((channel) => !known.has(channel));
    if (unknown !== undefined) {
      throw new ServerError("SETTINGS_INVALID", `there is no channel ${JSON.stringify(unknown)}`);
    }
    try {
      routingTableOf(routes, known);
    } catch (thrown) {
      if (!(thrown instanceof NotifyError)) throw thrown;
      throw new ServerError("SETTINGS_INVALID", thrown.message, { cause: thrown });
    }
    // The body has been checked against its schema, so it is JSON; this says so to the compiler.
    const value: JsonValue = JSON.parse(JSON.stringify(routes));
    const written = await documents.put(ROUTING, value, revision);
    if (written !== undefined) return { routes, revision: written };
    throw new ServerError("REVISION_STALE", "somebody else has changed the routes meanwhile");
  });
}
