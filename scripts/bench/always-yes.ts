import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";

const PLUGIN_DIRECTORY = "/run/docker/plugins";

/** An authorization plugin that reads every question and agrees: what being asked costs at least. */
export async function startAlwaysYes(name: string): Promise<AsyncDisposable> {
  const socket = `${PLUGIN_DIRECTORY}/${name}.sock`;
  mkdirSync(PLUGIN_DIRECTORY, { recursive: true });
  const server = createServer((incoming, response) => {
    const answer = incoming.url === "/Plugin.Activate" ? { Implements: ["authz"] } : { Allow: true };
    incoming.resume().on("end", () => response.end(JSON.stringify(answer)));
  });
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      rmSync(socket, { force: true });
    },
  };
}
