import type { AppendOptions, AuditEvent } from "@pratique/core";
import type { GateRecord } from "./ports.ts";

export interface RecordingOptions {
  readonly audit: GateRecord;
  readonly now: () => Date;
  /** Whether what cannot be recorded for this reason may pass without a record; nothing may unless told. */
  readonly mayPass?: (reason: unknown) => boolean;
  /** Hears of it once, when it begins. */
  readonly onGap?: (reason: unknown) => void;
}

/**
 * Writes what was decided. What cannot be written throws, and is then refused, unless the operator would rather go on
 * without a record than without launches: how many records are missing, and since when, is then the first that is
 * written once there is room again.
 */
export class Recording {
  readonly #options: RecordingOptions;
  #gap: { readonly since: string; readonly events: number } | undefined;

  constructor(options: RecordingOptions) {
    this.#options = options;
  }

  /** How many events are missing in the record since it could last be written. */
  get missing(): number {
    return this.#gap?.events ?? 0;
  }

  append(event: AuditEvent, options?: AppendOptions): void {
    const { audit, mayPass, onGap, now } = this.#options;
    try {
      this.#closeGap();
      audit.append(event, options);
    } catch (thrown) {
      if (mayPass?.(thrown) !== true) throw thrown;
      if (this.#gap === undefined) onGap?.(thrown);
      const { since = now().toISOString(), events = 0 } = this.#gap ?? {};
      this.#gap = { since, events: events + 1 };
    }
  }

  /** Resolves when what was appended is on the disk, or may pass without being there. Rejects where neither is so. */
  async flushed(): Promise<void> {
    const { audit, mayPass } = this.#options;
    try {
      await audit.flushed();
    } catch (thrown) {
      if (mayPass?.(thrown) !== true) throw thrown;
    }
  }

  #closeGap(): void {
    if (this.#gap === undefined) return;
    this.#options.audit.append({
      class: "gate",
      action: "record.gap",
      actor: "gate",
      data: { ...this.#gap },
    });
    this.#gap = undefined;
  }
}
