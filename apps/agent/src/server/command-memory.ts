import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { replaceFileForGood } from "../durable-file.ts";
import type { Outcome } from "./server-client.ts";

/** A command is not sent again after it has expired; a little longer, since clocks differ. */
const KEPT_AFTER_EXPIRY_MS = 86_400_000;
const MAX_KEPT = 2000;

const done = z.strictObject({
  id: z.string(),
  expiresAt: z.string(),
  state: z.enum(["done", "failed", "expired"]),
  detail: z.string(),
  /** The server has heard of it. */
  reported: z.boolean(),
});

const file = z.strictObject({ form: z.literal(1), commands: z.array(done) });

/** A command that was carried out, and what came of it. */
export type DoneCommand = Readonly<z.output<typeof done>>;

/** Remembers which commands were carried out, over restarts, so that none is carried out again. */
export class CommandMemory {
  readonly #file: string;
  readonly #now: () => number;
  #commands: readonly DoneCommand[];

  constructor(directory: string, now: () => number) {
    this.#file = path.join(directory, "commands.json");
    this.#now = now;
    this.#commands = read(this.#file);
  }

  find(id: string): DoneCommand | undefined {
    return this.#commands.find((command) => command.id === id);
  }

  /** What the server has not heard of yet, oldest first. */
  unreported(): readonly DoneCommand[] {
    return this.#commands.filter(({ reported }) => !reported);
  }

  /**
   * When this returns, it is known after a power failure too. Throws what the file system throws; it is then known for
   * as long as this agent runs.
   */
  done(command: { readonly id: string; readonly expiresAt: string }, outcome: Outcome): void {
    const { id, expiresAt } = command;
    this.#write([...this.#commands, { id, expiresAt, ...outcome, reported: false }]);
  }

  reported(id: string): void {
    this.#write(this.#commands.map((each) => (each.id === id ? { ...each, reported: true } : each)));
  }

  #write(commands: readonly DoneCommand[]): void {
    const forgotten = this.#now() - KEPT_AFTER_EXPIRY_MS;
    const kept = commands
      .filter(({ reported, expiresAt }) => !reported || Date.parse(expiresAt) > forgotten)
      .slice(-MAX_KEPT);
    this.#commands = kept;
    replaceFileForGood(this.#file, JSON.stringify({ form: 1, commands: kept }));
  }
}

/** What cannot be read is forgotten: a command is rather carried out twice than never again. */
function read(name: string): readonly DoneCommand[] {
  try {
    return file.parse(JSON.parse(readFileSync(name, "utf8"))).commands;
  } catch {
    // To start without a memory is better than not to start: what the server still wants has an end in time.
    return [];
  }
}
