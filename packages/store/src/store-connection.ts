import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import type { StoreDialect } from "./store-dialect.ts";

/** What a store stands on. */
export interface StoreConnection {
  readonly database: Kysely<Schema>;
  readonly dialect: StoreDialect;
}

const connections = new WeakMap<object, StoreConnection>();

/** Remembers what a store stands on, for those of this package who work on all tables at once. */
export function connect<Store extends object>(store: Store, connection: StoreConnection): Store {
  connections.set(store, connection);
  return store;
}

export function connectionOf(store: object): StoreConnection {
  const connection = connections.get(store);
  if (connection === undefined) throw new TypeError("the store was not opened by openStore");
  return connection;
}
