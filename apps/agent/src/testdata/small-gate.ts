// Answers on a control socket as a gate does. `hang` makes it stop answering, `slow` answer seldom, `deaf` lose
// its plugin socket, `reopen` close the connection once, `die` end at once, `complain` say why first; a file
// `SOCKET.mute` beside the socket keeps it from listening at all, `SOCKET.heard` tells how often it was asked.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";

const [socketPath = "", mode = ""] = process.argv.slice(2);
if (mode === "complain") process.stderr.write("pratique: another gate answers here\n");
if (mode === "die" || mode === "complain") process.exit(7);
/** Of so many pings a slow gate answers one. */
const SLOW = 4;
let heard = 0;
const server = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.on("data", () => {
    const listening = mode !== "deaf" || heard === 0;
    const status = { ok: true, instance: String(process.pid), listening };
    const silent = (mode === "hang" && heard > 0) || (mode === "slow" && heard % SLOW !== 0);
    heard += 1;
    if (mode === "reopen" && heard === 2) return void socket.destroy();
    writeFileSync(`${socketPath}.heard`, String(heard));
    if (!silent) socket.write(`${JSON.stringify(status)}\n`);
  });
});
if (existsSync(`${socketPath}.mute`)) setInterval(() => undefined, 60_000);
else {
  rmSync(socketPath, { force: true });
  server.listen(socketPath);
}
writeFileSync(`${socketPath}.pid`, String(process.pid));
