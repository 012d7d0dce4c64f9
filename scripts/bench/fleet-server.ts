import process from "node:process";
import { startServer } from "../../apps/server/src/index.ts";

// A server in a process of its own, so that its memory can be measured: `fleet-server.ts DIRECTORY [postgres://…]`.
const [directory = "", postgres = ""] = process.argv.slice(2);
const server = await startServer({
  directory,
  socketPath: `${directory}/server.sock`,
  port: 0,
  now: Date.now,
  elapsedMs: () => performance.now(),
  version: "0.0.0",
  passwordCost: { memoryKib: 64, passes: 1, lanes: 1 },
  ...(postgres !== "" && { database: { postgres } }),
});
process.stdout.write(`${JSON.stringify({ url: server.url, link: await server.createSignInLink() })}\n`);
process.once("SIGTERM", () => void server.close());
