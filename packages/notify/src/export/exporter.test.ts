import { expect, it } from "vitest";
import { NotifyError } from "../errors.ts";
import type { ExportLine, ExportSink } from "./export-sink.ts";
import { Exporter, type ExporterOptions } from "./exporter.ts";

const { signal } = new AbortController();

function logOf(count: number) {
  const lines = Array.from({ length: count }, (_, index) => ({
    sequence: index + 1,
    timeMs: (index + 1) * 1000,
    text: `line ${index + 1}`,
  }));
  return {
    lines,
    read: async (after: number, max: number) =>
      lines.filter(({ sequence }) => sequence > after).slice(0, max),
    head: async () => lines.at(-1)?.sequence ?? 0,
  };
}

function cursorsOf() {
  const cursors = new Map<string, number>();
  return {
    cursors,
    loadCursor: async (name: string) => cursors.get(name) ?? 0,
    saveCursor: async (name: string, sequence: number) => {
      cursors.set(name, sequence);
    },
  };
}

/** A sink that refuses the tries of these numbers. */
function sinkOf(refused: readonly number[] = []) {
  const batches: (readonly ExportLine[])[] = [];
  let tries = 0;
  const sink: ExportSink = {
    kind: "test",
    async send(lines) {
      tries += 1;
      if (refused.includes(tries)) throw new NotifyError("CHANNEL_UNREACHABLE", "cannot reach it");
      batches.push(lines);
    },
  };
  return { sink, batches };
}

function exporterOf(options: Partial<ExporterOptions> & Pick<ExporterOptions, "sink">) {
  return new Exporter({
    name: "siem",
    source: logOf(10),
    cursors: cursorsOf(),
    now: () => 60_000,
    random: () => 0,
    sleep: async () => undefined,
    maxLines: 4,
    ...options,
  });
}

it("brings all lines in order and moves its cursor with what was accepted", async () => {
  const { sink, batches } = sinkOf();
  const cursors = cursorsOf();
  const exporter = exporterOf({ sink, cursors });
  expect(await exporter.lag()).toEqual({
    cursor: 0,
    entries: 10,
    seconds: 59,
    failures: 0,
    lastError: undefined,
  });
  expect([await exporter.step(signal), await exporter.step(signal), await exporter.step(signal)]).toEqual([
    4, 4, 2,
  ]);
  expect(await exporter.step(signal)).toBe(0);
  expect(batches.flat().map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(cursors.cursors.get("siem")).toBe(10);
  expect(await exporter.lag()).toEqual(expect.objectContaining({ entries: 0, seconds: 0 }));
});

it("sends again what was not accepted, from the cursor, and tells its lag", async () => {
  const { sink, batches } = sinkOf([2, 3]);
  const cursors = cursorsOf();
  const exporter = exporterOf({ sink, cursors });
  await exporter.step(signal);
  for (const failures of [1, 2]) {
    await expect(exporter.step(signal)).rejects.toEqual(
      expect.objectContaining({ code: "CHANNEL_UNREACHABLE" }),
    );
    expect(await exporter.lag()).toEqual(
      expect.objectContaining({ cursor: 4, entries: 6, seconds: 55, failures, lastError: expect.anything() }),
    );
  }
  await exporter.step(signal);
  expect(batches.at(-1)?.[0]?.sequence).toBe(5);
  expect(await exporter.lag()).toEqual(
    expect.objectContaining({ cursor: 8, failures: 0, lastError: undefined }),
  );
});

it("begins after the last accepted line when it is started anew", async () => {
  const cursors = cursorsOf();
  await exporterOf({ sink: sinkOf().sink, cursors }).step(signal);
  const { sink, batches } = sinkOf();
  await exporterOf({ sink, cursors }).step(signal);
  expect(batches[0]?.[0]?.sequence).toBe(5);
});

it("repeats a batch whose cursor could not be kept", async () => {
  const { sink, batches } = sinkOf();
  const cursors = { ...cursorsOf(), saveCursor: () => Promise.reject(new Error("disk full")) };
  const exporter = exporterOf({ sink, cursors });
  await expect(exporter.step(signal)).rejects.toThrow("disk full");
  await expect(exporter.step(signal)).rejects.toThrow("disk full");
  expect(batches.map((batch) => batch[0]?.sequence)).toEqual([1, 1]);
});

it("bounds a batch in bytes, and sends a longer line alone", async () => {
  const { sink, batches } = sinkOf();
  const source = logOf(3);
  source.lines[1] = { sequence: 2, timeMs: 0, text: "x".repeat(1000) };
  const exporter = exporterOf({ sink, source, maxBytes: 100 });
  while ((await exporter.step(signal)) > 0);
  expect(batches.map((batch) => batch.map(({ sequence }) => sequence))).toEqual([[1], [2], [3]]);
});

it.each([
  ["lines twice", [1, 1]],
  ["lines in another order", [2, 1]],
  ["lines from before the cursor", [0]],
  ["a fraction", [1.5]],
])("sends nothing where the source gives %s", async (_, sequences) => {
  const { sink, batches } = sinkOf();
  const lines = sequences.map((sequence) => ({ sequence, timeMs: 0, text: "" }));
  const exporter = exporterOf({ sink, source: { read: async () => lines, head: async () => 2 } });
  await expect(exporter.step(signal)).rejects.toEqual(
    expect.objectContaining({ code: "EXPORT_OUT_OF_ORDER" }),
  );
  expect(batches).toEqual([]);
});

it("runs until it is told to end, and waits longer after each failure", async () => {
  const end = new AbortController();
  const { sink, batches } = sinkOf([1, 2, 3]);
  const waits: number[] = [];
  const exporter = exporterOf({
    sink,
    idleMs: 1,
    retry: { baseDelayMs: 1000 },
    sleep: async (ms) => {
      waits.push(ms);
      if (ms === 1) end.abort();
    },
  });
  await exporter.run(end.signal);
  expect(waits).toEqual([500, 1000, 2000, 1]);
  expect(batches.flat()).toHaveLength(10);
});
