import { hostname } from "node:os";
import path from "node:path";
import { type GateMode, type Layout, layoutOf, type RuntimeChoices } from "@pratique/agent";
import { MiB, type SoughtList } from "@pratique/core";
import { type EngineAddress, parseEngineAddress } from "@pratique/engine";
import type { EngineActionRules } from "@pratique/gate";
import { captureChoicesOf } from "./capture-settings.ts";
import type { ConfigFile } from "./config.ts";
import { readConfigText } from "./config-text.ts";
import { listsOf } from "./parse-scanners.ts";
import { type ServerSettings, serverSettingsOf } from "./server-settings.ts";

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly config?: string;
  readonly data?: string;
  readonly run?: string;
  readonly engine?: string;
  readonly listen?: string;
  readonly listenAgents?: string;
}

/** What the process was started with; read once, here. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  readonly homeDirectory: string;
}

/** Everything that can be set, with its defaults filled in: file, then variables, then flags. */
export interface Settings {
  readonly layout: Layout;
  /** The engine that was named; undefined where the usual socket is meant. */
  readonly engine: EngineAddress | undefined;
  readonly listen: { readonly host: string; readonly port: number };
  /** How agents of other hosts are listened for; undefined where they are not. */
  readonly agents:
    | {
        readonly host: string;
        readonly port: number;
        /** By what name hosts reach this one; undefined where that is the address. */
        readonly name: string | undefined;
        readonly certificateMs: number;
        readonly whenCloned: "hear" | "refuse";
      }
    | undefined;
  /** Where the server keeps its data and its keys, and where it may connect to. */
  readonly server: ServerSettings;
  /** How running containers are watched; undefined where they are not. */
  readonly runtime: RuntimeChoices | undefined;
  /** What the record may take on the disk before it is complained that no server takes it. */
  readonly spoolLimitBytes: number;
  /** What becomes of launches when it takes all of that. */
  readonly whenRecordFull: "refuse" | "pass";
  readonly hostName: string;
  readonly hostLabels: Readonly<Record<string, string>>;
  readonly gate: {
    readonly mode: GateMode | undefined;
    readonly scanBudgetMs: number;
    readonly whenDead: "closed" | "open";
    readonly whenUnproved: "refuse" | "pass";
    readonly plugin: string;
    /** What the file says of actions of the engine. */
    readonly actions: EngineActionRules;
  };
  readonly staleAfterMs: number;
  /** What images are scanned for besides vulnerabilities, where no flag says. */
  readonly sought: ReadonlySet<SoughtList>;
  /** What the file says of licences. */
  readonly licenses: NonNullable<ConfigFile["licenses"]>;
  /** What the file says of advisories. */
  readonly advisories: NonNullable<ConfigFile["advisories"]>;
  /** What the file says of threat intelligence. */
  readonly intel: NonNullable<ConfigFile["intel"]>;
  /** Where the flags that matter for child processes come from: they are started with the same. */
  readonly flags: GlobalFlags;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const DEFAULT_LISTEN = "127.0.0.1:8443";
const DEFAULT_SCAN_BUDGET_SECONDS = 30;
const DEFAULT_STALE_AFTER_DAYS = 5;
const DEFAULT_CERTIFICATE_HOURS = 720;
const DEFAULT_SPOOL_LIMIT_MIB = 2048;
const DEFAULT_PAST_DAYS = 30;
const DEFAULT_PAST_MIB = 256;
/** What any text fits that is not empty. */
const TEXT_MEMBERS: readonly string[] = ["data", "run", "engine"];

/** Rejects with `CONFIG_INVALID`, and `ENGINE_ADDRESS_MALFORMED` of the engine's own. */
export async function readSettings(flags: GlobalFlags, surroundings: Surroundings): Promise<Settings> {
  const { environment } = surroundings;
  const named = flags.config ?? environment.PRATIQUE_CONFIG;
  const file = await readConfig(named ?? defaultConfigFile(surroundings), { named: named !== undefined });
  const config = {
    ...file,
    ...(await readVariables(environment, file)),
    ...(await definedFlags(flags)),
  };
  const [host = "", port = ""] = splitListen(config.listen ?? DEFAULT_LISTEN);
  const engine = config.engine ?? environment.DOCKER_HOST;
  return {
    layout: layoutOf({
      data: path.resolve(config.data ?? defaultData(surroundings)),
      run: path.resolve(config.run ?? defaultRun(surroundings)),
    }),
    engine: engine === undefined || engine === "" ? undefined : parseEngineAddress(engine),
    listen: { host, port: Number(port) },
    agents: agentsOf(config),
    server: serverSettingsOf(config, environment),
    runtime:
      config.runtime?.mode === "off"
        ? undefined
        : {
            builtInRules: config.runtime?.builtInRules ?? true,
            hardened: config.runtime?.hardened ?? false,
            learning: config.runtime?.learning !== "off",
            prevent: config.runtime?.prevent ?? "all",
            channel: config.runtime?.channel ?? "report",
            capture: captureChoicesOf(config.runtime?.capture),
            past:
              config.runtime?.past === "off"
                ? undefined
                : {
                    days: config.runtime?.pastDays ?? DEFAULT_PAST_DAYS,
                    maxBytes: (config.runtime?.pastMiB ?? DEFAULT_PAST_MIB) * MiB,
                  },
            survive: config.runtime?.survive ?? false,
          },
    spoolLimitBytes: (config.record?.spoolLimitMiB ?? DEFAULT_SPOOL_LIMIT_MIB) * MiB,
    whenRecordFull: config.record?.whenFull ?? "refuse",
    hostName: config.host?.name ?? hostname(),
    hostLabels: config.host?.labels ?? {},
    gate: {
      mode: config.gate?.mode,
      scanBudgetMs: (config.gate?.scanBudgetSeconds ?? DEFAULT_SCAN_BUDGET_SECONDS) * 1000,
      whenDead: config.gate?.whenDead ?? "closed",
      whenUnproved: config.gate?.whenUnproved ?? "refuse",
      plugin: config.gate?.plugin ?? "pratique",
      actions: config.gate?.actions ?? {},
    },
    advisories: config.advisories ?? {},
    intel: config.intel ?? {},
    sought: listsOf(config.scanners ?? []),
    licenses: config.licenses ?? {},
    staleAfterMs: (config.advisories?.staleAfterDays ?? DEFAULT_STALE_AFTER_DAYS) * DAY_MS,
    flags,
  };
}

function agentsOf({ listenAgents, agents, host }: ConfigFile): Settings["agents"] {
  if (listenAgents === undefined) return undefined;
  const [address = "", port = ""] = splitListen(listenAgents);
  // An address that stands for all of them is none to call.
  const isAny = address === "0.0.0.0";
  return {
    host: address,
    port: Number(port),
    name: agents?.name ?? (isAny ? (host?.name ?? hostname()) : undefined),
    certificateMs: (agents?.certificateHours ?? DEFAULT_CERTIFICATE_HOURS) * HOUR_MS,
    whenCloned: agents?.whenCloned ?? "hear",
  };
}

async function readConfig(file: string, options: { readonly named: boolean }): Promise<ConfigFile> {
  const text = readConfigText(file, options);
  if (text === undefined) return {};
  const { parseConfig } = await import("./config.ts");
  return parseConfig(file, text);
}

function definedFlags({ data, run, engine, listen, listenAgents }: GlobalFlags): Promise<ConfigFile> {
  return check("the flags", present({ data, run, engine, listen, listenAgents }));
}

/** `PRATIQUE_*`, over what the file says. */
function readVariables(environment: Surroundings["environment"], file: ConfigFile): Promise<ConfigFile> {
  const {
    PRATIQUE_DATA: data,
    PRATIQUE_RUN: run,
    PRATIQUE_ENGINE: engine,
    PRATIQUE_LISTEN: listen,
    PRATIQUE_LISTEN_AGENTS: listenAgents,
    PRATIQUE_PUBLIC_URL: publicUrl,
    PRATIQUE_DATABASE_URL: databaseUrl,
    PRATIQUE_DATABASE_URL_FILE: databaseUrlFile,
    PRATIQUE_AUDIT_KEY_FILE: auditKeyFile,
    PRATIQUE_HOST_NAME: name,
    PRATIQUE_GATE_MODE: mode,
    PRATIQUE_GATE_PLUGIN: plugin,
    PRATIQUE_GATE_WHEN_DEAD: whenDead,
    PRATIQUE_GATE_WHEN_UNPROVED: whenUnproved,
    PRATIQUE_SCAN_BUDGET_SECONDS: budget,
    PRATIQUE_STALE_AFTER_DAYS: stale,
    PRATIQUE_AGENTS_NAME: agentsName,
    PRATIQUE_AGENT_CERTIFICATE_HOURS: certificateHours,
    PRATIQUE_WHEN_CLONED: whenCloned,
    PRATIQUE_SPOOL_LIMIT_MIB: spoolLimit,
    PRATIQUE_WHEN_RECORD_FULL: whenFull,
    PRATIQUE_RUNTIME: runtimeMode,
  } = environment;
  const groups = {
    // Where the one is named by a variable, the other that the file names is not meant any more.
    database: present(
      databaseUrl || databaseUrlFile ? { url: databaseUrl, urlFile: databaseUrlFile } : { ...file.database },
    ),
    audit: { ...file.audit, ...present({ keyFile: auditKeyFile }) },
    host: { ...file.host, ...present({ name }) },
    runtime: { ...file.runtime, ...present({ mode: runtimeMode }) },
    gate: {
      ...file.gate,
      ...present({ mode, plugin, whenDead, whenUnproved, scanBudgetSeconds: numberOf(budget) }),
    },
    agents: {
      ...file.agents,
      ...present({ name: agentsName, whenCloned, certificateHours: numberOf(certificateHours) }),
    },
    record: { ...file.record, ...present({ spoolLimitMiB: numberOf(spoolLimit), whenFull }) },
    advisories: { ...file.advisories, ...present({ staleAfterDays: numberOf(stale) }) },
  };
  const given = Object.entries(groups).filter(([, members]) => Object.keys(members).length > 0);
  return check("the PRATIQUE_ variables", {
    ...present({ data, run, engine, listen, listenAgents, publicUrl }),
    ...Object.fromEntries(given),
  });
}

/** The schema is loaded only for what it could refuse: loading it takes longer than finding out. */
async function check(place: string, members: Readonly<Record<string, unknown>>): Promise<ConfigFile> {
  if (areTexts(members)) return members;
  const { checkConfig } = await import("./config.ts");
  return checkConfig(place, members);
}

function areTexts(
  members: Readonly<Record<string, unknown>>,
): members is Pick<ConfigFile, "data" | "run" | "engine"> {
  return Object.entries(members).every(
    ([name, value]) => TEXT_MEMBERS.includes(name) && typeof value === "string" && value !== "",
  );
}

function present(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== ""),
  );
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text === "" ? undefined : Number(text);
}

function splitListen(listen: string): readonly string[] {
  const colon = listen.lastIndexOf(":");
  return [listen.slice(0, colon), listen.slice(colon + 1)];
}

function defaultConfigFile({ isRoot, environment, homeDirectory }: Surroundings): string {
  if (isRoot) return "/etc/pratique/pratique.yaml";
  return path.join(
    environment.XDG_CONFIG_HOME || path.join(homeDirectory, ".config"),
    "pratique",
    "pratique.yaml",
  );
}

function defaultData({ isRoot, environment, homeDirectory }: Surroundings): string {
  if (isRoot) return "/var/lib/pratique";
  return path.join(environment.XDG_DATA_HOME || path.join(homeDirectory, ".local", "share"), "pratique");
}

function defaultRun(surroundings: Surroundings): string {
  if (surroundings.isRoot) return "/run/pratique";
  const { XDG_RUNTIME_DIR: runtime } = surroundings.environment;
  return runtime ? path.join(runtime, "pratique") : path.join(defaultData(surroundings), "run");
}
