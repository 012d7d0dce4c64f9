import process from "node:process";
import { startServer } from "../../apps/server/src/index.ts";

// A server that listens for agents, in a process of its own: `fleet-host.ts DIRECTORY`.
const [directory = ""] = process.argv.slice(2);
const socketPath = `${directory}/server.sock`;
const server = await startServer({
  directory,
  socketPath,
  port: 0,
  agents: { port: 0 },
  now: Date.now,
  elapsedMs: () => performance.now(),
  version: "0.0.0",
});
const link = await server.createSignInLink();
process.stdout.write(
  `${JSON.stringify({ url: server.url, agentsUrl: server.agentsUrl, socketPath, link })}\n`,
);
process.once("SIGTERM", () => void server.close());
