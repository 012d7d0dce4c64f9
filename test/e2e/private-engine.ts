import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { removeDeadPluginSockets } from "./dead-plugin-sockets.ts";
import { patience } from "./patience.ts";

const START_DEADLINE_MS = 60_000 * patience;
const RELOAD_DEADLINE_MS = 20_000 * patience;
const STOP_DEADLINE_MS = 45_000 * patience;
const COMMAND_DEADLINE_MS = 120_000 * patience;
const MAX_LOG_CHARS = 256 * 1024;

/** What a command said. `code` is its exit code, or 255 where a signal or the deadline ended it. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export interface PrivateEngineOptions {
  /** Names of v1 authorization plugins. The engine looks for `/run/docker/plugins/NAME.sock` while it starts. */
  readonly authorizationPlugins?: readonly string[];
  /** Keeps images in containerd, so that inspecting them names no directories. */
  readonly containerdImageStore?: boolean;
  /** The words that have the engine run elsewhere, as in a mount namespace of its own: it has to keep its process. */
  readonly enter?: readonly string[];
  /** More of daemon.json. */
  readonly daemonConfig?: Readonly<Record<string, unknown>>;
}

/** A Docker daemon of our own, with its own socket, data root, exec root, pid file and configuration. */
export interface PrivateEngine extends AsyncDisposable {
  readonly socketPath: string;
  /** `unix://` and the socket, for `DOCKER_HOST`. */
  readonly host: string;
  /** Holds everything of the engine; removed when it is disposed of. */
  readonly directory: string;
  readonly dataRoot: string;
  readonly pid: number;
  /** Runs the Docker command line against this engine. Never rejects because of an exit code. */
  docker(args: readonly string[], options?: { readonly input?: Uint8Array | string }): Promise<CommandResult>;
  /** Imports a directory as an image of one layer; `changes` are Dockerfile instructions. Gives the image id. */
  imageFromRoot(directory: string, reference: string, changes?: readonly string[]): Promise<string>;
  /** Builds a Dockerfile with the classic builder and no network. Gives the image id. */
  imageFromDockerfile(
    dockerfile: string,
    reference: string,
    files?: Readonly<Record<string, string>>,
  ): Promise<string>;
  /** An image with a static busybox in `/bin` and its usual names. Gives the image id. */
  busyboxImage(reference: string): Promise<string>;
  /** Replaces daemon.json, sends SIGHUP and waits until the engine has reloaded. */
  reloadDaemonConfig(config: Readonly<Record<string, unknown>>): Promise<void>;
  /** Ends the engine with a signal and starts it again on the same data. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** The last part of what the engine logged. */
  log(): string;
}

/** Why no private engine can be started here; undefined where one can. */
export function engineUnavailable(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  for (const name of ["dockerd", "docker", "containerd", "runc", "busybox", "setpriv"]) {
    if (spawnSync("which", [name]).status !== 0) return `needs ${name}`;
  }
  return undefined;
}

/** Starts a private engine and waits until it answers. */
export async function startPrivateEngine(options: PrivateEngineOptions = {}): Promise<PrivateEngine> {
  const { authorizationPlugins, containerdImageStore, daemonConfig, enter = [] } = options;
  await removeDeadPluginSockets();
  const directory = await mkdtemp(path.join(tmpdir(), "prq-"));
  // An engine that maps users to others lets containers in as nobody in particular.
  await chmod(directory, 0o711);
  await Promise.all(["data", "exec", "client"].map((name) => mkdir(path.join(directory, name))));
  const daemon = new Daemon(directory, enter);
  await daemon.configure({
    ...(containerdImageStore === true && { features: { "containerd-snapshotter": true } }),
    ...(authorizationPlugins !== undefined && { "authorization-plugins": authorizationPlugins }),
    ...daemonConfig,
  });
  try {
    await daemon.start();
  } catch (cause) {
    await daemon[Symbol.asyncDispose]();
    throw cause;
  }
  return daemon;
}

class Daemon implements PrivateEngine {
  readonly directory: string;
  readonly dataRoot: string;
  readonly socketPath: string;
  readonly host: string;
  readonly #enter: readonly string[];
  #child: ChildProcess | undefined;
  #log = "";
  #lineListeners = new Set<() => void>();

  constructor(directory: string, enter: readonly string[]) {
    this.directory = directory;
    this.#enter = enter;
    this.dataRoot = path.join(directory, "data");
    this.socketPath = path.join(directory, "docker.sock");
    this.host = `unix://${this.socketPath}`;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("the private engine is not running");
    return pid;
  }

  async configure(config: Readonly<Record<string, unknown>>): Promise<void> {
    await writeFile(path.join(this.directory, "daemon.json"), JSON.stringify(config));
  }

  async start(): Promise<void> {
    // The engine dies with the process that started it, so that a killed test run leaves none behind.
    const child = spawn("setpriv", ["--pdeathsig", "TERM", ...this.#enter, "dockerd", ...this.#flags()], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env.PATH },
    });
    this.#child = child;
    this.#log = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    child.once("exit", () => this.#hear("\nprivate engine exited\n"));
    await this.#waitForLog(/API listen on/u, START_DEADLINE_MS);
  }

