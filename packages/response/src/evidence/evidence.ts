import path from "node:path";
import { type JsonObject, MiB, messageOf } from "@pratique/core";
import { ResponseError } from "../errors.ts";
import type { EvidenceLimits } from "../policy/response-policy.ts";
import type { ContainerReference, ContainerView, FlightRecorder, ResponseHost } from "../ports.ts";
import { rounded, withDeadline } from "../run-steps.ts";
import { bytesBelow, EvidenceDirectory, type EvidenceSource } from "./evidence-directory.ts";
import { describeMaps, describeProcesses, hashExecutables } from "./processes.ts";
import { listUpperLayer } from "./upper-layer.ts";

/** What was gathered about a container. `complete` is false where anything is missing; the manifest says what. */
export interface Evidence {
  readonly directory: string;
  /** Of `manifest.json`, which holds the hashes of the files. */
  readonly manifestSha256: string;
  readonly bytes: number;
  readonly complete: boolean;
  /** Empty where something was kept. */
  readonly failure: string;
  /** Milliseconds from the decision. */
  readonly atMs: number;
  readonly tookMs: number;
}

export interface EvidenceRequest {
  readonly actId: string;
  readonly container: ContainerReference;
  readonly view: ContainerView;
  readonly limits: EvidenceLimits;
  /** Milliseconds since the decision. */
  readonly elapsed: () => number;
  readonly about: JsonObject;
}

export interface EvidenceGathererOptions {
  /** Holds a directory for each act. */
  readonly root: string;
  readonly host: ResponseHost;
  readonly recorder: FlightRecorder;
  readonly proc?: string;
}

/** Gathers evidence within limits of time and room, and never rejects: what it could not do is in its answer. */
export class EvidenceGatherer {
  readonly #root: string;
  readonly #host: ResponseHost;
  readonly #recorder: FlightRecorder;
  readonly #proc: string;

  constructor({ root, host, recorder, proc = "/proc" }: EvidenceGathererOptions) {
    this.#root = root;
    this.#host = host;
    this.#recorder = recorder;
    this.#proc = proc;
  }

  async gather(request: EvidenceRequest): Promise<Evidence> {
    const { actId, limits, elapsed } = request;
    const atMs = elapsed();
    const directory = path.join(this.#root, actId);
    try {
      await this.#checkRoom(limits);
      const kept = await this.#keep(directory, request);
      return { directory, ...kept, failure: "", atMs, tookMs: elapsed() - atMs };
    } catch (thrown) {
      const tookMs = elapsed() - atMs;
      const failure = messageOf(thrown);
      return { directory: "", manifestSha256: "", bytes: 0, complete: false, failure, atMs, tookMs };
    }
  }

  async #keep(
    directory: string,
    { container, view, limits, elapsed, about }: EvidenceRequest,
  ): Promise<Pick<Evidence, "manifestSha256" | "bytes" | "complete">> {
    const startedMs = elapsed();
    const evidence = await EvidenceDirectory.make(directory, limits.megabytes * MiB);
    try {
      const pids = await this.#pids(container, limits);
      for (const source of this.#sources(container, view, pids)) {
        // Half of what is left: none that is slow, or made slow, takes the time of all the others.
        const leftMs = startedMs + limits.seconds * 1000 - elapsed();
        await evidence.add(source, AbortSignal.timeout(Math.max(Math.ceil(leftMs / 2), 1)));
      }
      const gathering = { startedMs: rounded(startedMs), endedMs: rounded(elapsed()), limits };
      const manifestSha256 = await evidence.finish({ about, gathering });
      return {
        manifestSha256,
        bytes: evidence.bytes,
        complete: evidence.files.every(({ complete }) => complete),
      };
    } catch (thrown) {
      await evidence.discard();
      throw thrown;
    }
  }

  /** What goes away first comes first, and what an attacker can make long comes last. */
  #sources(
    container: ContainerReference,
    view: ContainerView,
    pids: readonly number[],
  ): readonly EvidenceSource[] {
    const { control, kernel } = this.#host;
    const proc = this.#proc;
    return [
      { name: "sockets.json", read: (signal) => this.#sockets(container, view, signal) },
      { name: "processes.jsonl", read: () => describeProcesses(pids, proc) },
      { name: "events.jsonl", read: (signal) => this.#recorder.events(container.id, signal) },
      { name: "packets.pcap", read: (signal) => this.#recorder.packets(container.id, signal) },
      { name: "executables.jsonl", read: (signal) => hashExecutables(pids, proc, signal) },
      { name: "container.json", read: (signal) => jsonOf(control.describe(container, signal)) },
      { name: "maps.jsonl", read: () => describeMaps(pids, proc) },
      { name: "changes.jsonl", read: (signal) => jsonLines(control.changes(container, signal)) },
      { name: "upper-layer.jsonl", read: (signal) => this.#upperLayer(container, signal) },
      // Again, since processes may have come while the others were described.
      { name: "pids-at-end.json", read: (signal) => jsonOf(kernel.processes(container, signal)) },
    ];
  }

  async *#sockets(
    container: ContainerReference,
    { pid }: ContainerView,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    if (pid === 0) return;
    const sockets = await this.#host.kernel.sockets({ container, pid }, signal);
    yield JSON.stringify(sockets, undefined, 1);
  }

  async *#upperLayer(container: ContainerReference, signal: AbortSignal): AsyncGenerator<string> {
    const { upperDirectory } = await this.#host.control.describe(container, signal);
    if (upperDirectory === undefined) throw new Error("the engine does not say where the upper layer lies");
    yield* listUpperLayer(upperDirectory, signal);
  }

  async #pids(container: ContainerReference, { seconds }: EvidenceLimits): Promise<readonly number[]> {
    return await withDeadline(seconds * 1000, (signal) => this.#host.kernel.processes(container, signal));
  }

  async #checkRoom({ totalMegabytes }: EvidenceLimits): Promise<void> {
    const bytes = await bytesBelow(this.#root);
    if (bytes >= totalMegabytes * MiB) {
      throw new ResponseError("EVIDENCE_UNKEPT", `${bytes} bytes are kept already, of ${totalMegabytes} MiB`);
    }
  }
}

export function evidenceJson(evidence: Evidence): JsonObject {
  const { directory, manifestSha256, bytes, complete, failure, atMs, tookMs } = evidence;
  return {
    directory,
    manifestSha256,
    bytes,
    complete,
    failure,
    atMs: rounded(atMs),
    tookMs: rounded(tookMs),
  };
}

async function* jsonOf(value: Promise<unknown>): AsyncGenerator<string> {
  yield `${JSON.stringify(await value, undefined, 1)}\n`;
}

async function* jsonLines(values: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`;
}
