// Appends batches for ever, and prints each sequence as soon as it is acknowledged. The test kills it.
import { writeSync } from "node:fs";
import { openStore } from "../index.ts";
import { deniedLaunch, recordsOf } from "./samples.ts";

const BATCH = 20;

const store = await openStore(JSON.parse(process.argv[2] ?? ""));
for (let from = 1; ; from += BATCH) {
  const { acknowledged } = await store.records.append({
    logId: "log",
    host: "web-1",
    records: recordsOf(from, from + BATCH - 1),
    project: () => deniedLaunch("nginx:1.27"),
  });
  writeSync(1, `${acknowledged}\n`);
}
