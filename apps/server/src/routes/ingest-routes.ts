import { putHost, putImage, putRecords, showAcknowledged } from "@pratique/api";
import type { AuditRecord } from "@pratique/core";
import type { LaunchProjection } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { projectLaunch } from "../launch-projection.ts";

/** What the agent says. */
export function bindIngest(binder: Binder, context: Context): void {
  const { store, now, log } = context;

  const project = (record: AuditRecord): LaunchProjection | undefined => {
    const launch = projectLaunch(record);
    if (launch !== "unreadable") return launch;
    // The record itself is kept; only the console cannot show it.
    log.warn({ sequence: record.sequence, action: record.action }, "a launch record cannot be read");
    return undefined;
  };

  binder.bind(putRecords, async ({ body }) => {
    const { kind, acknowledged } = await store.records.append({ ...body, project });
    switch (kind) {
      case "stored":
        return { acknowledged };
      case "gap":
        throw new ServerError("RECORDS_GAP", `records are missing after ${acknowledged}`, {
          members: { acknowledged },
        });
      case "forked":
        throw new ServerError("RECORDS_FORKED", `the records contradict those held up to ${acknowledged}`, {
          members: { acknowledged },
        });
    }
  });

  binder.bind(showAcknowledged, async ({ query }) => ({
    acknowledged: await store.records.acknowledged(query.logId),
  }));

  binder.bind(putImage, async ({ params, body }) => {
    if (body.target.imageId !== params.imageId) {
      throw new ServerError("REQUEST_MALFORMED", "the report speaks of another image than the path");
    }
    await store.images.put(params.imageId, body);
    return undefined;
  });

  binder.bind(putHost, async ({ body }) => {
    await store.hosts.put({
      name: body.host.name,
      logId: body.record.logId,
      heardAt: new Date(now()).toISOString(),
      status: body,
      labels: body.host.labels,
      gate: body.gate.state,
      policyRevision: body.policies.revision,
    });
    return undefined;
  });
}
