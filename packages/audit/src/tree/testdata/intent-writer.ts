// Writes intents and outcomes, says each once it is durable, and stops after an intent until it is killed.
import process from "node:process";
import { DirectoryTreeStorage } from "../directory-storage.ts";
import { event, openLog } from "./sample.ts";

const storage = new DirectoryTreeStorage(process.argv[2] ?? "");
const log = openLog({ storage, now: () => new Date() });
for (let call = 0; call <= 20; call += 1) {
  const half = { call: `c${call}`, class: "policy" } as const;
  await log.append(event("thing.changed", { ...half, stage: "intent" }));
  process.stdout.write(`intent ${call}\n`);
  if (call === 20) break;
  await log.append(event("thing.changed", { ...half, stage: "outcome", outcome: "success" }));
  process.stdout.write(`outcome ${call}\n`);
}
// Longer than any test waits.
setInterval(() => undefined, 60_000);
