import { describe, expect, it } from "vitest";
import { SensorError } from "./errors.ts";
import type { SensorEvent } from "./events/sensor-event.ts";
import { type RecordingAbout, replayRecording } from "./replay.ts";
import { CONTAINER_CGROUP, CONTAINER_ID, fixedClock, startBench } from "./testdata/bench-sensor.ts";
import { bytesOf, execution } from "./testdata/records.ts";
import { frameBytes } from "./wire/frame-reader.ts";

const inside = { cgroupId: CONTAINER_CGROUP, pid: 100, ppid: 1 };
const other = "b".repeat(64);

const scope = { eventTypes: ["execve", "unlink"], hostEventTypes: [], environment: false } as const;

async function replay(...chunks: readonly Buffer[]) {
  const events: SensorEvent[] = [];
  const about: RecordingAbout[] = [];
  const read = async function* () {
    yield* chunks;
  };
  await replayRecording(read(), {
    onAbout: (told) => void about.push(told),
    onEvents: (batch) => void events.push(...batch),
  });
  return { events, about };
}

/** A recording that begins when a container and a process are there, and goes on when another container appears. */
async function recording(): Promise<readonly Buffer[]> {
  const { give, sensor } = await startBench({ clock: { ...fixedClock, nowNs: () => 11e9 } });
  give(
    bytesOf("cgroup_mkdir", { cgroupId: CONTAINER_CGROUP, sections: { path: `/docker/${CONTAINER_ID}` } }),
  );
  give(execution(["/sbin/init"], { pid: 1, ppid: 0 }), execution(["/bin/sh", "-i"], inside));
  await new Promise((resolve) => setImmediate(resolve));
  const written: Buffer[] = [];
  const end = sensor.record(scope, (bytes) => void written.push(bytes));
  const appears = bytesOf("cgroup_mkdir", {
    cgroupId: 9,
    timeNs: 12e9,
    sections: { path: `/docker/${other}` },
  });
  give(
    bytesOf("unlink", { ...inside, timeNs: 12e9, sections: { path: "gone" } }),
    appears,
    execution(["/bin/new"], { pid: 500, cgroupId: 9, timeNs: 13e9 }),
  );
  await new Promise((resolve) => setImmediate(resolve));
  end();
  give(bytesOf("unlink", { ...inside, timeNs: 14e9, sections: { path: "later" } }));
  return written;
}

describe("a replayed recording", () => {
  it("tells the same events, with the processes and containers of then", async () => {
    const { events, about } = await replay(...(await recording()));
    expect(about).toEqual([{ hostName: "bench", ...scope }]);
    expect(
      events.map(({ type, time, container, process, path }) => [
        type,
        time,
        container?.id.slice(0, 6),
        process.commandLine,
        process.parent?.name,
        path,
      ]),
    ).toEqual([
      ["unlink", 1_012_000, "c0ffee", "sh -i", "init", "/work/gone"],
      ["execve", 1_013_000, "bbbbbb", "new", "init", undefined],
    ]);
    expect(events.map(({ container }) => container?.image)).toEqual(
      Array.from({ length: 2 }, () => "registry.test:5000/team/web:1.2"),
    );
  });

  it("does not depend on how the file is read", async () => {
    const whole = Buffer.concat([...(await recording())]);
    const pieces = Array.from({ length: Math.ceil(whole.length / 7) }, (_, place) =>
      whole.subarray(place * 7, place * 7 + 7),
    );
    expect((await replay(...pieces)).events).toHaveLength(2);
  });

  it.each([
    ["without a head", (all: Buffer) => all.subarray(headOf(all).length), "begins with a message"],
    ["that breaks off", (all: Buffer) => all.subarray(0, -5), "breaks off"],
    ["of another version", () => message({ event: "recording", wireVersion: 99, bootedAtMs: 0 }), "version"],
    [
      "of a time that is none",
      () => message({ event: "recording", wireVersion: 1, bootedAtMs: 1e300 }),
      "booted at no time",
    ],
    [
      "of no types of events",
      () => message({ event: "recording", wireVersion: 1, bootedAtMs: 0, eventTypes: "openat" }),
      "no types of events",
    ],
    [
      "with a container that is none",
      (all: Buffer) =>
        Buffer.concat([
          headOf(all),
          message({ event: "container", identity: { id: "x" }, details: { id: "x" } }),
        ]),
      "not a container",
    ],
    ["that is none", () => Buffer.from("#!/bin/sh\nexit 0\n"), "frame"],
  ])("refuses one %s", async (_, spoil, reason) => {
    const whole = Buffer.concat([...(await recording())]);
    const refused = replay(spoil(whole));
    await expect(refused).rejects.toThrow(SensorError);
    await expect(refused).rejects.toThrow(reason);
  });
});

function headOf(recording: Buffer): Buffer {
  return recording.subarray(0, 8 + recording.readUInt32LE(0));
}

function message(body: object): Buffer {
  return frameBytes("message", Buffer.from(JSON.stringify(body)));
}
