import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { askLine, PrivateEngine, readGateInstall } from "@pratique/agent";
import { AuditLog } from "@pratique/audit";
import { messageOf } from "@pratique/core";
import { defaultEngineAddress, Engine, formatEngineAddress } from "@pratique/engine";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { agentEnvironment, agentNodeFlags, serverEnvironment, serverNodeFlags } from "../node-flags.ts";
import { flagsForChildren } from "../part.ts";
import { type PartOptions, PartProcess } from "../part-process.ts";
import { newSignInLink } from "../server-link.ts";

/** On a slow or very busy host a server takes its time; one that ends is told and started again meanwhile. */
const READY_DEADLINE_MS = 120_000;
const READY_POLL_MS = 25;

/** The engine that `up` looks after: one that was there, one of our own, or none. */
type EngineChoice =
  | { readonly kind: "existing"; readonly address: string }
  | { readonly kind: "private"; readonly address: string; readonly engine: PrivateEngine }
  | { readonly kind: "none"; readonly why: string };

export interface UpFlags {
  /** Starts an engine of our own even where another one runs. */
  readonly privateEngine?: boolean;
  /** Prints one JSON object to standard output once everything runs. */
  readonly json?: boolean;
}

/** `pratique up`: server, agent and gate on this host, until the user ends it. */
export async function up(context: Context, flags: UpFlags): Promise<ExitCode> {
  const { console, settings, elapsedMs } = context;
  const { layout } = settings;
  await refuseSecondUp(context);
  // Opened here first: a disk or a directory that cannot hold the record is said before anything runs.
  new AuditLog({ directory: layout.audit, now: context.now })[Symbol.dispose]();
  await refuseTakenPort(settings.listen);
  const choice = await chooseEngine(context, flags);
  const parts = startParts(context, choice);
  try {
    // Side by side: what takes longest is an engine of our own, and it needs the gate only.
    const [signIn] = await Promise.all([
      ready(context, "the server", () => newSignInLink(layout.serverSocket)),
      agentAndEngine(context, choice),
    ]);
    sayWhatRuns(context, choice);
    console.say(`Sign in, once, within 15 minutes:\n\n    ${signIn}\n`);
    console.say(
      `Ready after ${(elapsedMs() / 1000).toFixed(1)} s. Ctrl-C ends everything; the data stay in ${layout.data}`,
    );
    if (flags.json === true) console.print(`${JSON.stringify(describeUp(context, choice, signIn))}\n`);
    await context.untilEnded();
  } finally {
    console.say("Stopping …");
    const endParts = async () => {
      for (const part of parts.toReversed()) await part.stop();
    };
    // The agent sees its containers end, and the engine waits for it to go.
    if (choice.kind === "private") await choice.engine.stop(endParts);
    await endParts();
  }
  return exitCodes.fine;
}

/** The agent is ready when its gate answers; only then may an engine start that asks it. */
async function agentAndEngine(context: Context, choice: EngineChoice): Promise<void> {
  const { console, settings } = context;
  const { agentSocket } = settings.layout;
  await ready(context, "the agent", (signal) => askLine(agentSocket, { command: "status" }, signal));
  if (choice.kind !== "private") return;
  console.say("Starting an engine of our own: its images and containers stay apart from any other …");
  const how = await choice.engine.start(context.signal);
  if (how === "adopted") console.say("It was running already.");
}

/** Said before anything starts, rather than by a server that starts again and again. */
async function refuseTakenPort({ host, port }: Context["settings"]["listen"]): Promise<void> {
  const probe = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  probe.once("error", (cause) => {
    reject(new CliError("PORT_IN_USE", `cannot listen on ${host}:${port} (${messageOf(cause)})`, { cause }));
  });
  probe.listen(port, host, resolve);
  await promise;
  const closed = Promise.withResolvers<void>();
  probe.close(() => closed.resolve());
  await closed.promise;
}

function describeUp({ settings }: Context, choice: EngineChoice, signIn: string): object {
  const engine = choice.kind === "none" ? null : { kind: choice.kind, address: choice.address };
  return { ready: true, signIn, engine, data: settings.layout.data };
}

async function refuseSecondUp({ settings }: Context): Promise<void> {
  const socket = settings.layout.agentSocket;
  const answer = await askLine(socket, { command: "status" }, AbortSignal.timeout(1000)).catch(
    () => undefined,
  );
  if (answer !== undefined)
    throw new CliError("PART_FAILED", `pratique is running already (an agent answers at ${socket})`);
}

