import { z } from "zod";
import { ResponseError } from "./errors.ts";
import { socketState, socketTables } from "./flows/socket-table.ts";
import type { ContainerReference, Denial, FlowControl, FlowPower, Peers, ProbeAnswer } from "./ports.ts";

type Fields = Readonly<Record<string, unknown>>;

const port = z.int().min(0).max(0xffff);
const flowsSchema = z.array(
  z.strictObject({
    table: z.enum(socketTables),
    localPort: port,
    remoteAddress: z.string(),
    remotePort: port,
    state: z.number().transform(socketState),
  }),
);

/** The native sensor, as far as it is told what to do. Rejects where it refuses a command, or does not answer. */
export interface SensorCommands {
  command(name: string, fields: Fields): Promise<Fields>;
}

export interface SensorFlowsOptions {
  readonly sensor: SensorCommands;
  /** Whether the sensor runs, and its programs for channels are loaded. */
  readonly available: () => boolean;
  /** The number of the container's control group of version 2; undefined where it is not known, or gone. */
  readonly cgroupIdOf: (container: ContainerReference) => string | undefined;
  /** Sends the container's policy anew, as it is without isolation. */
  readonly restorePolicy: (container: ContainerReference, cgroupId: string) => Promise<void>;
}

/**
 * The kernel by commands of the native sensor (`packages/sensor/native/commands.md`). Its `cut` refuses packets, ends
 * sockets and forgets connections at once, so the powers to do the latter for themselves are not offered.
 */
export class SensorFlows implements FlowControl {
  readonly #options: SensorFlowsOptions;

  constructor(options: SensorFlowsOptions) {
    this.#options = options;
  }

  async powers(container: ContainerReference): Promise<readonly FlowPower[]> {
    const { available, cgroupIdOf } = this.#options;
    return available() && cgroupIdOf(container) !== undefined ? ["deny", "isolate"] : [];
  }

  async deny(container: ContainerReference, peers: Peers): Promise<Denial> {
    const cgroupId = this.#options.cgroupIdOf(container);
    if (cgroupId === undefined) {
      throw new ResponseError("FLOWS_UNCONTROLLED", `the control group of ${container.name} is not known`);
    }
    const remotes = peers === "all" ? {} : { remotes: peers.map((address) => ({ address })) };
    const answer = await this.#options.sensor.command("cut", { cgroupId, ...remotes });
    if (numberIn(answer, "failed") > 0) {
      throw new ResponseError("FLOWS_UNCONTROLLED", `${numberIn(answer, "failed")} sockets were not ended`);
    }
    return {
      sockets: numberIn(answer, "destroyed"),
      connections: numberIn(answer, "conntrack"),
      flows: flowsSchema.safeParse(answer.flows).data,
    };
  }

  async allow(container: ContainerReference, peers: Peers): Promise<void> {
    const cgroupId = this.#options.cgroupIdOf(container);
    // With its group everything that was denied to it is gone.
    if (cgroupId === undefined) return;
    if (peers === "all") await this.#options.restorePolicy(container, cgroupId);
    else {
      const remove = peers.map((address) => ({ address, cgroupId }));
      await this.#options.sensor.command("channel", { remove });
    }
  }

  async destroy(): Promise<number> {
    return 0;
  }

  async forget(): Promise<number> {
    return 0;
  }

  async probe(): Promise<ProbeAnswer> {
    return "silent";
  }
}

function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === "number" ? value : 0;
}
