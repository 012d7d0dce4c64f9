import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { copyBundle } from "./bundle.ts";
import { until } from "./until.ts";

const READY_DEADLINE_MS = 60_000;
const COMMAND_DEADLINE_MS = 60_000;
const PASSWORD = "correct horse battery staple 7";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A copy of the bundle, which another build does not pull away, and a place for machines that run it. */
export class Fleet implements AsyncDisposable {
  readonly directory: string;
  readonly #machines: Machine[] = [];

  constructor() {
    this.directory = mkdtempSync(path.join(tmpdir(), "prf-"));
    copyBundle(this.at("bundle"));
    writeFileSync(this.at("bundle", "package.json"), '{"type":"module"}');
  }

  at(...names: readonly string[]): string {
    return path.join(this.directory, ...names);
  }

  machine(name: string, environment: Readonly<Record<string, string>> = {}): Machine {
    const machine = new Machine(this, name, environment);
    this.#machines.push(machine);
    return machine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const machine of this.#machines) await machine.end();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One machine of the fleet: directories of its own, and the processes that run there. */
export class Machine {
  readonly name: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly #fleet: Fleet;
  readonly #parts = new Map<string, ChildProcess>();
  said = "";

  constructor(fleet: Fleet, name: string, environment: Readonly<Record<string, string>>) {
    this.#fleet = fleet;
    this.name = name;
    this.environment = {
      PATH: process.env.PATH,
      HOME: fleet.directory,
      PRATIQUE_DATA: this.data(),
      PRATIQUE_RUN: this.run(),
      PRATIQUE_HOST_NAME: name,
      PRATIQUE_LISTEN: "127.0.0.1:0",
      PRATIQUE_ENGINE: `unix://${this.run("no-engine.sock")}`,
      PRATIQUE_RUNTIME: "off",
      PRATIQUE_GATE_PLUGIN: `prf-${path.basename(fleet.directory).slice(4).toLowerCase()}-${name}`,
      ...environment,
    };
  }

  data(...names: readonly string[]): string {
    return this.#fleet.at(this.name, "data", ...names);
  }

  run(...names: readonly string[]): string {
    return this.#fleet.at(this.name, "run", ...names);
  }

  /** Runs one command to its end. */
  command(args: readonly string[]): Ended {
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.#module(), ...args], {
      env: this.environment,
      encoding: "utf8",
      timeout: COMMAND_DEADLINE_MS,
    });
    return { code: status ?? 255, stdout, stderr };
  }

  /** Where the private engine of this machine answers. */
  get engine(): string {
    return `unix://${this.run("docker.sock")}`;
  }

  /** Runs Docker's command line against that engine. */
  docker(args: readonly string[]): Ended {
    const { status, stdout, stderr } = spawnSync("docker", ["-H", this.engine, ...args], {
      env: { PATH: process.env.PATH, DOCKER_CONFIG: this.#fleet.directory },
      encoding: "utf8",
      timeout: COMMAND_DEADLINE_MS,
    });
    return { code: status ?? 255, stdout, stderr };
  }

  /** Starts a part, and gives what it says once it is ready. */
  async start(
    part: "server" | "agent" | "up",
    args: readonly string[] = [],
  ): Promise<Record<string, string>> {
    const child = spawn(process.execPath, [this.#module(), part, "--json", ...args], {
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#parts.set(part, child);
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.said += text;
    });
    await until(`${part} of ${this.name} is ready`, READY_DEADLINE_MS, () => {
      if (child.exitCode !== null) throw new Error(`${part} of ${this.name} ended: ${this.said}`);
      return said.includes("\n");
    });
    return JSON.parse(said.split("\n")[0] ?? "{}");
  }

  pid(part: string): number {
    const pid = this.#parts.get(part)?.pid;
    if (pid === undefined) throw new Error(`${part} of ${this.name} does not run`);
    return pid;
  }

  /** Sends a signal, and waits for the end where the signal ends it. */
  async signal(part: string, signal: NodeJS.Signals): Promise<void> {
    const child = this.#parts.get(part);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") await exited;
  }

  /** The processes of a part that another one of this machine started. */
  processes(part: string): readonly number[] {
    const pattern = `pratique.js ${part} --data=${this.data()}`;
    const { stdout } = spawnSync("pgrep", ["-f", pattern], { encoding: "utf8" });
    return stdout
      .split("\n")
      .filter((line) => line !== "")
      .map(Number);
  }

  async end(): Promise<void> {
    for (const [part, child] of this.#parts) {
      child.kill("SIGCONT");
      await this.signal(part, "SIGTERM");
    }
    // A gate outlives its agent where that was killed.
    for (const pid of this.processes("gate-process")) endProcess(pid);
  }

  /** Rows of a database of this machine. */
  rows(file: string, query: string, ...values: readonly string[]): readonly Record<string, unknown>[] {
    using database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
    return database.prepare(query).all(...values);
  }

  #module(): string {
    return this.#fleet.at("bundle", "pratique.js");
  }
}