function startParts(context: Context, choice: EngineChoice): readonly PartProcess[] {
  const { mainModule, settings, elapsedMs, console } = context;
  const flags = flagsForChildren(context);
  const engine = choice.kind === "none" ? [] : [`--engine=${choice.address}`];
  const listen = `--listen=${settings.listen.host}:${settings.listen.port}`;
  const listenAgents =
    settings.agents === undefined ? [] : [`--listen-agents=${settings.agents.host}:${settings.agents.port}`];
  const define = (
    name: string,
    args: readonly string[],
    node: Pick<PartOptions, "nodeFlags" | "environment">,
  ) =>
    new PartProcess({
      name,
      module: mainModule,
      ...node,
      args: [name, ...args],
      elapsedMs,
      onExit: (reason) => console.say(`the ${name} ended (${reason}) and is started again`),
    });
  const parts = [
    define("server", [...flags, listen, ...listenAgents], {
      nodeFlags: serverNodeFlags,
      environment: serverEnvironment,
    }),
    define("agent", [...flags, ...engine, ...(choice.kind === "private" ? ["--own-engine"] : [])], {
      nodeFlags: agentNodeFlags,
      environment: agentEnvironment,
    }),
  ];
  for (const part of parts) part.start();
  return parts;
}

async function chooseEngine(context: Context, flags: UpFlags): Promise<EngineChoice> {
  const { settings, isRoot, environment, sleep } = context;
  const { layout, gate } = settings;
  if (flags.privateEngine !== true) {
    // Whoever did as we said has our own engine in DOCKER_HOST: that names no other one.
    const named = isUnix(settings.engine, layout.engineSocket) ? undefined : settings.engine;
    const address = named ?? defaultEngineAddress;
    const failure = await pingFailure(address);
    if (failure === undefined) return { kind: "existing", address: formatEngineAddress(address) };
    if (named !== undefined) {
      const shown = formatEngineAddress(named);
      throw new CliError("PART_FAILED", `the engine that was named, ${shown}, does not answer: ${failure}`);
    }
  }
  const dockerd = findProgram("dockerd", environment.PATH);
  if (!isRoot || dockerd === undefined) {
    const why = isRoot ? "Docker is not installed" : "no Docker Engine answers, and only root can start one";
    return { kind: "none", why };
  }
  const engine = new PrivateEngine({
    layout,
    plugin: gate.plugin,
    dockerd,
    sleep,
    environment: { PATH: environment.PATH },
  });
  return { kind: "private", address: `unix://${engine.socketPath}`, engine };
}

function isUnix(address: Context["settings"]["engine"], socketPath: string): boolean {
  return address?.kind === "unix" && address.socketPath === socketPath;
}

async function pingFailure(address: NonNullable<Context["settings"]["engine"]>): Promise<string | undefined> {
  await using engine = new Engine({ address, timeoutMs: 3000, connectTimeoutMs: 1000 });
  try {
    await engine.ping();
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

function findProgram(name: string, searchPath = ""): string | undefined {
  const directories = [
    ...searchPath.split(":"),
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/bin",
    "/usr/local/bin",
  ];
  return directories.map((directory) => path.join(directory, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Whatever the reason, it cannot be run by us.
    return false;
  }
}

async function ready<T>(
  { sleep, signal }: Context,
  what: string,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(READY_DEADLINE_MS)]);
  let last: unknown;
  while (!deadline.aborted) {
    try {
      return await ask(deadline);
    } catch (thrown) {
      last = thrown;
    }
    await sleep(READY_POLL_MS, deadline).catch(() => undefined);
  }
  throw new CliError("PART_FAILED", `${what} does not come up: ${messageOf(last)}`, { cause: last });
}

function sayWhetherHeld(gateInstall: string): string {
  try {
    return readGateInstall(gateInstall) === undefined
      ? "It is only watched: nothing is refused until you say  pratique gate install"
      : "The gate is installed: launches that break a policy are refused.";
  } catch (thrown) {
    // The rest works, and the agent says the same to its server.
    return `Whether launches are held cannot be told: ${messageOf(thrown)}`;
  }
}

function sayWhatRuns({ console, settings }: Context, choice: EngineChoice): void {
  switch (choice.kind) {
    case "existing":
      console.say(`Watching the Docker Engine at ${choice.address}`);
      console.say(sayWhetherHeld(settings.layout.gateInstall));
      break;
    case "private":
      console.say(
        `The private engine answers at ${choice.address}, and the gate decides about each launch. Use it with\n`,
      );
      console.say(`    export DOCKER_HOST=${choice.address}\n`);
      break;
    case "none":
      console.say(
        `No engine: ${choice.why}. Images can be scanned from registries, archives and directories.`,
      );
      break;
  }
}
