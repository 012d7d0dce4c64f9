import { hostname } from "node:os";
import { openStore } from "@pratique/store";
import type { Logger } from "pino";
import { openSealing, ownKey } from "../sealing/open-sealing.ts";
import type { ServerOptions } from "../server-options.ts";
import { ServerPresence } from "../telemetry/server-presence.ts";
import { RegistryWork, type RegistryWorkSettings } from "./registry-work.ts";

/** What a worker is started with: the same store and keys as its servers. */
export interface RegistryWorkerOptions extends Pick<ServerOptions, "directory" | "keys" | "version" | "now"> {
  readonly database: NonNullable<ServerOptions["database"]>;
  readonly registries: RegistryWorkSettings;
  readonly log: Logger;
}

/**
 * Starts a worker: it lists and scans registries for the servers that share its store, and listens nowhere. They
 * see that it is there. Throws StoreError where the store cannot be opened, and SealingError where a server has not made
 * its keys yet, or they are others.
 */
export async function startRegistryWorker(options: RegistryWorkerOptions): Promise<AsyncDisposable> {
  const { directory, database, keys, version, now, log, registries } = options;
  await using started = new AsyncDisposableStack();
  const store = await openStore(database);
  started.defer(() => store.close());
  const { sealer } = started.use(
    await openSealing({
      records: store.settings.keyRecords,
      key: keys?.current ?? ownKey(directory),
      former: keys?.former ?? [],
      mayCreate: false,
      now: () => new Date(now()),
    }),
  );
  const work = new RegistryWork({ ...registries, store, sealer, now, log });
  const name = hostname();
  const self = {
    // The same when it is started anew, and another for each that has a directory of its own.
    id: `worker ${name} ${directory}`,
    name,
    address: "",
    version,
    startedAt: new Date(now()).toISOString(),
    listensForAgents: false,
  };
  const presence = new ServerPresence({ store, self: () => self, now, log });
  await presence.start();
  started.defer(() => presence.close());
  work.start();
  started.defer(() => work.close());
  return started.move();
}
