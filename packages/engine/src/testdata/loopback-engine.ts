import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tempDirectory } from "@pratique/testkit";

export interface LoopbackEngine extends AsyncDisposable {
  readonly socketPath: string;
  /** The targets that were asked for, `/_ping` left out. */
  readonly targets: string[];
  readonly pings: number;
  /** Breaks all connections, as an engine that restarts does. */
  breakConnections(): void;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on a Unix socket that offers an API version and answers as the test says. */
export async function listen(answer: Answer, apiVersion = "1.45"): Promise<LoopbackEngine> {
  const directory = tempDirectory();
  const socketPath = directory.at("engine.sock");
  const targets: string[] = [];
  let pings = 0;
  const server = createServer((request, response) => {
    if (request.url === "/_ping") {
      pings += 1;
      response.writeHead(200, { "api-version": apiVersion, ostype: "linux" }).end("OK");
      return;
    }
    targets.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    targets,
    get pings() {
      return pings;
    },
    breakConnections: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      directory[Symbol.dispose]();
    },
  };
}

/** Answers everything with one JSON document. */
export function json(document: unknown, status = 200): Answer {
  return (_, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(document));
  };
}

/** All that a stream brings. */
export async function gather<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
