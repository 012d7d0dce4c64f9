// Answers pings on its socket as an engine does. Its first starts, as many as the file `fails` beside the socket says, end with the
// words in that file instead.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

const socketPath = process.argv.find((arg) => arg.startsWith("--host=unix://"))?.slice("--host=unix://".length) ?? "";
const plan = `${socketPath.slice(0, socketPath.lastIndexOf("/"))}/fails`;
const [count = "0", words = ""] = existsSync(plan) ? readFileSync(plan, "utf8").split("\n") : [];
if (Number(count) > 0) {
  writeFileSync(plan, `${Number(count) - 1}\n${words}`);
  process.stderr.write(`${words}\n`);
  process.exit(1);
}
rmSync(socketPath, { force: true });
createServer((_, response) => response.setHeader("Api-Version", "1.45").end("OK")).listen(socketPath);
