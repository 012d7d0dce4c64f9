import { z } from "zod";
import type { LineSink } from "../line-sink.ts";
import type { FlightRecorder } from "./flight-recorder.ts";

export const captureFormats = ["jsonl", "pcap"] as const;
/** How what a container did last is told: its events as JSON lines, or its packets as a file of libpcap's format. */
export type CaptureFormat = (typeof captureFormats)[number];

/** What may be asked of the flight recorder. */
export const captureRequest = z.strictObject({
  command: z.literal("capture"),
  container: z.string().min(1).max(256),
  format: z.enum(captureFormats).exactOptional(),
  /** How far back, in milliseconds; as far as there is anything where it is absent. */
  lastMs: z.number().int().positive().exactOptional(),
});

export interface AnswerOptions {
  readonly recorder: FlightRecorder;
  /** The container that is meant; undefined where nobody knows one. */
  readonly id: string | undefined;
  /** Why packets that are wanted are not kept; empty where they are. */
  readonly packetTrouble: string;
  readonly sink: LineSink;
}

/** Base64 makes four of three. */
const PIECE_BYTES = 48 * 1024;

/**
 * Tells what a container did last: an event a line; or the pieces of a file in base64, and then how many packets were
 * left out. What cannot be told is an answer, too: the agent is there.
 */
export async function answerCapture(
  { container, format = "jsonl", lastMs }: z.output<typeof captureRequest>,
  { recorder, id, packetTrouble, sink }: AnswerOptions,
): Promise<void> {
  if (id === undefined) {
    sink.write({ refused: `there is no container ${JSON.stringify(container)}` });
  } else if (format === "pcap" && !recorder.keepsPackets) {
    sink.write({ refused: "no packets are kept: runtime.capture.packets is off" });
  } else if (format === "pcap" && packetTrouble !== "") {
    sink.write({ refused: packetTrouble });
  } else if (format === "pcap") {
    await answerPackets(id, lastMs, { recorder, sink });
  } else {
    for (const line of recorder.events(id, lastMs)) {
      sink.write(JSON.parse(line));
      await sink.drained();
    }
  }
  sink.end();
}

async function answerPackets(
  id: string,
  lastMs: number | undefined,
  { recorder, sink }: Pick<AnswerOptions, "recorder" | "sink">,
): Promise<void> {
  const file = Buffer.concat([...recorder.packets(id, lastMs)]);
  for (let at = 0; at < file.length; at += PIECE_BYTES) {
    sink.write({ pcap: file.toString("base64", at, at + PIECE_BYTES) });
    await sink.drained();
  }
  sink.write({ packetsLeftOut: recorder.packetsLeftOut(id) });
}
