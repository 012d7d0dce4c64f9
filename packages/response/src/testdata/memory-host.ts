import type { AuditEvent, AuditRecord, AuditSink, Detection, RuntimeContainer } from "@pratique/core";
import { addressKey } from "../flows/address-key.ts";
import { leadsTo } from "../flows/flow-steps.ts";
import type { FlowSocket } from "../flows/socket-table.ts";
import type {
  ContainerControl,
  ContainerReference,
  ContainerView,
  ControlPower,
  FlowControl,
  FlowPower,
  FlowTarget,
  KernelView,
  Peers,
  ResponseHost,
  StateStore,
} from "../ports.ts";

interface MemoryContainer {
  view: ContainerView;
  sockets: FlowSocket[];
  denied: Peers[];
}

/** Names of calls that fail, or that never answer, by `pause`, `deny`…; each call is noted as `pause ID`. */
export class MemoryHost implements ResponseHost {
  readonly calls: string[] = [];
  readonly failing = new Set<string>();
  readonly hanging = new Set<string>();
  /** The call is answered, and nothing happens. */
  readonly lying = new Set<string>();
  /** Why the engine does not answer, where it does not. */
  unanswered: string | undefined;
  controlPowers: readonly ControlPower[] = ["pause", "stop", "kill", "disconnect"];
  flowPowers: readonly FlowPower[] = ["deny", "isolate", "destroy", "conntrack", "probe"];
  readonly #containers = new Map<string, MemoryContainer>();

  readonly control: ContainerControl = {
    powers: (_, { unanswered, ownNetwork }) =>
      unanswered === undefined
        ? this.controlPowers.filter((power) => power !== "disconnect" || ownNetwork)
        : [],
    look: async ({ id }) => {
      await this.#call("look", id, false);
      const view = this.#containers.get(id)?.view;
      return view === undefined || this.unanswered === undefined
        ? view
        : { ...view, unanswered: this.unanswered };
    },
    countRunning: async () => [...this.#containers.values()].filter(({ view }) => view.running).length,
    pause: (container) => this.#change("pause", container, { paused: true }),
    unpause: (container) => this.#change("unpause", container, { paused: false }),
    stop: (container) => this.#change("stop", container, { running: false, paused: false, pid: 0 }),
    kill: (container) => this.#change("kill", container, { running: false, paused: false, pid: 0 }),
    start: (container) => this.#change("start", container, { running: true, pid: 7 }),
    setRestartPolicy: (container, restartPolicy) => this.#change("restart-policy", container, { restartPolicy }),
    disconnect: async (container, { network }) => {
      const networks = this.at(container.id).networks.filter((each) => each.network !== network);
      await this.#change("disconnect", container, { networks });
    },
    connect: async (container, network) => {
      await this.#change("connect", container, { networks: [...this.at(container.id).networks, network] });
    },
    changes: async function* () {
      yield { path: "/tmp/x", kind: "added" };
    },
    describe: async ({ id }) => ({ description: { Id: id }, upperDirectory: undefined }),
  };

  readonly flows: FlowControl = {
    powers: async () => {
      if (this.failing.has("powers")) throw new Error("the sensor is away");
      return this.flowPowers;
    },
    deny: async (container, peers) => {
      await this.#call("deny", container.id);
      const found = this.#of(container);
      if (!this.lying.has("deny")) found.denied.push(peers);
      if (this.flowPowers.includes("destroy")) return { sockets: 0, connections: 0, flows: undefined };
      const ended = found.sockets.filter((socket) => leadsTo(socket, peers));
      found.sockets = found.sockets.filter((socket) => !ended.includes(socket));
      return { sockets: ended.length, connections: 0, flows: ended };
    },
    allow: async (container, peers) => {
      await this.#call("allow", container.id);
      const found = this.#containers.get(container.id);
      if (found !== undefined) found.denied = found.denied.filter((each) => each.toString() !== peers.toString());
    },
    destroy: async (target, peers) => {
      await this.#call("destroy", target.container.id);
      const found = this.#of(target.container);
      const left = found.sockets.filter((socket) => !leadsTo(socket, peers));
      const destroyed = found.sockets.length - left.length;
      if (!this.lying.has("destroy")) found.sockets = left;
      return destroyed;
    },
    forget: async (target) => {
      await this.#call("forget", target.container.id);
      return 1;
    },
    probe: async (target, peer) => {
      await this.#call("probe", target.container.id, false);
      return this.denies(target.container.id, peer) ? "refused" : "reached";
    },
  };

  readonly kernel: KernelView = {
    sockets: async ({ container }: FlowTarget) => {
      await this.#call("sockets", container.id, false);
      return this.#of(container).sockets;
    },
    tracked: async () => undefined,
    processes: async ({ id }) => (this.#containers.get(id)?.view.running === true ? [7] : []),
    frozen: async () => [...this.#containers.values()].some(({ view }) => view.paused),
  };

  /** A running container with one channel to each peer. */
  run(id: string, peers: readonly string[] = [], view: Partial<ContainerView> = {}): RuntimeContainer {
    this.#containers.set(id, {
      view: { ...freshView, ...view },
      sockets: peers.map((peer) => socketTo(peer)),
      denied: [],
    });
    return containerNamed(id);
  }

  remove(id: string): void {
    this.#containers.delete(id);
  }

  set(id: string, view: Partial<ContainerView>): void {
    const found = this.#containers.get(id);
    if (found !== undefined) found.view = { ...found.view, ...view };
  }

  at(id: string): ContainerView {
    return this.#of({ id }).view;
  }

  /** What the kernel forgets when it restarts, or its sensor does. */
  forgetDenials(): void {
    for (const container of this.#containers.values()) container.denied = [];
  }

  denies(id: string, peer: string): boolean {
    const key = addressKey(peer);
    return this.#of({ id }).denied.some((peers) => peers === "all" || peers.map(addressKey).includes(key));
  }

  socketsOf(id: string): number {
    return this.#of({ id }).sockets.length;
  }

  /** Names of the calls that change something, since the last time. */
  changes(): readonly string[] {
    return this.calls.splice(0);
  }

  async #change(name: string, { id }: ContainerReference, view: Partial<ContainerView>): Promise<void> {
    await this.#call(name, id);
    if (!this.lying.has(name)) this.set(id, view);
  }

  async #call(name: string, id: string, noted = true): Promise<void> {
    if (noted) this.calls.push(`${name} ${id}`);
    if (this.hanging.has(name)) await new Promise(() => undefined);
    if (this.failing.has(name)) throw new Error(`${name} is not possible`);
  }

