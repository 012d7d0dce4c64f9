import {
  type ContactProtocol,
  type Meeting,
  type PastContainer,
  type PastLimits,
  PastWriter,
} from "@pratique/intel";
import {
  channelHooks,
  readAddress,
  type SensorContainer,
  type SensorEvent,
  type SensorNotice,
  type TrackedContainer,
  wireTags,
} from "@pratique/sensor";
import type { AgentLogger } from "../../agent-logger.ts";

export interface ContactRecorderOptions {
  readonly directory: string;
  readonly limits: PastLimits;
  readonly isOwn: (containerId: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  readonly log: AgentLogger;
}

const EINPROGRESS = -115;

/** Keeps whom containers speak to, so that it can be looked through for what is listed later. */
export class ContactRecorder {
  readonly #options: ContactRecorderOptions;
  readonly #writer: PastWriter;
  /** One for each container as it is known, and not one for each event. */
  readonly #containers = new WeakMap<SensorContainer, PastContainer>();
  #failure = "";

  constructor(options: ContactRecorderOptions) {
    this.#options = options;
    const { directory, limits, now, elapsedMs } = options;
    this.#writer = new PastWriter({ directory, limits, now, elapsedMs });
  }

  /** Why it cannot be kept at present; empty where nothing is wrong. */
  get failure(): string {
    return this.#failure === "" ? "" : `contacts are not recorded: ${this.#failure}`;
  }

  /** Never rejects. */
  async open(): Promise<void> {
    await this.#writer.open();
    this.#tell();
  }

  /** To be called every second or so. Never rejects. */
  async tick(): Promise<void> {
    await this.#writer.tick();
    this.#tell();
  }

  async close(): Promise<void> {
    await this.#writer.close();
    this.#tell();
  }

  /** To be called with every event: it writes nothing. */
  observe(event: SensorEvent): void {
    if (event.tracked === undefined) return;
    switch (event.type) {
      case "connect":
        this.#call(event, event.result === 0 || event.result === EINPROGRESS);
        break;
      case "sendto":
      case "sendmsg":
      case "sendmmsg":
        this.#call(event, (event.result ?? -1) >= 0);
        break;
      case "accept":
      case "accept4":
        if ((event.result ?? -1) >= 0) this.#callOf(event);
        break;
      case "dns":
        this.#names(event);
        break;
      default:
        break;
    }
  }

  /** The kernel tells of a name in the hello of TLS where it may be listed. */
  noticed({ kind, record, container, process }: SensorNotice): void {
    if (kind !== "channel" || container === undefined) return;
    if (record.number(wireTags.number1) !== channelHooks.sni) return;
    const peer = record.text(wireTags.text) ?? "";
    const end = readAddress(record, wireTags.remote);
    if (peer === "") return;
    this.#writer.meet(this.#containerOf(container), {
      kind: "sni",
      peer,
      port: end?.port ?? 0,
      protocol: "tcp",
      executable: process?.exePath ?? "",
      time: this.#options.now(),
      reached: true,
      answers: end === undefined ? [] : [end.address],
    });
  }

  #call(event: SensorEvent, reached: boolean): void {
    const { remote, protocol, scope } = event;
    if (remote === undefined || protocol === "unix") return;
    const { address, port } = remote;
    const name = event.context.dns.nameOf(scope, address, event.record.timeNs) ?? "";
    this.#meet(event, {
      kind: "out",
      peer: address,
      port,
      protocol: protocolOf(protocol),
      reached,
      ...(name !== "" && { name }),
    });
  }

  #callOf(event: SensorEvent): void {
    const { local, remote, protocol } = event;
    if (remote === undefined || protocol === "unix") return;
    const port = local?.port ?? 0;
    this.#meet(event, {
      kind: "in",
      peer: remote.address,
      port,
      protocol: protocolOf(protocol),
      reached: true,
    });
  }

  #names(event: SensorEvent): void {
    const { dnsMessage } = event;
    if (dnsMessage === undefined) return;
    const { isResponse, questions, answers } = dnsMessage;
    const about = { port: 0, protocol: "udp", reached: true } as const;
    const addresses = answers.flatMap(({ kind, value }) => (kind === "address" ? [value] : []));
    for (const { name } of questions) {
      this.#meet(event, { ...about, kind: "name", peer: name, answers: addresses, isAnswer: isResponse });
    }
    for (const { kind, owner, value } of answers) {
      if (kind === "alias")
        this.#meet(event, { ...about, kind: "alias", peer: value, name: owner, answers: addresses });
    }
  }

  #meet(event: SensorEvent, meeting: Omit<Meeting, "time" | "executable">): void {
    const { tracked, time, process } = event;
    if (tracked === undefined) return;
    this.#writer.meet(this.#containerOf(tracked), { ...meeting, time, executable: process.exePath });
  }

  #containerOf({ identity, details }: TrackedContainer): PastContainer {
    if (details === undefined) return { ...nothingKnown, ...identity };
    const known = this.#containers.get(details);
    if (known !== undefined) return known;
    const made: PastContainer = {
      id: details.id,
      runtime: details.runtime,
      name: details.name,
      image: details.image,
      imageId: details.imageId ?? "",
      imageDigest: details.imageDigest ?? "",
      labels: details.labels,
      own: this.#options.isOwn(details.id),
    };
    this.#containers.set(details, made);
    return made;
  }

  #tell(): void {
    const { failure } = this.#writer;
    if (failure !== this.#failure && failure !== "") {
      this.#options.log.warn({ error: failure }, "whom containers speak to cannot be recorded");
    }
    this.#failure = failure;
  }
}

const nothingKnown = { name: "", image: "", imageId: "", imageDigest: "", labels: {}, own: false };

function protocolOf(protocol: SensorEvent["protocol"]): ContactProtocol {
  return protocol === "tcp" || protocol === "udp" ? protocol : "other";
}
