import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";

/** `before`: PostgreSQL never hears of the commit. `after`: it has committed, and its answer is lost. */
export type Cut = "before" | "after";

/** Stands between a store and a PostgreSQL, and cuts the connection at a commit. */
export interface CommitCutter extends AsyncDisposable {
  /** The database by way of the cutter. */
  readonly url: string;
  /** Cuts the next commit; afterwards refuses so many connections. */
  cutNext(cut: Cut, refused?: number): void;
  /** How many commits were cut. */
  readonly cuts: number;
}

const COMMIT = Buffer.from("commit\0");
/** The tag of CommandComplete (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
const COMMITTED = Buffer.from("COMMIT\0");

/** Begins to stand before a database that is reached by a Unix socket. */
export async function cutAtCommit(postgres: string): Promise<CommitCutter> {
  const original = new URL(postgres);
  const socketPath = join(original.searchParams.get("host") ?? "", ".s.PGSQL.5432");
  const open = new Set<Socket>();
  let [next, refusals, cuts]: [Cut | undefined, number, number] = [undefined, 0, 0];
  let refuseFrom = 0;
  const server = createServer((client) => {
    if (refuseFrom > 0) {
      refuseFrom -= 1;
      client.destroy();
      return;
    }
    const database = createConnection(socketPath);
    for (const socket of [client, database]) {
      open.add(socket);
      socket.on("error", () => undefined).on("close", () => open.delete(socket));
    }
    let awaited = false;
    const cut = () => {
      cuts += 1;
      refuseFrom = refusals;
      client.destroy();
      database.destroy();
    };
    client.on("data", (bytes) => {
      if (next !== undefined && bytes.includes(COMMIT)) {
        const when = next;
        next = undefined;
        if (when === "before") return cut();
        awaited = true;
      }
      database.write(bytes);
    });
    database.on("data", (bytes) => {
      if (awaited && bytes.includes(COMMITTED)) return cut();
      client.write(bytes);
    });
    client.on("end", () => database.end());
    database.on("end", () => client.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address === null || typeof address === "string" ? 0 : address.port;
  return {
    url: `postgres://postgres@127.0.0.1:${port}${original.pathname}`,
    cutNext(cut, refused = 0) {
      [next, refusals] = [cut, refused];
    },
    get cuts() {
      return cuts;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}
