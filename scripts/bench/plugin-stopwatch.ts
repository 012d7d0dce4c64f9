import { mkdirSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";

const PLUGIN_DIRECTORY = "/run/docker/plugins";
/** The engine writes the method of the call it asks about within the first bytes of its question. */
const MAX_HEAD_CHARS = 16 * 1024;
const READS = /"RequestMethod":"(?:GET|HEAD)"/u;

/** One question of the engine to its plugin, on the clock of `performance.now`. */
interface Exchange {
  readonly beganAt: number;
  endedAt: number;
  head: string;
}

export interface PluginStopwatch extends AsyncDisposable {
  /** How many questions went through so far. */
  readonly asked: () => number;
  /**
   * How long a plugin took over the questions about calls that change something, in milliseconds, one sum since the
   * last call. Those about reads are left out: they are the plugin's own, asked while a call waits for it, or
   * somebody else's.
   */
  readonly takeWaitedMs: () => number;
}

/**
 * Stands between the engine and a plugin, and takes the time from a question's first byte to its answer's last. It
 * looks at bytes as they pass and parses nothing, so that what it adds itself stays out of what it measures.
 */
export async function startPluginStopwatch(name: string, pluginName: string): Promise<PluginStopwatch> {
  const socketPath = `${PLUGIN_DIRECTORY}/${name}.sock`;
  mkdirSync(PLUGIN_DIRECTORY, { recursive: true });
  const sockets = new Set<Socket>();
  let exchanges: Exchange[] = [];
  let asked = 0;
  const begin = (): Exchange => {
    const now = performance.now();
    const exchange = { beganAt: now, endedAt: now, head: "" };
    exchanges.push(exchange);
    asked += 1;
    return exchange;
  };
  const server = createServer((engine) => {
    const plugin = connect(`${PLUGIN_DIRECTORY}/${pluginName}.sock`);
    for (const socket of [engine, plugin]) sockets.add(socket);
    join(engine, plugin, begin);
    plugin.once("close", () => sockets.delete(plugin));
    engine.once("close", () => sockets.delete(engine));
  });
  await new Promise<void>((resolve) => {
    server.listen(socketPath, resolve);
  });
  return {
    asked: () => asked,
    takeWaitedMs() {
      const waited = exchanges.filter(({ head }) => !READS.test(head));
      exchanges = [];
      return waited.reduce((sum, { beganAt, endedAt }) => sum + endedAt - beganAt, 0);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      rmSync(socketPath, { force: true });
    },
  };
}

/** The engine asks one question at a time on a connection: the first byte after an answer is a new one. */
function join(engine: Socket, plugin: Socket, begin: () => Exchange): void {
  let exchange: Exchange | undefined;
  let answered = true;
  engine.on("data", (chunk: Buffer) => {
    if (answered) exchange = begin();
    answered = false;
    plugin.write(chunk);
    if (exchange !== undefined && exchange.head.length < MAX_HEAD_CHARS)
      exchange.head += chunk.toString("latin1");
  });
  plugin.on("data", (chunk: Buffer) => {
    if (exchange !== undefined) exchange.endedAt = performance.now();
    answered = true;
    engine.write(chunk);
  });
  for (const [from, to] of [
    [engine, plugin],
    [plugin, engine],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
  }
}
