import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { patience } from "./patience.ts";
import { until } from "./until.ts";

const root = path.resolve(import.meta.dirname, "../..");
const pratiqueModule = path.join(root, "dist/pratique.js");

const READY_DEADLINE_MS = 90_000;
const COMMAND_DEADLINE_MS = 120_000 * patience;

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One host's Pratique, with directories and a gate name of its own, run as its users run it. */
export class Pratique implements AsyncDisposable {
  readonly directory: string;
  readonly environment: Record<string, string | undefined>;
  readonly plugin: string;
  readonly #enter: readonly string[];
  #up: ChildProcess | undefined;
  #said = "";

  /**
   * `runtime`: whether running containers are watched, which takes a processor from other tests. `enter`: the words that
   * have `up` run elsewhere, as in a mount namespace of its own.
   */
  constructor({
    runtime = "off",
    enter = [],
  }: { readonly runtime?: "auto" | "off"; readonly enter?: readonly string[] } = {}) {
    this.#enter = enter;
    this.directory = mkdtempSync(path.join(tmpdir(), "prt-"));
    this.plugin = `prt-${path.basename(this.directory).slice(4).toLowerCase()}`;
    this.environment = {
      PATH: process.env.PATH,
      HOME: this.directory,
      PRATIQUE_DATA: this.data(),
      PRATIQUE_RUN: this.run(),
      PRATIQUE_GATE_PLUGIN: this.plugin,
      PRATIQUE_LISTEN: "127.0.0.1:0",
      PRATIQUE_SCAN_BUDGET_SECONDS: "30",
      PRATIQUE_RUNTIME: runtime,
    };
  }

  data(...names: readonly string[]): string {
    return path.join(this.directory, "data", ...names);
  }

  run(...names: readonly string[]): string {
    return path.join(this.directory, "run", ...names);
  }

  /** What `up` has said so far. */
  get said(): string {
    return this.#said;
  }

  get engineHost(): string {
    return `unix://${this.run("docker.sock")}`;
  }

  /** Runs one command to its end. */
  command(args: readonly string[], environment: Record<string, string> = {}): Answer {
    const { status, stdout, stderr } = spawnSync(process.execPath, [pratiqueModule, ...args], {
      env: { ...this.environment, ...environment },
      encoding: "utf8",
      timeout: COMMAND_DEADLINE_MS,
      maxBuffer: 256 * 1024 * 1024,
    });
    return { code: status ?? 255, stdout, stderr };
  }

  /** The same, beside other things. */
  async later(args: readonly string[]): Promise<Omit<Answer, "stdout">> {
    const child = spawn(process.execPath, [pratiqueModule, ...args], {
      env: this.environment,
      stdio: ["ignore", "ignore", "pipe"],
      timeout: COMMAND_DEADLINE_MS,
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const [code] = await once(child, "close");
    return { code: typeof code === "number" ? code : 255, stderr };
  }

  /** Runs the Docker command line against an engine. */
  docker(args: readonly string[], host = this.engineHost): Answer {
    const { status, stdout, stderr } = spawnSync("docker", ["-H", host, ...args], {
      env: { PATH: process.env.PATH, DOCKER_CONFIG: this.directory, DOCKER_BUILDKIT: "0" },
      encoding: "utf8",
      timeout: COMMAND_DEADLINE_MS,
    });
    return { code: status ?? 255, stdout, stderr };
  }

  /** The same, beside other things. */
  async dockerLater(args: readonly string[], host = this.engineHost): Promise<Answer> {
    const child = spawn("docker", ["-H", host, ...args], {
      env: { PATH: process.env.PATH, DOCKER_CONFIG: this.directory },
      timeout: COMMAND_DEADLINE_MS,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const [code] = await once(child, "close");
    return { code: typeof code === "number" ? code : 255, stdout, stderr };
  }

  /** `pratique up`, until it says that it is ready. */
  async up(args: readonly string[]): Promise<void> {
    this.#said = "";
    const [command, ...words] = [...this.#enter, process.execPath, pratiqueModule, "up", ...args];
    const child = spawn(command ?? "", words, {
      env: this.environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#up = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#said += text;
    });
    await this.until("pratique up is ready", READY_DEADLINE_MS, () => {
      if (child.exitCode !== null) throw new Error(`pratique up ended: ${this.#said}`);
      return this.#said.includes("Ready after");
    });
  }

  /** Ends `up` as Ctrl-C does. */
  async down(signal: NodeJS.Signals = "SIGINT"): Promise<void> {
    const child = this.#up;
    this.#up = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  /** The processes of a part: `server`, `agent`, `gate-process`, `worker`. */
  processes(part: string): readonly number[] {
    const { stdout } = spawnSync("pgrep", ["-f", `pratique.js ${part} --data=${this.data()}`], {
      encoding: "utf8",
    });
    return stdout
      .split("\n")
      .filter((line) => line !== "")
      .map(Number);
  }

  /** Every process that has to do with this host. */
  leftovers(): string {
    return spawnSync("pgrep", ["-af", this.directory], { encoding: "utf8" }).stdout;
  }

  async until(what: string, deadlineMs: number, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    await until(what, deadlineMs, isTrue);
  }

  log(): string {
    return `${this.#said}\n${readFileSync(this.data("gate", "gate.log"), "utf8")}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
