import { mkdir, statfs } from "node:fs/promises";
import path from "node:path";
import type { AuditSink, Detection, JsonObject, Priority } from "@pratique/core";
import { KiB, MiB, messageOf, priorities, RecentMap } from "@pratique/core";
import { discardPartial, EvidenceDirectory } from "@pratique/response";
import type { AgentLogger } from "../../agent-logger.ts";
import { type CaptureBounds, captureName, METADATA, makeRoom } from "./saved-captures.ts";

/** When what a container did is saved by itself, and how much of it is kept. */
export interface SavingChoices {
  /** From this priority on; `rules`: for rules alone that ask for it. */
  readonly from: Priority | "rules";
  /** So long after the detection, where its rule does not say how long. */
  readonly afterMs: number;
  readonly maxCaptures: number;
  readonly maxBytes: number;
}

/** What is saved of a container. */
interface CaptureSource {
  readonly keepsPackets: boolean;
  packetsLeftOut(containerId: string): number;
  events(containerId: string): Iterable<string>;
  packets(containerId: string): Iterable<Uint8Array>;
}

export interface CaptureKeeperOptions {
  readonly directory: string;
  readonly choices: SavingChoices;
  readonly recorder: CaptureSource;
  readonly hostName: string;
  readonly audit: AuditSink;
  /** Bytes that are free where a directory lies. */
  readonly freeBytes?: (directory: string) => Promise<number>;
  readonly now: () => number;
  readonly elapsedMs: () => number;
  readonly log: AgentLogger;
}

/** What a rule says about captures. */
export interface CaptureWish {
  /** Whether it is saved, however urgent it is. */
  readonly capture?: boolean;
  /** How long what follows is waited for, in milliseconds. */
  readonly captureDurationMs?: number | undefined;
}

const MAX_AFTER_MS = 60_000;
/** For one rule in one container. */
const AGAIN_AFTER_MS = 600_000;
const MAX_REMEMBERED = 8192;
/** Of all containers together, for those that come and go faster than they could be told apart. */
const MOST_AT_ONCE = 30;
const ONE_MORE_EVERY_MS = 20_000;
const MAX_PENDING = 16;
const MAX_DETECTIONS = 32;
const MAX_OF_CONTAINER = 10;
const MAX_CAPTURE_BYTES = 16 * MiB;
/** What the record of the host, which lies on the same disk as a rule, is left at least. */
const LEFT_FREE_BYTES = 64 * MiB;
const PIECE_BYTES = 256 * KiB;
const SAVE_DEADLINE_MS = 20_000;
const URGENCY: ReadonlyMap<string, number> = new Map(priorities.map((priority, place) => [priority, place]));

interface Pending {
  readonly name: string;
  readonly containerId: string;
  readonly detections: Detection[];
  readonly timer: NodeJS.Timeout;
}

/**
 * Saves what a container did when something is detected in it, a little later, so that what follows is in it. Never in
 * the way of a detection: where nothing can be saved, that is told once, and the detection all the same.
 */
export class CaptureKeeper implements AsyncDisposable {
  readonly #options: CaptureKeeperOptions;
  readonly #bounds: CaptureBounds;
  readonly #pending = new Map<string, Pending>();
  readonly #lately = new RecentMap<string, number>(MAX_REMEMBERED);
  #saving: Promise<void> = Promise.resolve();
  #allowance = MOST_AT_ONCE;
  #allowedAt = Number.NEGATIVE_INFINITY;

  constructor(options: CaptureKeeperOptions) {
    const { maxCaptures, maxBytes } = options.choices;
    this.#options = options;
    this.#bounds = { maxCaptures, maxBytes, maxOfContainer: Math.min(MAX_OF_CONTAINER, maxCaptures) };
  }

