// Takes a job, says so, and never ends it. The test kills it.
import { writeSync } from "node:fs";
import { openStore } from "../index.ts";

const store = await openStore(JSON.parse(process.argv[2] ?? ""));
await store.jobs.work(
  {
    slow: async (_, { attempt }) => {
      writeSync(1, `${attempt}\n`);
      await new Promise(() => setInterval(() => undefined, 1_000));
    },
  },
  {
    concurrency: 1,
    signal: new AbortController().signal,
    now: Date.now,
    onError: (thrown) => writeSync(2, `${String(thrown)}\n`),
    pollMs: 50,
    leaseMs: 600,
  },
);
