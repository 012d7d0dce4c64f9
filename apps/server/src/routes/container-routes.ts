import {
  type Container,
  containerReport,
  killContainer,
  listContainers,
  releaseResponse,
  showContainer,
} from "@pratique/api";
import type { StoredContainer } from "@pratique/store";
import type { Binder } from "../bind.ts";
import { splitContainerId } from "../calls/store-resource-index.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";
import { tellAgent } from "../fleet/commands.ts";
import { refuseRevoked } from "./host-routes.ts";

/** The containers of all hosts. */
export function bindContainers(binder: Binder, context: Context): void {
  const { store } = context;

  const find = async (containerId: string): Promise<StoredContainer> => {
    const { host, id } = splitContainerId(containerId);
    const found = await store.fleet.containers.find(host, id);
    if (found !== undefined) return found;
    throw new ServerError("NOT_FOUND", `there is no container ${JSON.stringify(containerId)}`);
  };

  binder.bind(listContainers, async ({ query, seen }) => {
    const { items, nextCursor, total } = await store.fleet.containers.list({ ...query, seen });
    return { items: items.map(entryOf), nextCursor, total };
  });

  binder.bind(showContainer, async ({ params }) => entryOf(await find(params.containerId)));

  /** The container, where its agent can still be told something. */
  const findToTell = async (containerId: string): Promise<StoredContainer> => {
    const found = await find(containerId);
    const identity = await store.fleet.identities.find(found.host);
    if (identity !== undefined) refuseRevoked(identity);
    return found;
  };

  binder.bind(releaseResponse, async ({ params, body, caller }) => {
    const { host, id } = await findToTell(params.containerId);
    const { act } = body;
    const task = {
      kind: "release-response",
      containerId: id,
      ...(act !== undefined && { act }),
    } as const;
    return { commandId: await tellAgent(context, { host, by: caller.name, task }) };
  });

  binder.bind(killContainer, async ({ params, caller }) => {
    const { host, id } = await findToTell(params.containerId);
    const task = { kind: "kill-container", containerId: id } as const;
    return { commandId: await tellAgent(context, { host, by: caller.name, task }) };
  });
}

function entryOf(container: StoredContainer): Container {
  const { host, seenAt, severities, assessment, lastVerdict } = container;
  // Checked when it was taken; read again, for an earlier version may have written it.
  const report = containerReport.parse(container.document);
  return {
    ...report,
    host,
    seenAt,
    severities,
    assessment:
      assessment === "complete" || assessment === "partial" || assessment === "none" ? assessment : null,
    lastVerdict,
  };
}
