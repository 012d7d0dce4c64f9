import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEntry } from "@pratique/audit";
import { messageOf } from "@pratique/core";
import { type ChannelEffects, Exporter, type ExportLine, type ExportSink } from "@pratique/notify";
import type { Sealer } from "@pratique/sealing";
import type { Store, StoredAuditEntry, StoredExporter } from "@pratique/store";
import type { Logger } from "pino";
import type { AuditOpenings } from "./audit-openings.ts";
import { loggedEntry } from "./entry-view.ts";
import { type ExporterKind, type ExportFormat, exporterKinds, formatterOf } from "./exporter-kinds.ts";
import { exporterSecrets } from "./exporter-secrets.ts";

const LEASE = "exports";
const LEASE_MS = 30_000;
const LOOK_MS = 2000;
/** An export that could not begin is tried again after so long: a disk that was full is not so for ever. */
const BEGIN_AGAIN_MS = 5000;

export interface LogExportsOptions {
  readonly store: Store;
  /** Whether no other server works on the store: then nobody is waited for, not even who was killed. */
  readonly alone: boolean;
  readonly sealer: Sealer;
  readonly effects: ChannelEffects;
  /** Where files are exported to; made with mode 0700 where it is missing. */
  readonly directory: string;
  readonly origin: string;
  readonly openings: AuditOpenings;
  readonly version: string;
  readonly log: Logger;
}

/** How far an export has come. */
export interface ExporterLag {
  readonly exporter: StoredExporter;
  /** Entries that its receiver has accepted. */
  readonly exported: number;
  /** Entries that it has not. */
  readonly entries: number;
  /** The age of the oldest of them. */
  readonly seconds: number;
}

interface Running {
  /** Another one whenever the export is another. */
  readonly revision: string;
  readonly ending: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Brings the log to the systems that are to get it. Among the servers that share a store one does so at a time; what
 * its receiver has accepted is kept in the store, so that the next one goes on there.
 */
export class LogExports {
  readonly #options: LogExportsOptions;
  readonly #lease = { name: LEASE, holder: randomUUID() };
  readonly #ending = new AbortController();
  readonly #running = new Map<string, Running>();
  #working: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;

  constructor(options: LogExportsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#working = this.#work();
  }

  /** Looks for what is set up now instead of at the next look. */
  wake(): void {
    this.#wake();
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#working;
  }

  /** Opens the receiver of an export. Throws NotifyError for settings that are none, and SealingError. */
  async open(stored: StoredExporter): Promise<ExportSink> {
    const { sealer, effects, directory } = this.#options;
    const secrets = await exporterSecrets.open(sealer, stored);
    return exporterKinds[kindOf(stored)].open({ ...stored.settings, ...secrets }, { effects, directory });
  }

  async lags(): Promise<readonly ExporterLag[]> {
    const { store, effects } = this.#options;
    const size = await store.audit.entries.size();
    const all = await store.audit.exporters.list();
    return await Promise.all(
      all.map(async (exporter) => {
        const exported = await store.audit.exporters.loadCursor(exporter.id);
        const [oldest] = await store.audit.entries.since(exported, 1);
        const since = oldest === undefined ? effects.now() : Date.parse(parseEntry(oldest.bytes).time);
        return {
          exporter,
          exported,
          entries: Math.max(0, size - exported),
          seconds: Math.max(0, (effects.now() - since) / 1000),
        };
      }),
    );
  }