  async docker(
    args: readonly string[],
    { input }: { readonly input?: Uint8Array | string } = {},
  ): Promise<CommandResult> {
    return run("docker", ["-H", this.host, ...args], this.#clientEnvironment(), input);
  }

  async imageFromRoot(
    directory: string,
    reference: string,
    changes: readonly string[] = [],
  ): Promise<string> {
    const archive = path.join(this.directory, `root-${Date.now()}.tar`);
    succeed(await run("tar", ["-C", directory, "-cf", archive, "."], { PATH: process.env.PATH }));
    const flags = changes.flatMap((change) => ["--change", change]);
    const { stdout } = succeed(await this.docker(["import", ...flags, archive, reference]));
    await rm(archive);
    return stdout.trim();
  }

  async imageFromDockerfile(
    dockerfile: string,
    reference: string,
    files: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const context = await mkdtemp(path.join(this.directory, "build-"));
    await writeFile(path.join(context, "Dockerfile"), dockerfile);
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(context, name)), { recursive: true });
      await writeFile(path.join(context, name), content);
    }
    succeed(await this.docker(["build", "--network", "none", "-t", reference, context]));
    await rm(context, { recursive: true });
    const { stdout } = succeed(await this.docker(["image", "inspect", "-f", "{{.Id}}", reference]));
    return stdout.trim();
  }

  async busyboxImage(reference: string): Promise<string> {
    const root = await mkdtemp(path.join(this.directory, "root-"));
    await Promise.all(["bin", "etc", "tmp"].map((name) => mkdir(path.join(root, name))));
    await writeFile(path.join(root, "etc/passwd"), "root:x:0:0:root:/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n");
    await copyFile(busyboxPath(), path.join(root, "bin/busybox"));
    const names = ["sh", "sleep", "cat", "ls", "echo", "true", "rm", "mkdir", "touch", "id", "mount", "ln"];
    await Promise.all(names.map((name) => symlink("busybox", path.join(root, "bin", name))));
    const id = await this.imageFromRoot(root, reference, ['CMD ["/bin/sh"]']);
    await rm(root, { recursive: true });
    return id;
  }

  async reloadDaemonConfig(config: Readonly<Record<string, unknown>>): Promise<void> {
    await this.configure(config);
    this.#log = "";
    process.kill(this.pid, "SIGHUP");
    await this.#waitForLog(/Reloaded configuration:/u, RELOAD_DEADLINE_MS);
  }

  async restart(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.#stop(signal);
    await this.start();
  }

  log(): string {
    return this.#log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#killContainers();
    await this.#stop("SIGTERM");
    await unmountBelow(this.directory);
    await rm(this.directory, { recursive: true, force: true });
  }

  #flags(): readonly string[] {
    return [
      `--config-file=${path.join(this.directory, "daemon.json")}`,
      `--data-root=${this.dataRoot}`,
      `--exec-root=${path.join(this.directory, "exec")}`,
      `--pidfile=${path.join(this.directory, "engine.pid")}`,
      `--host=${this.host}`,
      "--bridge=none",
      "--iptables=false",
      "--ip6tables=false",
    ];
  }

  /** Nothing of the user's own configuration; the classic builder, since BuildKit's client may be absent. */
  #clientEnvironment(): Record<string, string | undefined> {
    return {
      PATH: process.env.PATH,
      DOCKER_CONFIG: path.join(this.directory, "client"),
      DOCKER_BUILDKIT: "0",
    };
  }

  #hear(text: string): void {
    this.#log = (this.#log + text).slice(-MAX_LOG_CHARS);
    for (const listener of this.#lineListeners) listener();
  }

  async #waitForLog(pattern: RegExp, deadlineMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (pattern.test(this.#log)) resolve();
      else if (this.#child?.exitCode !== null) {
        reject(new Error(`the private engine ended: ${this.#log.slice(-2000)}`));
      }
    };
    const timer = setTimeout(
      () => reject(new Error(`no ${pattern} from the private engine: ${this.#log.slice(-2000)}`)),
      deadlineMs,
    );
    this.#lineListeners.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#lineListeners.delete(look);
    }
  }

  /** A container that ignores SIGTERM would hold the engine back for ten seconds. */
  async #killContainers(): Promise<void> {
    if (this.#child === undefined || this.#child.exitCode !== null) return;
    // Without plugins, so that one that is dead or says no cannot keep us from cleaning up.
    await this.reloadDaemonConfig({ "authorization-plugins": [] }).catch(() => undefined);
    const { stdout } = await this.docker(["ps", "--quiet"]);
    const ids = stdout.split("\n").filter((id) => id !== "");
    if (ids.length > 0) await this.docker(["kill", ...ids]);
  }

  async #stop(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
    await exited;
    clearTimeout(timer);
  }
}

/** The result where the command succeeded; throws with what it said where it did not. */
export function succeed(result: CommandResult): CommandResult {
  if (result.code !== 0) throw new Error(`command failed: ${result.stderr || result.stdout}`);
  return result;
}

async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  input: Uint8Array | string = "",
): Promise<CommandResult> {
  const child = spawn(command, args, { env, timeout: COMMAND_DEADLINE_MS, killSignal: "SIGKILL" });
  const exited = once(child, "close");
  child.stdin.on("error", () => undefined).end(input);
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  const [code] = await exited;
  return { stdout, stderr, code: typeof code === "number" ? code : 255 };
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function busyboxPath(): string {
  const found = ["/bin/busybox", "/usr/bin/busybox"].find((candidate) => existsSync(candidate));
  if (found === undefined) throw new Error("no busybox on this host");
  return found;
}

/** An engine that was killed leaves its mounts; they would keep its directory from being removed. */
async function unmountBelow(directory: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mountinfo", "utf8"))
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((mount) => mount.startsWith(`${directory}/`))
    .toReversed();
  for (const mount of mounts) await run("umount", ["-l", mount], { PATH: process.env.PATH });
}