  /** Removes what was not finished when the last agent ended. */
  async start(): Promise<void> {
    await discardPartial(this.#options.directory);
  }

  /**
   * Sees to it that what the container of a detection did is saved. Gives the directory in which it will lie; undefined
   * where it is not saved: not urgent enough, no container, or saved for the same only just now.
   */
  plan(detection: Detection, wish?: CaptureWish): string | undefined {
    const { directory, choices } = this.#options;
    const containerId = detection.container?.id;
    if (containerId === undefined || !this.#isWanted(detection, wish)) return undefined;
    const pending = this.#pending.get(containerId);
    if (pending !== undefined) {
      if (pending.detections.length < MAX_DETECTIONS) pending.detections.push(detection);
      return path.join(directory, pending.name);
    }
    if (!this.#isDue(containerId, detection.rule)) return undefined;
    const afterMs = Math.min(wish?.captureDurationMs ?? choices.afterMs, MAX_AFTER_MS);
    return path.join(directory, this.#begin(containerId, detection, afterMs));
  }

  /** Saves at once what is still to be saved. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const pending of this.#pending.values()) this.#end(pending);
    await this.#saving;
  }

  #isWanted({ priority }: Detection, wish: CaptureWish | undefined): boolean {
    const { from } = this.#options.choices;
    if (wish?.capture === true) return true;
    return from !== "rules" && (URGENCY.get(priority) ?? 0) <= (URGENCY.get(from) ?? 0);
  }

  #isDue(containerId: string, rule: string): boolean {
    const at = this.#options.elapsedMs();
    const key = `${containerId} ${rule}`;
    const last = this.#lately.get(key);
    if (last !== undefined && at - last < AGAIN_AFTER_MS) return false;
    const refilled = (at - this.#allowedAt) / ONE_MORE_EVERY_MS;
    this.#allowance = Math.min(this.#allowance + refilled, MOST_AT_ONCE);
    this.#allowedAt = at;
    if (this.#allowance < 1 || this.#pending.size >= MAX_PENDING) return false;
    this.#allowance -= 1;
    this.#lately.set(key, at);
    return true;
  }

  #begin(containerId: string, detection: Detection, afterMs: number): string {
    const name = captureName({ at: this.#options.now(), containerId, id: detection.id });
    const pending: Pending = {
      name,
      containerId,
      detections: [detection],
      timer: setTimeout(() => this.#end(pending), afterMs),
    };
    this.#pending.set(containerId, pending);
    return name;
  }

  #end(pending: Pending): void {
    clearTimeout(pending.timer);
    this.#pending.delete(pending.containerId);
    // One after another: each first makes room for itself.
    this.#saving = this.#saving.then(() => this.#save(pending));
  }

  /** Never rejects. */
  async #save(pending: Pending): Promise<void> {
    const { directory, log } = this.#options;
    const { name, containerId } = pending;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const wantedBytes = Math.min(MAX_CAPTURE_BYTES, this.#bounds.maxBytes);
      await makeRoom(directory, containerId, { ...this.#bounds, wantedBytes });
      const free = await (this.#options.freeBytes ?? freeBytes)(directory);
      if (free < LEFT_FREE_BYTES + wantedBytes) throw new Error(`the disk is full: ${free} bytes are free`);
      this.#record("capture.saved", pending, await this.#write(pending));
    } catch (thrown) {
      const reason = messageOf(thrown);
      log.warn({ capture: name, reason }, "what a container did could not be saved");
      this.#record("capture.failed", pending, { reason });
    }
  }

  async #write(pending: Pending): Promise<JsonObject> {
    const { directory, recorder } = this.#options;
    const { name, containerId } = pending;
    const capture = await EvidenceDirectory.make(path.join(directory, name), MAX_CAPTURE_BYTES);
    const signal = AbortSignal.timeout(SAVE_DEADLINE_MS);
    try {
      await capture.add({ name: "events.jsonl", read: () => joined(recorder.events(containerId)) }, signal);
      if (recorder.keepsPackets) {
        await capture.add(
          { name: "packets.pcap", read: () => joined(recorder.packets(containerId)) },
          signal,
        );
      }
      const broken = capture.files.find((file) => !file.complete);
      if (broken !== undefined) throw new Error(`${broken.name}: ${broken.reason}`);
      return { metadataSha256: await capture.finish(this.#about(pending), METADATA), bytes: capture.bytes };
    } catch (thrown) {
      await capture.discard().catch(() => undefined);
      throw thrown;
    }
  }

  #about({ containerId, detections }: Pending): JsonObject {
    const { recorder, hostName, now } = this.#options;
    const container = detections[0]?.container;
    return {
      savedAt: new Date(now()).toISOString(),
      host: hostName,
      container: {
        id: containerId,
        name: container?.name ?? "",
        image: container?.image ?? "",
        imageId: container?.imageId ?? null,
        runtime: container?.runtime ?? "",
      },
      packets: { kept: recorder.keepsPackets, leftOut: recorder.packetsLeftOut(containerId) },
      // Sound: what comes out of JSON.stringify is JSON.
      detections: JSON.parse(JSON.stringify(detections)) as JsonObject[],
    };
  }

  #record(action: string, { name, containerId, detections }: Pending, data: JsonObject): void {
    const { audit, log } = this.#options;
    try {
      audit.append({
        class: "agent",
        action,
        actor: "sensor",
        data: { capture: name, container: containerId, detections: detections.map(({ id }) => id), ...data },
      });
    } catch (thrown) {
      log.warn({ error: messageOf(thrown) }, "a capture could not be recorded");
    }
  }
}

async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** The same in pieces that are worth a write each. */
async function* joined(parts: Iterable<string | Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let held: Buffer[] = [];
  let bytes = 0;
  for (const part of parts) {
    const piece = Buffer.from(part);
    held.push(piece);
    bytes += piece.length;
    if (bytes < PIECE_BYTES) continue;
    yield Buffer.concat(held);
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(held);
}
