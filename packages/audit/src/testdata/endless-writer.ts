// Appends until it is killed, and says aloud each sequence number that it was given.
import { writeSync } from "node:fs";
import { AuditLog } from "../log.ts";

const log = new AuditLog({ directory: process.argv[2] ?? "", now: () => new Date() });
for (let index = 0; index < 100_000; index += 1) {
  const { sequence } = log.append({ class: "launch", action: "launch.allowed", actor: "gate", data: { index } });
  writeSync(1, `${sequence}\n`);
}
