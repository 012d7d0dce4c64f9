import path from "node:path";
import { AuditOpenings } from "../../apps/server/src/audit/audit-openings.ts";
import type { TreeStorage } from "../../packages/audit/src/index.ts";
import { KeyRing, MemoryKeyStore, openFileKey, Sealer } from "../../packages/sealing/src/index.ts";
import { openStore, type StoreOptions } from "../../packages/store/src/index.ts";
import { postgresUnavailable, startPostgres } from "../../packages/testkit/src/index.ts";

/** A storage of a log. */
export interface LogPlace extends AsyncDisposable {
  readonly storage: TreeStorage;
}

/** Where logs can lie, each flushed to the disk before an event counts as written. */
export const logPlaces: readonly {
  readonly name: string;
  readonly unavailable: () => string | undefined;
  readonly open: (directory: string) => Promise<LogPlace>;
}[] = [
  {
    name: "SQLite",
    unavailable: () => undefined,
    open: async (directory) =>
      await openIn({ file: path.join(directory, "log.sqlite"), readerThreads: 1 }, directory),
  },
  {
    name: "PostgreSQL",
    unavailable: postgresUnavailable,
    open: async (directory) => {
      const cluster = await startPostgres({ fsync: true });
      const place = await openIn({ postgres: await cluster.createDatabase() }, directory);
      return {
        ...place,
        [Symbol.asyncDispose]: async () => {
          await place[Symbol.asyncDispose]();
          await cluster[Symbol.asyncDispose]();
        },
      };
    },
  },
];

/** With names and addresses sealed, as a server keeps them. */
async function openIn(options: StoreOptions, directory: string): Promise<LogPlace> {
  const store = await openStore(options);
  const provider = await openFileKey({ file: path.join(directory, "kek") });
  const keys = await KeyRing.open({ store: new MemoryKeyStore(), provider, now: () => new Date() });
  const seal = new AuditOpenings(store, new Sealer({ keys }));
  return {
    storage: store.audit.tree({ holder: "bench", seal }),
    [Symbol.asyncDispose]: async () => await store.close(),
  };
}
