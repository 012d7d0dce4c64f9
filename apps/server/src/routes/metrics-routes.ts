import { showMetrics } from "@pratique/api";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { installationState } from "../telemetry/ask-installation.ts";

/** What a Prometheus reads. */
export function bindMetrics(binder: Binder, context: Context): void {
  binder.bind(showMetrics, async ({ http }) => {
    const { contentType, body } = await context.telemetry.metrics.text(await installationState(context));
    http?.reply.header("content-type", contentType).send(body);
    return undefined;
  });
}
