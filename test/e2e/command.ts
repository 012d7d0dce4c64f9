import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { copyBundle } from "./bundle.ts";

const root = path.resolve(import.meta.dirname, "../..");
const COMMAND_DEADLINE_MS = 60_000;

/** Data that only some machines have; read in place. */
export const sharedData = path.resolve(root, "../shared/data");
export const sharedDataMissing = existsSync(sharedData) ? undefined : `needs ${sharedData}`;

/** Why nothing can be run as another user, or mounted; undefined where it can. */
export const rootMissing = process.getuid?.() === 0 ? undefined : "needs root";

export interface Ended {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs as the user `nobody`, which takes root. */
  readonly asNobody?: boolean;
}

/**
 * A home of its own for the command that users run. It works on a copy of the bundle, so that another build does
 * not pull it away.
 */
export class CommandHome implements Disposable {
  readonly directory: string;
  readonly #module: string;

  constructor() {
    this.directory = mkdtempSync(path.join(tmpdir(), "prc-"));
    chmodSync(this.directory, 0o755);
    this.#module = this.at("bundle", "pratique.js");
    copyBundle(this.at("bundle"));
    writeFileSync(this.at("bundle", "package.json"), '{"type":"module"}');
    mkdirSync(this.at("home"));
  }

  at(...names: readonly string[]): string {
    return path.join(this.directory, ...names);
  }

  data(...names: readonly string[]): string {
    return this.at("data", ...names);
  }

  get environment(): Readonly<Record<string, string | undefined>> {
    return {
      PATH: process.env.PATH,
      HOME: this.at("home"),
      PRATIQUE_DATA: this.data(),
      PRATIQUE_RUN: this.at("run"),
      PRATIQUE_ENGINE: `unix://${this.at("no-engine.sock")}`,
    };
  }

  /** The program and its arguments, for those who start it in their own way. */
  commandLine(args: readonly string[], { asNobody = false }: RunOptions = {}): readonly [string, string[]] {
    const nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups", process.execPath];
    return asNobody
      ? ["setpriv", [...nobody, this.#module, ...args]]
      : [process.execPath, [this.#module, ...args]];
  }

  /** Runs one command to its end. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const [program, words] = this.commandLine(args, options);
    const child = spawn(program, words, {
      env: { ...this.environment, ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: COMMAND_DEADLINE_MS,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const [code]: readonly unknown[] = await once(child, "close");
    return { code: typeof code === "number" ? code : undefined, stdout, stderr };
  }

  /** Runs a command that has to end well, as a ground for what is tested. */
  async succeed(args: readonly string[]): Promise<void> {
    const { code, stderr } = await this.run(args);
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}`);
  }

  /** Runs a shell script in which `$PRATIQUE` is the command. */
  shell(script: string): Ended {
    const [program, words] = this.commandLine([]);
    const { status, stdout, stderr } = spawnSync("bash", ["-c", script], {
      env: { ...this.environment, PRATIQUE: [program, ...words].join(" ") },
      encoding: "utf8",
      timeout: COMMAND_DEADLINE_MS,
    });
    return { code: status ?? undefined, stdout, stderr };
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
