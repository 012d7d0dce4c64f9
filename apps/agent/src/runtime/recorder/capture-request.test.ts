import type { BootClock } from "@pratique/sensor";
import { expect, it } from "vitest";
import type { LineSink } from "../line-sink.ts";
import { type AnswerOptions, answerCapture, type CaptureFormat } from "./capture-request.ts";
import { FlightRecorder } from "./flight-recorder.ts";
import { readPcap } from "./testdata/read-pcap.ts";

const NOW_NS = 100e9;
const clock: BootClock = { wallMs: (bootNs) => 1_700_000_000_000 + bootNs / 1e6, nowNs: () => NOW_NS };

/** A reader that takes nothing before the writer waits for it. */
class SlowReader implements LineSink {
  readonly open = true;
  readonly answers: Record<string, unknown>[] = [];
  ended = false;
  unread = 0;
  mostUnread = 0;

  write(value: unknown): void {
    this.answers.push({ ...Object(value) });
    this.unread += JSON.stringify(value).length;
    this.mostUnread = Math.max(this.mostUnread, this.unread);
  }

  async drained(): Promise<void> {
    this.unread = 0;
  }

  onClose(): void {}

  end(): void {
    this.ended = true;
  }
}

function recorderOf(packets: number, seconds = 60): FlightRecorder {
  const recorder = new FlightRecorder({ clock, seconds, snapLength: 1500 });
  for (let each = 0; each < packets; each += 1) {
    const bytes = Buffer.alloc(1000, each % 251);
    const timeNs = NOW_NS - (packets - each) * 1e6;
    recorder.keepPacket({ containerId: "web", timeNs, direction: "sent", length: 1000, bytes });
  }
  recorder.leaveOutPackets("web", 12);
  return recorder;
}

async function answer(
  format: CaptureFormat,
  change: Partial<AnswerOptions> & { readonly lastMs?: number } = {},
): Promise<SlowReader> {
  const { lastMs, ...options } = change;
  const sink = new SlowReader();
  const request = {
    command: "capture" as const,
    container: "web",
    format,
    ...(lastMs !== undefined && { lastMs }),
  };
  await answerCapture(request, { recorder: recorderOf(1), id: "web", packetTrouble: "", sink, ...options });
  expect(sink.ended).toBe(true);
  return sink;
}

function packetsIn({ answers }: SlowReader) {
  return readPcap(Buffer.concat(answers.map(({ pcap = "" }) => Buffer.from(String(pcap), "base64")))).packets;
}

it("gives packets in pieces, no faster than they are read, and says how many are missing", async () => {
  const sink = await answer("pcap", { recorder: recorderOf(2000) });
  expect(packetsIn(sink)).toHaveLength(2000);
  expect(sink.answers.at(-1)).toEqual({ packetsLeftOut: 12 });
  expect(sink.mostUnread).toBeLessThan(70_000);
});

it.each([
  ["of as long as is asked for", { recorder: recorderOf(100), lastMs: 10 }, 10],
  ["of no longer than is kept", { recorder: recorderOf(5000, 1), lastMs: 3_600_000 }, 1000],
])("gives packets %s", async (_, change, count) => {
  expect(packetsIn(await answer("pcap", change))).toHaveLength(count);
});

it.each<[string, CaptureFormat, Partial<AnswerOptions>, string]>([
  ["of no container that is known", "jsonl", { id: undefined }, 'there is no container "web"'],
  [
    "where no packets are wanted",
    "pcap",
    { recorder: new FlightRecorder({ clock }) },
    "no packets are kept: runtime.capture.packets is off",
  ],
  [
    "where the kernel lets no program in",
    "pcap",
    { packetTrouble: "packets are not kept: packet_sent cannot be attached" },
    "packets are not kept: packet_sent cannot be attached",
  ],
])("refuses in words %s", async (_, format, change, refused) => {
  expect((await answer(format, change)).answers).toEqual([{ refused }]);
});

it("gives events where packets are not kept", async () => {
  expect((await answer("jsonl", { packetTrouble: "packets are not kept" })).answers).toEqual([]);
});
