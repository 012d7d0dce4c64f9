import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";

const PLUGIN_DIRECTORY = "/run/docker/plugins";

export interface AlwaysYes extends AsyncDisposable {
  /** How often it was asked. */
  readonly asked: () => number;
}

/** An authorization plugin that reads every question and agrees: what being asked costs at least. */
export async function startAlwaysYes(name: string): Promise<AlwaysYes> {
  const socket = `${PLUGIN_DIRECTORY}/${name}.sock`;
  mkdirSync(PLUGIN_DIRECTORY, { recursive: true });
  let asked = 0;
  const server = createServer((incoming, response) => {
    asked += 1;
    const answer = incoming.url === "/Plugin.Activate" ? { Implements: ["authz"] } : { Allow: true };
    incoming.resume().on("end", () => response.end(JSON.stringify(answer)));
  });
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  return {
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      rmSync(socket, { force: true });
    },
  };
}