  async #work(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      // Armed before the look: a change during it must not be overlooked.
      const { promise: woken, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await this.#look().catch((thrown: unknown) =>
        this.#options.log.error({ err: thrown }, "the exports of the log cannot be looked for"),
      );
      await Promise.race([woken, sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)]);
    }
    await this.#stopAll();
    await this.#options.store.settings.leases.release(this.#lease).catch(() => undefined);
  }

  /** Begins what is new, ends what is not wanted any more, or everything where another server is at it. */
  async #look(): Promise<void> {
    const { store } = this.#options;
    if (!(await this.#holdsLease())) {
      await this.#stopAll();
      return;
    }
    const wanted = new Map<string, StoredExporter>();
    for (const exporter of await store.audit.exporters.list()) {
      if (exporter.enabled) wanted.set(exporter.id, exporter);
    }
    for (const [id, { revision }] of this.#running) {
      const exporter = wanted.get(id);
      if (exporter === undefined || revisionOf(exporter) !== revision) await this.#stop(id);
    }
    for (const exporter of wanted.values()) {
      if (!this.#running.has(exporter.id)) await this.#begin(exporter);
    }
  }

  async #holdsLease(): Promise<boolean> {
    const { store, alone, effects } = this.#options;
    if (alone) return true;
    const nowMs = effects.now();
    return await store.settings.leases.take(this.#lease, { nowMs, untilMs: nowMs + LEASE_MS });
  }

  async #begin(exporter: StoredExporter): Promise<void> {
    const ending = new AbortController();
    const { id } = exporter;
    const ended = this.#run(exporter, ending.signal).catch(async (thrown: unknown) => {
      await this.#tell(exporter, messageOf(thrown));
      await sleep(BEGIN_AGAIN_MS, undefined, { signal: ending.signal }).catch(() => undefined);
      if (!ending.signal.aborted) this.#running.delete(id);
    });
    this.#running.set(id, { revision: revisionOf(exporter), ending, ended });
  }

  async #run(exporter: StoredExporter, signal: AbortSignal): Promise<void> {
    const { store, effects, directory } = this.#options;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { exporters } = store.audit;
    const delivery = new Exporter({
      name: exporter.id,
      sink: this.#noting(exporter, await this.open(exporter)),
      source: this.#sourceFor(exporter),
      cursors: {
        loadCursor: async (id) => await exporters.loadCursor(id),
        saveCursor: async (id, sequence) => await exporters.saveCursor(id, sequence),
      },
      now: effects.now,
      random: effects.random,
      sleep: async (ms, until) => await sleep(ms, undefined, { signal: until }),
    });
    await delivery.run(signal);
  }

  /** Leaves word of why an export could not begin. */
  async #tell({ id, lastError }: StoredExporter, error: string): Promise<void> {
    if (lastError === error) return;
    await this.#options.store.audit.exporters
      .note(id, error)
      .catch((thrown: unknown) =>
        this.#options.log.error({ err: thrown, exporter: id }, "that an export cannot begin cannot be noted"),
      );
  }

  #sourceFor({ format }: StoredExporter) {
    const { store, origin, openings, version } = this.#options;
    const write = formatterOf(formatOf(format), version);
    const lineOf = async (entry: StoredAuditEntry): Promise<ExportLine> => {
      const logged = await loggedEntry(origin, entry, openings);
      return { sequence: entry.index + 1, timeMs: Date.parse(logged.entry.time), text: write(logged) };
    };
    return {
      read: async (after: number, maxLines: number) =>
        await Promise.all((await store.audit.entries.since(after, maxLines)).map(lineOf)),
      head: async () => await store.audit.entries.size(),
    };
  }

  /** A sink that leaves word of what came of each batch. */
  #noting({ id, lastError }: StoredExporter, sink: ExportSink): ExportSink {
    const { exporters } = this.#options.store.audit;
    let noted = lastError;
    const note = async (error: string | null) => {
      // What failed is written down each time: it is forgotten where somebody sets the export up anew meanwhile.
      if (noted === error && error === null) return;
      noted = error;
      await exporters.note(id, error);
    };
    return {
      kind: sink.kind,
      async send(lines, signal) {
        try {
          await sink.send(lines, signal);
        } catch (thrown) {
          if (!signal.aborted) await note(messageOf(thrown));
          throw thrown;
        }
        await note(null);
      },
    };
  }

  async #stop(id: string): Promise<void> {
    const running = this.#running.get(id);
    this.#running.delete(id);
    running?.ending.abort();
    await running?.ended;
  }

  async #stopAll(): Promise<void> {
    for (const id of this.#running.keys()) await this.#stop(id);
  }
}

/** What was delivered, and why not, makes no other export of it. */
function revisionOf({ kind, format, settings, sealedSecrets }: StoredExporter): string {
  return JSON.stringify([kind, format, settings, sealedSecrets]);
}

function kindOf({ kind }: StoredExporter): ExporterKind {
  return kind === "file" || kind === "syslog" ? kind : "webhook";
}

function formatOf(format: string): ExportFormat {
  return format === "cef" || format === "json" ? format : "ocsf";
}
