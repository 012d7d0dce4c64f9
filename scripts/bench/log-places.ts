import path from "node:path";
import {
  DirectoryTreeStorage,
  directoryTileSource,
  storageTileSource,
  type TileSource,
  type TreeStorage,
} from "../../packages/audit/src/index.ts";
import { openStore, type StoreOptions } from "../../packages/store/src/index.ts";
import { postgresUnavailable, startPostgres } from "../../packages/testkit/src/index.ts";

/** A storage of a log, and how it is read back. */
export interface LogPlace extends AsyncDisposable {
  readonly storage: TreeStorage;
  source(): TileSource;
}

/** Where logs can lie, each flushed to the disk before an event counts as written. */
export const logPlaces: readonly {
  readonly name: string;
  readonly unavailable: () => string | undefined;
  readonly open: (directory: string) => Promise<LogPlace>;
}[] = [
  { name: "a directory", unavailable: () => undefined, open: openDirectory },
  {
    name: "SQLite",
    unavailable: () => undefined,
    open: async (directory) => await openIn({ file: path.join(directory, "log.sqlite") }),
  },
  {
    name: "PostgreSQL",
    unavailable: postgresUnavailable,
    open: async () => {
      const cluster = await startPostgres({ fsync: true });
      const place = await openIn({ postgres: await cluster.createDatabase() });
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

async function openDirectory(directory: string): Promise<LogPlace> {
  const at = path.join(directory, "log");
  const storage = new DirectoryTreeStorage(at);
  return {
    storage,
    source: () => directoryTileSource(at),
    [Symbol.asyncDispose]: async () => await storage[Symbol.asyncDispose](),
  };
}

async function openIn(options: StoreOptions): Promise<LogPlace> {
  const store = await openStore(options);
  const storage = store.audit.tree({ holder: "bench" });
  return {
    storage,
    source: () => storageTileSource(storage),
    [Symbol.asyncDispose]: async () => await store.close(),
  };
}
