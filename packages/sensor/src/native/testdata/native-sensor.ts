import { once } from "node:events";
import process from "node:process";
import type { SourceListener } from "../../record-source.ts";
import type { MessageBody, SensorMessage } from "../../sensor-message.ts";
import { SensorProcess } from "../../sensor-process.ts";
import { readRecords, type WireRecord } from "../../wire/record-reader.ts";
import { wireKinds } from "../../wire/wire-format.ts";

const READY_DEADLINE_MS = 60_000;
const COMMAND_DEADLINE_MS = 60_000;
/** Longer than any test: one that has been killed stays dead until the test starts another. */
const NO_RESTART_MS = 3_600_000;

/** What a test sees of prevention: the records of it, and the messages. */
export class NativeSensor implements SourceListener, AsyncDisposable {
  readonly records: WireRecord[] = [];
  readonly messages: MessageBody[] = [];
  readonly #process: SensorProcess;
  #look: () => void = () => undefined;
  #onEnd: () => void = () => undefined;

  private constructor(binary: string, args: readonly string[]) {
    this.#process = new SensorProcess({
      binary,
      args,
      log: { info: () => undefined, warn: () => undefined },
      readyDeadlineMs: READY_DEADLINE_MS,
      commandDeadlineMs: COMMAND_DEADLINE_MS,
      backoffMs: NO_RESTART_MS,
      maxBackoffMs: NO_RESTART_MS,
    });
  }

  static async start(binary: string, args: readonly string[] = []): Promise<NativeSensor> {
    const sensor = new NativeSensor(binary, args);
    await sensor.#process.start(sensor);
    return sensor;
  }

  async command(command: string, fields: MessageBody = {}): Promise<MessageBody> {
    return this.#process.command(command, fields);
  }

  /** The first record, of those that came or come, that is wanted. */
  async record(wanted: (record: WireRecord) => boolean): Promise<WireRecord> {
    return this.#until(() => this.records.find(wanted));
  }

  async message(event: string): Promise<MessageBody> {
    return this.#until(() => this.messages.find((message) => message.event === event));
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    const { pid } = this.#process.counters;
    if (pid === undefined) throw new Error("the sensor is not running");
    const ended = new Promise<void>((resolve) => {
      this.#onEnd = resolve;
    });
    process.kill(pid, "SIGKILL");
    await Promise.race([ended, gone(pid)]);
    await this.#process.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
  }

  onRecords(payload: Buffer): void {
    for (const record of readRecords(payload)) {
      if (record.kind === wireKinds.prevent || record.kind === wireKinds.channel)
        this.records.push(record.detached());
    }
    this.#look();
  }

  onMessage(message: SensorMessage): void {
    if (message.kind === "event") this.messages.push(message.body);
    this.#look();
  }

  onBegin(): void {}

  onEnd(): void {
    this.#onEnd();
  }

  async #until<T>(find: () => T | undefined): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    this.#look = () => {
      const found = find();
      if (found !== undefined) resolve(found);
    };
    this.#look();
    return promise;
  }
}

/** Signal 0 asks only whether there is such a process. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await once(AbortSignal.timeout(5), "abort");
  }
}
