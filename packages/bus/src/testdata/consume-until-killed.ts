// Takes records in from the NATS at argv[2] into the table at argv[3], until somebody kills it.
import process from "node:process";
import { JetStreamBus } from "../index.ts";
import { RecordTable } from "./record-table.ts";

const [, , url = "", file = ""] = process.argv;
using table = new RecordTable(file);
await using bus = await JetStreamBus.open({
  settings: { servers: [url], ackWaitMs: 1000 },
  headInStore: async (logId) => table.head(logId),
  elapsedMs: () => performance.now(),
  onTrouble: () => undefined,
  onSetAside: async () => undefined,
});
process.stdout.write("ready\n");
await bus.consume(async (batch) => table.append(batch), new AbortController().signal);
