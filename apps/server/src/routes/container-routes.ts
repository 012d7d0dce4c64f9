import { type Container, containerReport, listContainers, showContainer } from "@pratique/api";
import type { Store, StoredContainer } from "@pratique/store";
import type { Binder } from "../bind.ts";
import { splitContainerId } from "../calls/store-resource-index.ts";
import type { Context } from "../context.ts";
import { ServerError } from "../errors.ts";

/** The containers of all hosts. */
export function bindContainers(binder: Binder, context: Context): void {
  const { store } = context;

  binder.bind(listContainers, async ({ query, seen }) => {
    const { items, nextCursor, total } = await store.fleet.containers.list({ ...query, seen });
    return { items: items.map(entryOf), nextCursor, total };
  });

  binder.bind(showContainer, async ({ params }) => entryOf(await findContainer(store, params.containerId)));
}

/** Throws `NOT_FOUND`. */
export async function findContainer(
  { fleet }: Pick<Store, "fleet">,
  containerId: string,
): Promise<StoredContainer> {
  const { host, id } = splitContainerId(containerId);
  const found = await fleet.containers.find(host, id);
  if (found !== undefined) return found;
  throw new ServerError("NOT_FOUND", `there is no container ${JSON.stringify(containerId)}`);
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