  #of({ id }: Pick<ContainerReference, "id">): MemoryContainer {
    const found = this.#containers.get(id);
    if (found === undefined) throw new Error(`no container ${id}`);
    return found;
  }
}

const freshView: ContainerView = {
  running: true,
  paused: false,
  pid: 7,
  restartPolicy: { name: "always", maximumRetries: 0 },
  networks: [{ network: "shop", settings: { Aliases: ["db"] } }],
  ownNetwork: true,
};

function socketTo(remoteAddress: string): FlowSocket {
  return {
    table: "tcp",
    localAddress: "172.18.0.2",
    localPort: 40_000,
    remoteAddress,
    remotePort: 443,
    state: "established",
    inode: 1,
  };
}

export function containerNamed(id: string, more: Partial<RuntimeContainer> = {}): RuntimeContainer {
  return {
    id,
    runtime: "docker",
    name: `name-of-${id}`,
    image: "shop/web:1",
    imageId: undefined,
    privileged: false,
    labels: {},
    mounts: [],
    createdAt: 0,
    ...more,
  };
}

export function detectionOf(container: RuntimeContainer | undefined, more: Partial<Detection> = {}): Detection {
  return {
    id: "detection-1",
    rule: "Terminal shell in container",
    description: "",
    priority: "warning",
    tags: ["mitre_execution"],
    time: "2026-01-01T00:00:00.000Z",
    eventType: "execve",
    output: "a shell was started",
    fields: {},
    matched: [],
    container,
    processes: [],
    action: undefined,
    outcome: "none",
    suppressed: 0,
    ...more,
  };
}

/** Keeps what was appended. */
export class MemoryAudit implements AuditSink {
  readonly events: AuditEvent[] = [];
  broken = false;

  append(event: AuditEvent): AuditRecord {
    if (this.broken) throw new Error("the disk is full");
    this.events.push(event);
    return { ...event, sequence: this.events.length, time: "", previousHash: "", hash: "" };
  }

  actions(): readonly string[] {
    return this.events.map(({ action }) => action);
  }
}

/** Keeps a text, as a file would. */
export class MemoryStore implements StateStore {
  text: string | undefined;
  aside: string[] = [];
  broken = false;

  load(): string | undefined {
    return this.text;
  }

  save(text: string): void {
    if (this.broken) throw new Error("the disk is full");
    this.text = text;
  }

  setAside(text: string): void {
    this.aside.push(text);
  }
}
