import { shows } from "@pratique/access";
import { AGENT_SILENT_AFTER_MS, type HostEntry, hostStatus, listHosts, showHost } from "@pratique/api";
import type { StoredHost } from "@pratique/store";
import type { Binder } from "../bind.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";

/** The hosts. */
export function bindHosts(binder: Binder, context: Context): void {
  binder.bind(listHosts, async ({ query, seen }) => {
    const host = await context.store.hosts.latest();
    const entry = host === undefined ? undefined : await entryOf(context, host);
    const items = [entry]
      .filter((item) => item !== undefined)
      .filter(({ name, status }) => shows(seen, { hosts: [{ name, labels: status?.host.labels ?? {} }] }))
      .filter(({ name }) => name.toLowerCase().includes((query.text ?? "").toLowerCase()))
      .filter(({ agent }) => query.agent === undefined || agent === query.agent)
      .filter(({ status }) => query.gate === undefined || status?.gate.state === query.gate);
    return { items, nextCursor: null, total: items.length };
  });

  binder.bind(showHost, async ({ params }) => {
    const host = await context.store.hosts.latest();
    if (host?.name !== params.host) {
      throw new ServerError("NOT_FOUND", `there is no host ${JSON.stringify(params.host)}`);
    }
    return await entryOf(context, host);
  });
}

async function entryOf({ store, now }: Context, host: StoredHost): Promise<HostEntry> {
  // A status that an earlier version took is not shown: the agent sends the next one within a minute.
  const status = hostStatus.safeParse(host.status);
  const silent = now() - Date.parse(host.heardAt) > AGENT_SILENT_AFTER_MS;
  return {
    name: host.name,
    agent: silent ? "silent" : "reporting",
    heardAt: host.heardAt,
    joinedAt: null,
    identity: { state: "local", serial: null, expiresAt: null },
    acknowledged: await store.records.acknowledged(host.logId),
    containers: 0,
    running: 0,
    wantedPolicies: status.data?.policies.revision ?? "",
    status: status.data ?? null,
  };
}
