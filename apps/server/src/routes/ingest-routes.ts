import { putHost, putImage, putRecords, showAcknowledged } from "@pratique/api";
import { hashOf } from "@pratique/audit";
import type { RecordBatch } from "@pratique/bus";
import type { ImageDispute } from "@pratique/store";
import type { Binder } from "../bind.ts";
import { refuseForeignHost } from "../calls/agent-host.ts";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { alteredNotice, forkedNotice } from "../notifications/record-notice.ts";
import { rematchWhatIsDue } from "../rematch/rematcher.ts";

/** What the agent says. */
export function bindIngest(binder: Binder, context: Context): void {
  const { store, bus, notifier, pace, owners, now, origin } = context;

  /** A log belongs to the host that began it: no other may write into it, or hear how far it has come. */
  const refuseForeignLog = async (caller: Caller, logId: string): Promise<void> => {
    const owner = caller.host === undefined ? undefined : await owners.of(logId);
    if (owner !== undefined) refuseForeignHost(caller, owner);
  };

  /** The chain of hashes proves what the records say only where each hash is that of its record. */
  const refuseAltered = async ({ host, logId, records }: RecordBatch): Promise<void> => {
    const altered = records.find((record) => hashOf(record) !== record.hash);
    if (altered === undefined) return;
    const { sequence } = altered;
    await notifier.tell([await alteredNotice(store, { host, logId, sequence, nowMs: now() }, origin)]);
    throw new ServerError("RECORDS_ALTERED", `record ${sequence} is not what its hash was taken over`);
  };

  binder.bind(putRecords, async ({ body, caller }) => {
    refuseForeignHost(caller, body.host);
    await refuseForeignLog(caller, body.logId);
    await refuseAltered(body);
    const { kind, acknowledged } = await bus.publish(body);
    switch (kind) {
      case "stored": {
        const collectMs = pace.hear(body.host);
        return { acknowledged, ...(collectMs !== undefined && { collectMs }) };
      }
      case "gap":
        throw new ServerError("RECORDS_GAP", `records are missing after ${acknowledged}`, {
          members: { acknowledged },
        });
      case "forked": {
        const forked = { host: body.host, logId: body.logId, acknowledged, nowMs: now() };
        await notifier.tell([await forkedNotice(store, forked, origin)]);
        throw new ServerError("RECORDS_FORKED", `the records contradict those held up to ${acknowledged}`, {
          members: { acknowledged },
        });
      }
    }
  });

  binder.bind(showAcknowledged, async ({ query, caller }) => {
    await refuseForeignLog(caller, query.logId);
    return { acknowledged: (await bus.head(query.logId))?.acknowledged ?? 0 };
  });

  binder.bind(putImage, async ({ params, body, caller }) => {
    if (body.target.imageId !== params.imageId) {
      throw new ServerError("REQUEST_MALFORMED", "the report speaks of another image than the path");
    }
    // A report says nothing of its host: on the socket it is the server's own.
    const host = caller.host ?? (await store.hosts.local());
    const judge = context.rematcher?.judge;
    const from =
      host === undefined
        ? undefined
        : { host, at: new Date(now()).toISOString(), ...(judge !== undefined && { judge }) };
    const dispute = await store.images.put(params.imageId, body, from);
    if (dispute !== undefined) await recordDispute(context, caller, { imageId: params.imageId, dispute });
    await rematchWhatIsDue(store);
    const { reference } = body.target;
    if (host === undefined) await store.fleet.locations.noteName(params.imageId, reference);
    else {
      const seenAt = new Date(now()).toISOString();
      await store.fleet.locations.note({ host, imageId: params.imageId, reference, seenAt });
    }
    return undefined;
  });

  binder.bind(putHost, async ({ body, caller }) => {
    refuseForeignHost(caller, body.host.name);
    await store.hosts.put({
      name: body.host.name,
      logId: body.record.logId,
      heardAt: new Date(now()).toISOString(),
      status: body,
      labels: body.host.labels,
      gate: body.gate.state,
      policyErrors: body.policies.errors.length,
      advisoriesStale: body.advisories.sources.some(({ stale }) => stale),
    });
    return undefined;
  });
}

/** One of two hosts does not tell the truth of an image: whoever looks into it later needs both names. */
async function recordDispute(
  { record }: Context,
  caller: Caller,
  { imageId, dispute }: { readonly imageId: string; readonly dispute: ImageDispute },
): Promise<void> {
  await record.append({
    class: "scan",
    action: "image.disputed",
    actor: caller,
    subject: { kind: "image", id: imageId },
    stage: "fact",
    call: null,
    decision: null,
    rule: null,
    outcome: null,
    data: { hosts: [...dispute.hosts] },
  });
}
