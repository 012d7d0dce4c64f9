// Takes a job, says so, and never ends it; or, where it is asked to, when its input ends, and with it itself. The test kills it.
import { once } from "node:events";
import { writeSync } from "node:fs";
import { openStore } from "../index.ts";

const [, , options = "", end] = process.argv;
const ending = new AbortController();
const store = await openStore(JSON.parse(options));
await store.jobs.work(
  {
    slow: async (_, { attempt }) => {
      writeSync(1, `${attempt}\n`);
      if (end === undefined) await new Promise(() => setInterval(() => undefined, 1_000));
      await once(process.stdin.resume(), "end");
      ending.abort();
    },
  },
  {
    concurrency: 1,
    signal: ending.signal,
    now: Date.now,
    onError: (thrown) => writeSync(2, `${String(thrown)}\n`),
    pollMs: 50,
    leaseMs: 600,
  },
);
await store.close();
