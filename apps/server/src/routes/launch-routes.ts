import { listLaunches, showLaunch } from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { launchEntryOf } from "../launch-projection.ts";

/** The launches that were judged. */
export function bindLaunches(binder: Binder, { store }: Context): void {
  binder.bind(listLaunches, async ({ query, seen }) => {
    const { items, nextCursor, total } = await store.launches.list({ ...query, seen });
    return { items: items.map(launchEntryOf), nextCursor, total };
  });

  binder.bind(showLaunch, async ({ params }) => {
    const found = await store.launches.find(params.launchId);
    if (found === undefined) {
      throw new ServerError("NOT_FOUND", `no launch ${JSON.stringify(params.launchId)} was recorded`);
    }
    return launchEntryOf(found);
  });
}
