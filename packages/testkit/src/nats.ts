import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect as openSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A private NATS server on loopback, with JetStream in a directory of its own. It ends with the process that started it. */
export interface NatsServer extends AsyncDisposable {
  /** `nats://127.0.0.1:PORT`; the same after a new start. */
  readonly url: string;
  /** `server_name`, where it was given one: it leads streams by that name. */
  readonly name: string;
  /** Ends it with SIGKILL, and leaves its data. */
  kill(): Promise<void>;
  /** Starts it again; without its data where it is to have lost them. */
  start(how?: { readonly empty: boolean }): Promise<void>;
}

export interface NatsServerOptions {
  /** Lines for its configuration file: TLS, accounts, limits. */
  readonly configuration?: string;
  /** `server_name`; the members of a cluster have one each. */
  readonly name?: string;
}

/** It ends when its standard input does, even where the process that held the other end was killed. */
const SUPERVISOR = `
nats-server -c "$1/nats.conf" >"$1/log" 2>&1 &
server=$!
read -r order
kill -KILL "$server"
wait "$server" 2>/dev/null
[ "$order" = keep ] || rm -rf "$1"
`;

/** Says why none can be started here; undefined where one can. */
export function natsUnavailable(): string | undefined {
  const places = (process.env.PATH ?? "").split(":").concat("/usr/sbin");
  if (places.some((place) => existsSync(join(place, "nats-server")))) return undefined;
  return "(skipped: nats-server is not installed: sh scripts/setup.sh --for-tests)";
}

/** Starts one. What it stores is on disk when it says so. */
export async function startNats({
  configuration = "",
  name = "",
}: NatsServerOptions = {}): Promise<NatsServer> {
  const directory = mkdtempSync(join(tmpdir(), "pratique-nats-"));
  const port = await freePort();
  const store = join(directory, "store");
  writeFileSync(
    join(directory, "nats.conf"),
    `listen: "127.0.0.1:${port}"\n${name === "" ? "" : `server_name: ${name}\n`}jetstream { store_dir: ${JSON.stringify(store)}, sync_interval: always }\n${configuration}\n`,
  );
  let supervisor: ChildProcess | undefined;
  const start = async () => {
    supervisor = spawn("sh", ["-c", SUPERVISOR, "sh", directory], {
      cwd: directory,
      env: { PATH: `${process.env.PATH ?? ""}:/usr/sbin` },
      stdio: ["pipe", "ignore", "inherit"],
    });
    await answering(port);
  };
  const end = async (order: string) => {
    if (supervisor === undefined) return;
    const ended = once(supervisor, "close");
    supervisor.stdin?.end(order);
    await ended;
    supervisor = undefined;
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    name,
    kill: () => end("keep\n"),
    start: async ({ empty = false } = { empty: false }) => {
      if (empty) rmSync(store, { recursive: true, force: true });
      await start();
    },
    [Symbol.asyncDispose]: async () => {
      await end("");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Starts several that know each other, as one cluster. It takes them seconds to agree who leads. */
export async function startNatsCluster(members: number): Promise<readonly NatsServer[]> {
  const ports = await Promise.all(Array.from({ length: members }, () => freePort()));
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(", ");
  const servers: NatsServer[] = [];
  for (const [at, port] of ports.entries()) {
    const configuration = `cluster { name: pratique, listen: "127.0.0.1:${port}", routes: [${routes}] }`;
    servers.push(await startNats({ configuration, name: `member-${at}` }));
  }
  return servers;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return address === null || typeof address === "string" ? 0 : address.port;
}

const MAX_WAITS = 300;

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < MAX_WAITS; attempt += 1) {
    const socket = openSocket(port, "127.0.0.1");
    const heard = await Promise.race([
      once(socket, "data").then(
        () => true,
        () => false,
      ),
      once(socket, "close").then(
        () => false,
        () => false,
      ),
    ]);
    socket.destroy();
    if (heard) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  throw new Error("the private NATS does not answer");
}
