// Speaks as the native sensor does, so that its supervision can be tried without a kernel.
import { createInterface } from "node:readline";

const mode = process.argv[2];

function frame(type, payload) {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(payload.length, 0);
  head.writeUInt16LE(type, 4);
  process.stdout.write(Buffer.concat([head, payload]));
}

const say = (body) => frame(2, Buffer.from(JSON.stringify(body)));

if (mode === "dies") process.exit(3);
if (mode !== "silent") say({ event: "ready", probes: [], pid: process.pid });
process.stderr.write('{"level":"info","message":"here"}\n{"level":"warn","message":"odd"}\nno json\n');

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, command, ...rest } = JSON.parse(line);
    if (command === "echo") say({ id, ok: true, ...rest });
    if (command === "refuse") say({ id, ok: false, error: "not today" });
    if (command === "crash") process.kill(process.pid, "SIGKILL");
    if (command === "garbage") process.stdout.write(Buffer.alloc(16, 0xff));
  })
  .on("close", () => process.exit(0));
