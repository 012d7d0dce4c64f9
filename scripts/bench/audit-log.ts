import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import {
  openNoteKey,
  storageTileSource,
  type TreeEvent,
  TreeLog,
  verifyTree,
} from "../../packages/audit/src/index.ts";
import type { Bench, Row } from "./bench.ts";
import { type LogPlace, logPlaces } from "./log-places.ts";
import { spread } from "./statistics.ts";

/** What is verified; `PRATIQUE_BENCH_RECORDS` says another number. */
const RECORDS = 1_000_000;
const APPENDS_A_ROUND = 20_000;
const ROUNDS = 7;
const VERIFICATIONS = 3;
/** Callers that each wait for one event to be durable before the next. */
const CALLERS = 512;

export const auditLog: Bench = {
  name: "audit-log",
  description: "how fast the server's log takes events, and how fast it is verified",
  unavailable: () => undefined,
  async run(say) {
    const rows: Row[] = [];
    for (const { name, unavailable, open } of logPlaces) {
      const why = unavailable();
      if (why !== undefined) {
        say(`${name}: ${why}`);
        continue;
      }
      const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
      try {
        await using place = await open(directory);
        const records = recordsWanted();
        const tell = (text: string) => say(`${name}: ${text}`);
        const measured = await appendRows({ directory, place, records }, tell);
        measured.push(await verifyRow({ directory, place, records }, tell));
        rows.push(...measured.map((row) => ({ ...row, what: `in ${name}: ${row.what}` })));
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    }
    return rows;
  },
};

interface Measured {
  readonly directory: string;
  readonly place: LogPlace;
  readonly records: number;
}

async function appendRows(
  { directory, place, records }: Measured,
  say: (text: string) => void,
): Promise<Row[]> {
  const signer = openNoteKey(path.join(directory, "key.pem"), "bench.example/log");
  await using log = new TreeLog({
    storage: place.storage,
    signer,
    now: () => new Date(),
    elapsedMs: () => performance.now(),
    random: randomBytes,
  });
  const [rates, waits]: [number[], number[]] = [[], []];
  let written = 0;
  for (let round = 0; round <= ROUNDS && written < records; round += 1) {
    say(`${APPENDS_A_ROUND} appends (${round} of ${ROUNDS}) …`);
    const started = performance.now();
    const waited = await appendMany(log, APPENDS_A_ROUND, CALLERS);
    written += APPENDS_A_ROUND;
    if (round === 0) continue;
    rates.push(APPENDS_A_ROUND / ((performance.now() - started) / 1000));
    waits.push(...waited);
  }
  say("one caller alone …");
  const alone = await appendMany(log, 200, 1);
  say(`filling up to ${records} records …`);
  while (written + 200 < records) {
    const count = Math.min(APPENDS_A_ROUND, records - written - 200);
    await appendMany(log, count, CALLERS * 4);
    written += count;
  }
  return [
    {
      what: `events a second that ${CALLERS} callers at once make durable`,
      target: "at least 5000 a second",
      result: spread(rates, "a second"),
      peer: `each waited ${spread(waits, "ms", 1)}`,
    },
    { what: "one event, durable, one caller", target: "", result: spread(alone, "ms", 2), peer: "" },
  ];
}

/** How long each event took until it was durable, in milliseconds. */
async function appendMany(log: TreeLog, count: number, callers: number): Promise<readonly number[]> {
  const waited: number[] = [];
  let begun = 0;
  const call = async () => {
    while (begun < count) {
      begun += 1;
      const started = performance.now();
      await log.append(eventOf(begun));
      waited.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return waited;
}

/** As large as most events are: about 400 bytes. */
function eventOf(at: number): TreeEvent {
  return {
    class: "policy",
    action: "policy.changed",
    actor: {
      id: `u-${at % 97}`,
      kind: "user",
      method: "oidc",
      session: "3f9c1d52",
      address: `192.0.2.${at % 256}`,
    },
    subject: { kind: "policy", id: `policy-${at % 1000}` },
    stage: "fact",
    decision: { effect: "allow", rule: "policy-editors" },
    outcome: "success",
    data: { before: "sha256:4bf5122f344554c5", after: "sha256:dbc1b4c900ffe48d", revision: at },
  };
}

async function verifyRow({ directory, place, records }: Measured, say: (text: string) => void): Promise<Row> {
  const { key } = openNoteKey(path.join(directory, "key.pem"), "bench.example/log");
  const times: number[] = [];
  for (let round = 1; round <= VERIFICATIONS; round += 1) {
    say(`verification (${round} of ${VERIFICATIONS}) …`);
    const started = performance.now();
    const { entries, problems } = await verifyTree({
      source: storageTileSource(place.storage),
      logKeys: [key],
    });
    times.push((performance.now() - started) / 1000);
    if (entries !== records || problems.length > 0)
      throw new Error(`${entries} records, ${problems.length} problems`);
  }
  return {
    what: `verification of ${records} records, all of them hashed, parsed and followed`,
    target: "at most 15 s for 1,000,000",
    result: spread(times, "s", 1),
    peer: "",
  };
}

function recordsWanted(): number {
  const wanted = Number(process.env.PRATIQUE_BENCH_RECORDS ?? RECORDS);
  if (!Number.isInteger(wanted) || wanted < 1000)
    throw new Error("PRATIQUE_BENCH_RECORDS is too small a number");
  return wanted;
}
