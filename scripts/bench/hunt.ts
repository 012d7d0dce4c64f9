import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Meeting, type PastContainer, PastWriter } from "../../packages/intel/src/index.ts";
import type { Bench, Row } from "./bench.ts";
import { peakMemory, pratique, repository } from "./product.ts";
import { spread } from "./statistics.ts";

const ROUNDS = 5;
const HOUR_MS = 3_600_000;
const HOURS = 24;
const CONTAINERS = 14;
/** Half of them addresses, half of them names: a million in all. */
const CONTACTS_OF_ONE = 2976;
const data = path.resolve(repository, "../shared/data");
const trails = path.join(data, "maltrail-trails/maltrail-trails.tar.gz");
const warningLists = path.join(data, "misp-warninglists/misp-warninglists.tar.gz");

export const hunt: Bench = {
  name: "hunt",
  description: "a day of a million contacts, looked through for what Maltrail lists",
  unavailable: () => (existsSync(trails) && existsSync(warningLists) ? undefined : `${data} is not there`),
  async run(say) {
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    try {
      return await measure(directory, say);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function measure(directory: string, say: (text: string) => void): Promise<readonly Row[]> {
  say("building the set …");
  const places = [`--data=${directory}`, `--run=${path.join(directory, "run")}`];
  await pratique([
    "intel",
    "update",
    `--from=maltrail:${trails}`,
    `--warning-lists=${warningLists}`,
    ...places,
  ]);
  say("recording a day …");
  const started = performance.now();
  const now = Date.now();
  const contacts = await record(path.join(directory, "past"), now);
  const recordS = (performance.now() - started) / 1000;
  const hunting = ["intel", "hunt", "--format=json", "--since=24h", ...places];
  const seconds: number[] = [];
  const megabytes: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    say(round === 0 ? "warming up …" : `round ${round} of ${ROUNDS} …`);
    const { ms, stdout } = await pratique(hunting);
    const report: { readonly contacts: number; readonly hits: readonly unknown[] } = JSON.parse(stdout);
    if (report.contacts !== contacts) throw new Error(`expected ${contacts}, found ${report.contacts}`);
    const memory = await peakMemory(hunting);
    // The first round fills the page cache.
    if (round > 0) {
      seconds.push(ms / 1000);
      megabytes.push(memory / 2 ** 20);
    }
  }
  const row = (what: string, target: string, result: string): Row => ({ what, target, result, peer: "" });
  return [
    row(`${contacts} contacts of a day looked through`, "≤ 10 s", spread(seconds, "s", 1)),
    row("the same: peak memory", "≤ 300 MB", spread(megabytes, "MiB")),
    row("what the day takes on the disk", "", `${(sizeOf(directory) / 2 ** 20).toFixed(1)} MiB`),
    row("recorded and written", "", `${recordS.toFixed(1)} s`),
  ];
}

/** As an agent does, an hour after the other; gives how many contacts there are. */
async function record(directory: string, now: number): Promise<number> {
  let clock = now - (HOURS - 1) * HOUR_MS;
  const limits = { days: 30, maxBytes: 2 ** 28 };
  const writer = new PastWriter({ directory, limits, now: () => clock, elapsedMs: () => clock });
  await writer.open();
  let contacts = 0;
  for (let hour = 0; hour < HOURS; hour += 1) {
    for (let number = 0; number < CONTAINERS * CONTACTS_OF_ONE; number += 1) {
      writer.meet(containerOf(number % CONTAINERS), meetingOf(contacts, clock));
      contacts += 1;
    }
    await writer.tick();
    if (hour < HOURS - 1) clock += HOUR_MS;
    await writer.tick();
  }
  await writer.close();
  return contacts;
}

/** No two are the same, and none is listed. */
function meetingOf(number: number, time: number): Meeting {
  const spreadOut = Math.imul(number, 0x9e37_79b1) >>> 0;
  const about = { time, reached: true, executable: `/usr/bin/program${number % 7}` };
  if (number % 2 === 0) {
    const peer = `11.${number & 255}.${(number >>> 8) & 255}.${(number >>> 16) & 255}`;
    return { ...about, kind: "out", peer, port: 443, protocol: "tcp" };
  }
  const peer = `h${spreadOut.toString(36)}.site${number % 5000}.example.com`;
  return { ...about, kind: "name", peer, port: 0, protocol: "udp", answers: [`11.0.0.${number & 255}`] };
}

function containerOf(number: number): PastContainer {
  const name = `service-${number}`;
  return {
    id: name.padEnd(64, "0"),
    runtime: "docker",
    name,
    image: `registry.example/${name}:1`,
    imageId: `sha256:${"a".repeat(64)}`,
    imageDigest: "",
    labels: {},
    own: false,
  };
}

function sizeOf(directory: string): number {
  const past = path.join(directory, "past");
  return readdirSync(past).reduce((bytes, name) => bytes + statSync(path.join(past, name)).size, 0);
}
