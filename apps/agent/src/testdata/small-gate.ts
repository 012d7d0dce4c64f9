// Answers on a control socket as a gate does. `hang` makes it stop answering, `die` makes it end at once.
import { createServer } from "node:net";
import { rmSync, writeFileSync } from "node:fs";

const [socketPath = "", mode = ""] = process.argv.slice(2);
if (mode === "die") process.exit(7);
rmSync(socketPath, { force: true });
const server = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.on("data", () => {
    if (mode !== "hang" || heard === 0) socket.write(`${JSON.stringify({ ok: true, instance: String(process.pid) })}\n`);
    heard += 1;
  });
});
let heard = 0;
server.listen(socketPath);
writeFileSync(`${socketPath}.pid`, String(process.pid));
