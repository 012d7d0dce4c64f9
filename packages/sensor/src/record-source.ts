import type { SensorMessage } from "./sensor-message.ts";

/** Where records come from: the native sensor, or a recording. */
export interface RecordSource {
  /** Resolves when the source is ready. Rejects where it cannot be. */
  start(listener: SourceListener): Promise<void>;
  stop(): Promise<void>;
  /** False where records happened at another time: their own is the only clock then. */
  readonly isLive: boolean;
}

export interface SourceListener {
  /** The payload of a frame of records. Throws where they are malformed. */
  onRecords(payload: Buffer): void;
  onMessage(message: SensorMessage): void;
  /** The source begins, or begins anew: what it told before may be out of date. */
  onBegin(): void;
  /** Nothing will come any more. */
  onEnd(): void;
}
