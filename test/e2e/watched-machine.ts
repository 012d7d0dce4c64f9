import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Fleet, FleetServer, type Machine } from "./agent-harness.ts";
import { engineUnavailable } from "./private-engine.ts";
import { until } from "./until.ts";

const SENSOR = path.resolve(import.meta.dirname, "../../dist/sensor/pratique-sensor");
const SENSOR_DEADLINE_MS = 60_000;
const CONFIG = `
runtime:
  # Other engines of this machine are not ours to stop.
  prevent: engine
gate:
  mode: observe
`;

export interface WatchedMachineOptions {
  readonly name: string;
  /** Such as `env=production`. */
  readonly labels?: readonly string[];
  /** Puts what its parts are to find when they start. */
  readonly prepare?: (host: Machine) => void;
}

/** Why no machine can be watched here; undefined where one can. */
export function watchedMachineUnavailable(): string | undefined {
  return engineUnavailable() ?? (existsSync(SENSOR) ? undefined : "the native sensor has not been built");
}

/** A machine with a private engine and the sensor, and the server that it has joined. */
export class WatchedMachine implements AsyncDisposable {
  readonly fleet: Fleet;
  readonly server: FleetServer;
  readonly host: Machine;

  private constructor(fleet: Fleet, server: FleetServer, host: Machine) {
    this.fleet = fleet;
    this.server = server;
    this.host = host;
  }

  /** Starts both, and waits until the sensor runs. */
  static async start({ name, labels = [], prepare }: WatchedMachineOptions): Promise<WatchedMachine> {
    const fleet = new Fleet();
    try {
      const server = await FleetServer.start(fleet);
      const config = fleet.at("pratique.yaml");
      writeFileSync(config, CONFIG);
      const host = fleet.machine(name, {
        PRATIQUE_ENGINE: "",
        PRATIQUE_RUNTIME: "auto",
        PRATIQUE_CONFIG: config,
      });
      prepare?.(host);
      const flags = labels.flatMap((label) => ["--label", label]);
      await server.join(host, flags);
      await host.start("up", ["--private-engine"]);
      await until("the sensor runs", SENSOR_DEADLINE_MS, () => host.command(["profile", "list"]).code === 0);
      return new WatchedMachine(fleet, server, host);
    } catch (cause) {
      await fleet[Symbol.asyncDispose]();
      throw cause;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A container that ignores SIGTERM would hold the engine back for ten seconds.
    const { stdout } = this.host.docker(["ps", "--quiet"]);
    const containers = stdout.split("\n").filter((id) => id !== "");
    if (containers.length > 0) this.host.docker(["kill", ...containers]);
    await this.fleet[Symbol.asyncDispose]();
  }
}
