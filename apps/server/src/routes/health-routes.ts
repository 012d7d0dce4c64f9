import { showLiveness, showReadiness } from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";

const healthy = { status: "ok" } as const;

/** Whether the server is well. */
export function bindHealth(binder: Binder, { store }: Context): void {
  binder.bind(showLiveness, async () => healthy);
  binder.bind(showReadiness, async () => {
    await store.changes.last();
    return healthy;
  });
}
