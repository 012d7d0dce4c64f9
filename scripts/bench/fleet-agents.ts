import process from "node:process";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { FleetAgent, type FleetAgentOutcome } from "./fleet-agent.ts";
import type { FleetSize } from "./fleet-seed.ts";

/** What the process of the agents is given on its standard input. */
export interface FleetPlan {
  readonly port: number;
  readonly seconds: number;
  /** It ends by then, in milliseconds since 1970, even where joining took long. */
  readonly until: number;
  readonly size: FleetSize;
  readonly launchEveryMs: number;
  readonly hosts: readonly { readonly host: string; readonly token: string }[];
}

const JOINS_AT_ONCE = 24;
const MAX_END_MS = 10_000;

const plan: FleetPlan = JSON.parse(await text(process.stdin));
const ended = new AbortController();
/** Each works as soon as it has joined, as real ones do. */
const running: Promise<FleetAgentOutcome>[] = [];
let next = 0;
const join = async () => {
  for (let index = next; index < plan.hosts.length; index = next) {
    next = index + 1;
    const { host = "", token = "" } = plan.hosts[index] ?? {};
    const { port, size, launchEveryMs } = plan;
    const agent = await FleetAgent.join({
      host,
      token,
      port,
      index,
      size,
      launchEveryMs,
      signal: ended.signal,
    });
    running.push(agent.run());
  }
};
await Promise.all(Array.from({ length: JOINS_AT_ONCE }, join));
process.stdout.write("joined\n");
await sleep(Math.max(0, Math.min(plan.seconds * 1000, plan.until - Date.now())));
ended.abort();
const outcomes: readonly FleetAgentOutcome[] = await Promise.all(running);
process.stdout.write(`${JSON.stringify(outcomes)}\n`);
// Whoever reads that looks at what this process took, and ends it then.
await sleep(MAX_END_MS);
