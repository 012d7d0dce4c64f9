import { setImmediate } from "node:timers/promises";
import { openStore, type Store, StoreError } from "@pratique/store";
import type { TestServer } from "./test-server.ts";

const ATTEMPTS = 20;

/**
 * The store of a server that runs in this process, opened once more. SQLite waits for its lock without giving up the
 * thread, so a transaction that the server has begun could never end while it waits: it is let go on in between.
 */
export async function storeBeside({ directory }: TestServer): Promise<Store> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openStore({ file: directory.at("server", "pratique.sqlite") });
    } catch (thrown) {
      if (!(thrown instanceof StoreError) || attempt === ATTEMPTS) throw thrown;
      await setImmediate();
    }
  }
}
