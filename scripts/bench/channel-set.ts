import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { SensorProcess } from "../../packages/sensor/src/index.ts";
import type { Bench, Row } from "./bench.ts";
import { spread } from "./statistics.ts";

const ADDRESSES_V4 = 1_700_000;
const ADDRESSES_V6 = 50_000;
const NAMES = 95_000;
const NETWORKS = 5000;
const ROWS = ADDRESSES_V4 + ADDRESSES_V6 + NAMES + NETWORKS;
const ROUNDS = 5;
const HEADER_BYTES = 96;
const DEADLINE_MS = 120_000;
const MEGABYTE = 1 << 20;
const buildScript = fileURLToPath(new URL("../../packages/sensor/native/build.sh", import.meta.url));

export const channelSet: Bench = {
  name: "channel-set",
  description: "how fast listed addresses and names come in force, and what they take",
  unavailable,
  async run(say) {
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    try {
      const built = spawnSync("sh", [buildScript, directory], { encoding: "utf8" });
      if (built.status !== 0) throw new Error(`the sensor does not build: ${built.stderr}`);
      const set = path.join(directory, "set.bin");
      writeFileSync(set, syntheticSnapshot());
      return await measure({ binary: path.join(directory, "pratique-sensor"), set }, say);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

function unavailable(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "needs a kernel with BTF";
  return spawnSync("which", ["clang-19"]).status === 0 ? undefined : "needs clang-19";
}

interface Parts {
  readonly binary: string;
  readonly set: string;
}

async function measure({ binary, set }: Parts, say: (text: string) => void): Promise<Row[]> {
  const quiet = { info: () => undefined, warn: () => undefined };
  const nothing = () => undefined;
  const sensor = new SensorProcess({ binary, log: quiet, commandDeadlineMs: DEADLINE_MS });
  await sensor.start({ onRecords: nothing, onMessage: nothing, onBegin: nothing, onEnd: nothing });
  try {
    const { pid } = sensor.counters;
    if (pid === undefined) throw new Error("the sensor is not running");
    const before = peakOf(pid);
    const times: number[] = [];
    let bytes = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const started = performance.now();
      const reply = await sensor.command("channel", { mode: "enforce", set, allow: ["10.0.0.0/8"] });
      times.push((performance.now() - started) / 1000);
      bytes = Number(reply.bytes);
      say(`round ${round + 1}: ${times.at(-1)?.toFixed(2)} s, ${JSON.stringify(reply)}`);
    }
    const peak = peakOf(pid) - before;
    return [
      {
        what: `${ROWS.toLocaleString("en")} listed addresses, networks and names come in force`,
        target: "≤ 20 s",
        result: spread(times, "s", 2),
        peer: "",
      },
      {
        what: "the memory of it while one set follows another: both sets, and the process above its start, which has the new one mapped",
        target: "≤ 300 MB",
        result: `${megabytes(2 * bytes + peak)} (a set ${megabytes(bytes)}, the process ${megabytes(peak)})`,
        peer: "",
      },
    ];
  } finally {
    await sensor.stop();
  }
}

/** The most that was resident of a process, in bytes. */
function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE)} MB`;
}

/** Rows as packages/sensor/native/snapshot.h describes them, of random addresses. */
function syntheticSnapshot(): Buffer {
  const parts = [
    addressRows(ADDRESSES_V4, { size: 16, prefixLength: 32 }),
    addressRows(NETWORKS, { size: 16, prefixLength: 24 }),
    addressRows(ADDRESSES_V6, { size: 32, prefixLength: 128 }),
    randomBytes(NAMES * 16),
  ];
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("PRQINTL1", "latin1");
  header.writeUInt32LE(1, 8);
  const v4 = ADDRESSES_V4 + NETWORKS;
  const offsets = [HEADER_BYTES, HEADER_BYTES + v4 * 16, HEADER_BYTES + v4 * 16 + ADDRESSES_V6 * 32];
  for (const [i, number] of [v4, ADDRESSES_V6, NAMES, ...offsets].entries()) {
    header.writeBigUInt64LE(BigInt(number), 16 + i * 8);
  }
  createHash("sha256").update(body).digest().copy(header, 64);
  return Buffer.concat([header, body]);
}

interface RowForm {
  readonly size: number;
  readonly prefixLength: number;
}

function addressRows(count: number, { size, prefixLength }: RowForm): Buffer {
  const rows = randomBytes(count * size);
  for (let at = 0; at < rows.length; at += size) {
    rows.writeUInt32LE(prefixLength, at);
    rows.fill(0, at + (size === 16 ? 12 : 24), at + size);
  }
  return rows;
}
