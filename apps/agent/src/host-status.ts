import { existsSync } from "node:fs";
import type { HostStatus } from "@pratique/api";
import type { Host } from "@pratique/core";
import type { GateMode } from "./gate/gate-state.ts";
import type { AdvisoryState } from "./images/advisory-state.ts";
import type { RuntimeState } from "./runtime/runtime-messages.ts";
import type { ServerState } from "./server/server-session.ts";

/** How the record stands that waits for the server. */
export interface SpoolState {
  /** Records that the server does not have; undefined where it has not said so far. */
  readonly waiting: number | undefined;
  readonly bytes: number;
  readonly limitBytes: number;
  /** Before long nothing more will fit. */
  readonly isNearlyFull: boolean;
  /** Why nothing can be recorded now; empty where it can. */
  readonly problem: string;
  /** Why the server cannot be sent the record, however long it waits; empty where it can. */
  readonly unsendable: string;
}

/** What the agent knows when it reports. */
export interface StatusInput {
  readonly now: Date;
  readonly host: Host;
  readonly engine: { readonly state: "up" | "down"; readonly socket: string; readonly detail: string };
  readonly gate: {
    readonly running: boolean;
    readonly armed: boolean;
    readonly mode: GateMode;
    readonly restarts: number;
    readonly since: string;
    readonly detail: string;
    /** Why it cannot be told whether the gate is installed; empty where it can. */
    readonly problem: string;
  };
  readonly agent: { readonly version: string; readonly startedAt: string };
  readonly advisories: AdvisoryState;
  readonly policies: HostStatus["policies"];
  readonly record: HostStatus["record"];
  readonly server: ServerState;
  readonly spool: SpoolState;
  /** Undefined where it was turned off. */
  readonly runtime: RuntimeState | undefined;
}

/** The status of the host as the console shows it, with what this host does not cover. */
export function hostStatusOf(input: StatusInput): HostStatus {
  const { engine, gate, host } = input;
  return {
    schemaVersion: 1,
    reportedAt: input.now.toISOString(),
    host: { ...host, labels: { ...host.labels } },
    engine: { name: "docker", state: engine.state, socket: engine.socket, ...detail(engine.detail) },
    gate: { state: gateState(gate), since: gate.since, restarts: gate.restarts, ...detail(gate.detail) },
    agent: input.agent,
    advisories: { revision: input.advisories.revision, sources: [...input.advisories.sources] },
    policies: input.policies,
    record: input.record,
    notCovered: [...notCovered(input)],
  };
}

function gateState({ running, armed, mode }: StatusInput["gate"]): HostStatus["gate"]["state"] {
  if (!armed) return "not-installed";
  if (!running) return "down";
  return mode === "enforce" ? "enforcing" : "observing";
}

function* notCovered({
  gate,
  engine,
  advisories,
  host,
  ...input
}: StatusInput): Generator<HostStatus["notCovered"][number]> {
  if (!gate.armed) {
    yield {
      what: "launches on this engine are not held",
      why:
        gate.problem === ""
          ? "the gate is not installed: images are scanned, and nothing is refused"
          : `whether the gate is installed cannot be told: ${gate.problem}`,
      fix:
        gate.problem === ""
          ? "pratique gate install"
          : "see GATE_INSTALL_UNREADABLE in docs/reference/errors.md",
    };
  } else if (gate.mode === "observe") {
    yield {
      what: "launches on this engine are not held",
      why: "the gate only observes: it records what it would refuse",
      fix: "set gate.mode to enforce in pratique.yaml",
    };
  }
  if (engine.state === "down")
    yield { what: "images of the engine", why: engine.detail, fix: "start the engine" };
  if (advisories.problem !== undefined) {
    yield {
      what: "images that have not been scanned yet",
      why: `the advisories cannot be read: ${advisories.problem}`,
      fix: "pratique advisories update",
    };
  } else if (advisories.sources.every(({ coverage }) => coverage === "starter")) {
    yield {
      what: "all but some sixty famous vulnerabilities",
      why: "no advisories have been loaded: the small set that comes with Pratique is used",
      fix: "pratique advisories update",
    };
  }
  yield* notWatched(input.runtime);
  yield* notReported(input);
  for (const socket of OTHER_ENGINES.filter((path) => existsSync(path))) {
    yield {
      what: `containers started through ${socket}`,
      why: "the gate stands before the Docker Engine's own API only",
      fix: "restrict who may use that socket",
    };
  }
  // From 29.2 on BuildKit is served on the same socket without asking any plug-in.
  const [major = 0, minor = 0] = host.engineVersion.split(".").map(Number);
  if (major > 29 || (major === 29 && minor >= 2)) {
    yield {
      what: "builds through BuildKit's own protocol",
      why: "this engine serves it without asking authorization plug-ins",
      fix: 'set "builder":{"entitlements":{"network-host":false,"security-insecure":false,"device":false}} in daemon.json',
    };
  }
}

function* notWatched(runtime: RuntimeState | undefined): Generator<HostStatus["notCovered"][number]> {
  const what = "what happens in running containers";
  if (runtime === undefined) yield { what, why: "it was turned off", fix: "set runtime.mode to auto" };
  else if (runtime.state === "off" || runtime.state === "failed") {
    yield { what, why: runtime.detail, fix: "pratique doctor" };
  }
}

function* notReported({
  server,
  spool,
}: Pick<StatusInput, "server" | "spool">): Generator<HostStatus["notCovered"][number]> {
  if (server.policyErrors.length > 0) {
    yield {
      what: "the newest policies of the server",
      why: server.policyErrors.join("; "),
      fix: "mend them on the server; those before are in force",
    };
  }
  if (spool.problem !== "") {
    yield {
      what: "events that would have been recorded",
      why: spool.problem,
      fix: "free some space: launches that cannot be recorded are refused, unless record.whenFull says otherwise",
    };
  }
  if (spool.unsendable !== "") {
    yield {
      what: "the server does not get the record of this host",
      why: spool.unsendable,
      fix: "see what was restored; then stop the agent, keep the files audit/log.sqlite* elsewhere, and start it: it begins another record",
    };
  }
  if (spool.isNearlyFull && spool.waiting !== 0) {
    yield {
      what: "the server does not have the whole record of this host",
      why: `it waits here, and will soon take the ${spool.limitBytes} bytes that it may: then launches are refused, or pass unrecorded, as record.whenFull says`,
      fix: "have the agent reach its server again, or raise record.spoolLimitMiB",
    };
  }
}

const OTHER_ENGINES: readonly string[] = [
  "/run/podman/podman.sock",
  "/run/containerd/containerd.sock",
  "/run/crio/crio.sock",
];

function detail(text: string): { readonly detail?: string } {
  return text === "" ? {} : { detail: text };
}
