import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debianRootUnavailable } from "../../scripts/bench/debootstrap.ts";
import { engineUnavailable, type PrivateEngine, startPrivateEngine } from "./private-engine.ts";
import { QuietWork } from "./quiet-work.ts";
import { builtSensor, WatchingAgent } from "./watching-agent.ts";

const unavailable =
  engineUnavailable() ??
  debianRootUnavailable() ??
  (existsSync(builtSensor) ? undefined : "the native sensor has not been built");
if (unavailable !== undefined) console.warn(`SKIPPED: quiet-hour.test.ts ${unavailable}`);

/** An hour by hand; in between it rests so long after each round. */
const SECONDS = Number(process.env.PRATIQUE_QUIET_SECONDS ?? 30);
const REST_MS = SECONDS > 600 ? 10_000 : 0;
const DEADLINE_MS = SECONDS * 1000 + 600_000;

/** The ids of all containers of an engine, also of those that are over. */
class SeenContainers implements Disposable {
  readonly ids = new Set<string>();
  readonly #child;

  constructor(host: string) {
    const args = [
      "-H",
      host,
      "events",
      "--filter=type=container",
      "--filter=event=create",
      "--format={{.ID}}",
    ];
    this.#child = spawn("docker", args, { stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: this.#child.stdout }).on("line", (id) => this.ids.add(id));
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

describe.skipIf(unavailable !== undefined)(`a quiet time of ${SECONDS} s ${unavailable ?? ""}`, () => {
  let engine: PrivateEngine;
  let seen: SeenContainers;
  let agent: WatchingAgent;
  let work: QuietWork;

  beforeAll(async () => {
    engine = await startPrivateEngine();
    seen = new SeenContainers(engine.host);
    agent = new WatchingAgent({ directory: path.join(engine.directory, "agent"), engineHost: engine.host });
    await agent.start();
    work = new QuietWork(engine);
    await work.prepare();
    await work.start();
  }, DEADLINE_MS);

  afterAll(async () => {
    await agent?.[Symbol.asyncDispose]();
    seen?.[Symbol.dispose]();
    await engine?.[Symbol.asyncDispose]();
  }, DEADLINE_MS);

  const told = () =>
    agent.detections
      .filter(({ container }) => seen.ids.has(container?.id ?? ""))
      .map(({ rule, output, container }) => `${container?.name}: ${rule}: ${output}`);

  it(
    "raises nothing while containers serve, keep, build and are maintained, and sees what is out of order",
    async () => {
      const ends = performance.now() + SECONDS * 1000;
      let printed = 0;
      while (performance.now() < ends) {
        await work.round();
        for (const line of told().slice(printed)) console.info(line);
        printed = told().length;
        await sleep(REST_MS);
      }
      const { counters, dropped, suppressed } = await agent.status();
      const lost = JSON.stringify({ counters, dropped, suppressed });
      console.info(`${work.rounds} rounds, ${seen.ids.size} containers, ${lost}`);
      // Where records were lost, and that is counted, a runtime can be unknown that would be left out.
      const wrong = told().filter((line) => dropped === 0 || !line.includes(" exe=<NA> "));
      expect(wrong).toEqual([]);
      expect(work.rounds).toBeGreaterThan(0);
      printed = told().length;
      await work.misbehave();
      const drift = expect.stringMatching(/^web: Program that is not in the image executed/u);
      await expect.poll(() => told().slice(printed), { timeout: 20_000 }).toEqual([drift]);
    },
    DEADLINE_MS,
  );
});