/** A server of the fleet, on ports that stay the same over its restarts. */
export class FleetServer {
  readonly machine: Machine;
  readonly url: string;
  readonly agentsUrl: string;
  #cookie = "";

  private constructor(machine: Machine, ports: readonly [number, number]) {
    this.machine = machine;
    this.url = `https://127.0.0.1:${ports[0]}`;
    this.agentsUrl = `https://127.0.0.1:${ports[1]}`;
  }

  /** With `everywhere`, on all addresses, and known outside by that name. */
  static async start(
    fleet: Fleet,
    environment: Readonly<Record<string, string>> = {},
    { everywhere }: { readonly everywhere?: string } = {},
  ): Promise<FleetServer> {
    const ports: readonly [number, number] = [await freePort(), await freePort()];
    const server = new FleetServer(
      fleet.machine("server", {
        PRATIQUE_LISTEN: `${everywhere === undefined ? "127.0.0.1" : "0.0.0.0"}:${ports[0]}`,
        ...(everywhere !== undefined && { PRATIQUE_PUBLIC_URL: `https://${everywhere}:${ports[0]}` }),
        PRATIQUE_LISTEN_AGENTS: `127.0.0.1:${ports[1]}`,
        ...environment,
      }),
      ports,
    );
    await server.machine.start("server");
    return server;
  }

  get store(): string {
    return this.machine.data("server", "pratique.sqlite");
  }

  rows(query: string, ...values: readonly string[]): readonly Record<string, unknown>[] {
    return this.machine.rows(this.store, query, ...values);
  }

  /** Changes something past the server. */
  run(statement: string, ...values: readonly string[]): void {
    using database = new DatabaseSync(this.store, { timeout: 10_000 });
    database.prepare(statement).run(...values);
  }

  token(args: readonly string[] = []): string {
    const { code, stdout, stderr } = this.machine.command(["server", "join-token", "--json", ...args]);
    if (code !== 0) throw new Error(`no token: ${stderr}`);
    return JSON.parse(stdout).secret;
  }

  /** Has a machine join, and starts its agent. */
  async join(machine: Machine, args: readonly string[] = []): Promise<void> {
    const { code, stderr } = machine.command(["agent", "join", this.agentsUrl, "--token", this.token(args)]);
    if (code !== 0) throw new Error(`${machine.name} cannot join: ${stderr}`);
  }

  /** How the server sees a host. */
  identity(host: string): Record<string, unknown> | undefined {
    return this.rows(
      "SELECT identity_state AS state, serial, previous_serial AS previous, heard_at AS heard FROM hosts WHERE name = ?",
      host,
    )[0];
  }

  /** Calls the API as the first administrator. */
  async call(method: string, at: string, body?: unknown, headers: Record<string, string> = {}) {
    if (this.#cookie === "") await this.#signIn();
    return await send(this.url, method, at, { cookie: this.#cookie, ...headers }, body);
  }

  async #signIn(): Promise<void> {
    const { stdout } = this.machine.command(["server", "link", "--json"]);
    const token = new URL(JSON.parse(stdout).url).hash.slice(1);
    const { cookie } = await send(this.url, "POST", "/api/v1/session", {}, { token });
    this.#cookie = cookie;
    await send(this.url, "PUT", "/api/v1/session/password", { cookie }, { next: PASSWORD });
  }
}

interface Reply {
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly cookie: string;
}

async function send(
  base: string,
  method: string,
  at: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const call = request(
    `${base}${at}`,
    {
      method,
      agent: false,
      // The certificate is the server's own.
      rejectUnauthorized: false,
      headers: {
        origin: base,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
    },
    (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.once("error", reject);
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          json: text.startsWith("{") ? JSON.parse(text) : {},
          cookie: response.headers["set-cookie"]?.[0]?.split(";")[0] ?? "",
        }),
      );
    },
  );
  call.once("error", reject);
  call.end(body === undefined ? undefined : JSON.stringify(body));
  return await promise;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("there is no free port");
  return address.port;
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended by itself.
  }
}
