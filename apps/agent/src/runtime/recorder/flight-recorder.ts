import type { BootClock, SensorEvent, SensorPacket } from "@pratique/sensor";
import { EventRecorder } from "./event-recorder.ts";
import { PacketRecorder } from "./packet-recorder.ts";

export interface FlightRecorderOptions {
  readonly clock: BootClock;
  /** How far back it goes. */
  readonly seconds?: number;
  /** Bytes that are kept of a packet; where it is absent, no packets are kept. */
  readonly snapLength?: number | undefined;
}

const SECONDS = 60;

/** What each container did last, in memory: its events, and where that is wanted its packets. */
export class FlightRecorder {
  readonly #clock: BootClock;
  readonly #forMs: number;
  readonly #events: EventRecorder;
  readonly #packets: PacketRecorder | undefined;

  constructor({ clock, seconds = SECONDS, snapLength }: FlightRecorderOptions) {
    this.#clock = clock;
    this.#forMs = seconds * 1000;
    this.#events = new EventRecorder({ forMs: this.#forMs });
    if (snapLength !== undefined) {
      this.#packets = new PacketRecorder({ clock, snapLength, forMs: this.#forMs });
    }
  }

  keep(event: SensorEvent): void {
    this.#events.keep(event);
  }

  keepPacket(packet: SensorPacket): void {
    this.#packets?.keep(packet);
  }

  leaveOutPackets(containerId: string, count: number): void {
    this.#packets?.leaveOut(containerId, count);
  }

  get keepsPackets(): boolean {
    return this.#packets !== undefined;
  }

  /** How many packets of a container were not told, since it has been looked at. */
  packetsLeftOut(containerId: string): number {
    return this.#packets?.leftOut(containerId) ?? 0;
  }

  /** The last events of a container, oldest first, as one JSON object a line; of so long, and no longer than is kept. */
  events(containerId: string, lastMs = this.#forMs): Iterable<string> {
    return this.#events.lines(containerId, this.#sinceNs(lastMs));
  }

  /** Its last packets, as the pieces of a file of libpcap's format; nothing at all where none are kept. */
  packets(containerId: string, lastMs = this.#forMs): Iterable<Uint8Array> {
    return this.#packets?.file(containerId, this.#sinceNs(lastMs)) ?? [];
  }

  /** A container that did something lately, by its id, the beginning of it, or its name; it may be gone. */
  find(nameOrId: string): string | undefined {
    return this.#events.find(nameOrId);
  }

  #sinceNs(lastMs: number): number {
    return this.#clock.nowNs() - Math.min(lastMs, this.#forMs) * 1e6;
  }
}
