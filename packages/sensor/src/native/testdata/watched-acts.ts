import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { tempDirectory } from "../../../../testkit/src/temp-directory.ts";
import type { SourceListener } from "../../record-source.ts";
import type { MessageBody, SensorMessage } from "../../sensor-message.ts";
import { SensorProcess } from "../../sensor-process.ts";
import { readRecords, type WireRecord } from "../../wire/record-reader.ts";
import { wireKinds } from "../../wire/wire-format.ts";
import { succeed } from "./native-tools.ts";

const actSource = fileURLToPath(new URL("./act.c", import.meta.url));
const DEADLINE_MS = 60_000;
const ownKinds: readonly number[] = [
  wireKinds.cgroup_mkdir,
  wireKinds.cgroup_rmdir,
  wireKinds.suppressed,
  wireKinds.task,
  wireKinds.task_file,
  wireKinds.channel,
  wireKinds.prevent,
  wireKinds.packet,
];
/** All kinds that can be asked for. */
export const askedKinds: readonly number[] = Object.values(wireKinds).filter((kind) => !ownKinds.includes(kind));

export interface Act {
  readonly pid: number;
  readonly code: number | null;
  /** What was told of the process, from its first program on, in the order of the stream. */
  readonly records: readonly WireRecord[];
}

/** A program with one act for each event: see act.c. */
export class ActProgram implements Disposable {
  readonly #directory = tempDirectory();
  readonly path = this.#directory.at("act");

  constructor() {
    const warnings = ["-Wall", "-Wextra", "-Werror"];
    const options = ["-D_GNU_SOURCE", "-O1", "-static", "-pthread"];
    succeed("cc", [...options, ...warnings, "-o", this.path, actSource]);
  }

  /** A path beside the program, for what an act makes. */
  at(name: string): string {
    return this.#directory.at(name);
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

/** The native sensor with all that it tells. */
export class WatchingSensor implements SourceListener, AsyncDisposable {
  readonly records: WireRecord[] = [];
  readonly messages: MessageBody[] = [];
  readonly process: SensorProcess;
  #looks = new Set<() => void>();

  private constructor(binary: string, args: readonly string[]) {
    this.process = new SensorProcess({
      binary,
      args,
      log: { info: () => undefined, warn: () => undefined },
      readyDeadlineMs: DEADLINE_MS,
      commandDeadlineMs: DEADLINE_MS,
    });
  }

  static async start(binary: string, args: readonly string[] = []): Promise<WatchingSensor> {
    const sensor = new WatchingSensor(binary, args);
    await sensor.process.start(sensor);
    return sensor;
  }

  /** Of everything on the machine, where nothing else is said. */
  async configure(fields: MessageBody = {}): Promise<void> {
    await this.process.command("configure", { kinds: askedKinds, hostKinds: askedKinds, ...fields });
    await this.until(() => this.messages.find(({ event }) => event === "seeded"));
  }

  /** Runs a program to its end, and waits until that is told. */
  async act(program: string, args: readonly string[], cwd = "/"): Promise<Act> {
    const child = spawn(program, [...args], { cwd, stdio: "ignore" });
    const [code]: unknown[] = await once(child, "close");
    const { pid } = child;
    if (pid === undefined) throw new Error(`${program} did not start`);
    const records = await this.lifeOf(pid);
    return { pid, code: typeof code === "number" ? code : null, records };
  }

  /** What was told of a process that has ended or ends. */
  async lifeOf(pid: number): Promise<readonly WireRecord[]> {
    const ended = await this.until(() =>
      this.records.findLast((record) => record.kind === wireKinds.procexit && record.pid === pid),
    );
    const own = this.records.filter((record) => record.pid === pid);
    const begun = own.findLastIndex(({ kind }) => forks.includes(kind));
    return own.slice(Math.max(begun, 0), own.indexOf(ended) + 1);
  }

  async until<T>(find: () => T | undefined): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    const look = () => {
      const found = find();
      if (found !== undefined) resolve(found);
    };
    this.#looks.add(look);
    look();
    try {
      return await promise;
    } finally {
      this.#looks.delete(look);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.stop();
  }

  onRecords(payload: Buffer): void {
    for (const record of readRecords(payload)) this.records.push(record.detached());
    for (const look of this.#looks) look();
  }

  onMessage(message: SensorMessage): void {
    if (message.kind === "event") this.messages.push(message.body);
    for (const look of this.#looks) look();
  }

  onBegin(): void {}

  onEnd(): void {}
}

const forks: readonly number[] = [wireKinds.fork, wireKinds.vfork, wireKinds.clone, wireKinds.clone3];
