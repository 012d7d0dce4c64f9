import { showHealth, showLiveness, showReadiness } from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { healthReport } from "../telemetry/health-report.ts";

const healthy = { status: "ok" } as const;

/** Whether the server is well. */
export function bindHealth(binder: Binder, context: Context): void {
  binder.bind(showHealth, async () => await healthReport(context));
  binder.bind(showLiveness, async () => healthy);
  binder.bind(showReadiness, async () => {
    await context.store.changes.last();
    return healthy;
  });
}
