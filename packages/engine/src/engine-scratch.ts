import { MiB } from "@pratique/core";
import type { EngineAddress } from "./address.ts";
import { collect, MAX_ERROR_BYTES, messageIn, pathOf, refused } from "./answer.ts";
import { EngineError } from "./errors.ts";
import { JsonView } from "./json-view.ts";
import { type Exchange, type Order, Transport } from "./transport.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const CLEAN_UP_DEADLINE_MS = 30_000;
const MAX_ANSWER_BYTES = 4 * MiB;
const MAX_LOG_LINES = 1000;
/** What is tried needs little; what broke loose is held. */
const LIMITS = { Memory: 512 * MiB, PidsLimit: 64 };
const FRAME_HEADER = 8;
const CONTAINER_ID = /^[0-9a-f]{64}$/u;
const IMAGE_ID = /^sha256:[0-9a-f]{64}$/u;

/** A container in the words of the engine's API. */
export interface ContainerBody {
  readonly HostConfig?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** What is to become an image of `reference`. */
export interface ImageAddition {
  /** The id of the image that it is made of, and a name of it. */
  readonly image: string;
  readonly name: string;
  /** A tar archive. */
  readonly files: Iterable<Uint8Array>;
  readonly reference: string;
}

/** What a container said, and what it ended with. */
export interface ScratchOutput {
  readonly text: string;
  /** As a shell tells it: 137 where SIGKILL ended it. */
  readonly exitCode: number;
}

/** Everything that a {@link ScratchEngine} makes carries this label, with the name of the run. */
const SCRATCH_LABEL = "org.pratique.scratch";

/** An engine in which something is tried in containers that are gone afterwards. Calls reject with an {@link EngineError}. */
export interface ScratchEngine {
  /** Gives the image's id. */
  importImage(archive: Iterable<Uint8Array>, reference: string, signal: AbortSignal): Promise<string>;
  /** Rejects with `SCRATCH_REFUSED` where a gate says no. Gives the container's id, all 64 characters. */
  create(name: string, container: ContainerBody, signal: AbortSignal): Promise<string>;
  /** Rejects as `create` does. */
  start(id: string, signal: AbortSignal): Promise<void>;
  /** Waits until it has ended. */
  output(id: string, signal: AbortSignal): Promise<ScratchOutput>;
  /** Whether it runs or not; one that is gone is no error. Takes no signal: it has to happen. */
  removeContainer(id: string): Promise<void>;
  removeImage(reference: string): Promise<void>;
  /** Ids of the containers that carry the label with this value. */
  listContainers(run: string): Promise<readonly string[]>;
}

/**
 * Scratch containers in an engine: they have no network and little of anything else, unless their body says otherwise. Apart from
 * `EngineControl`: whoever holds that can make nothing.
 */
export class EngineScratch implements ScratchEngine {
  readonly #transport: Transport;
  readonly #run: string;

  /** `run` is what everything that is made here is labelled with. */
  constructor({ address, run }: { readonly address: EngineAddress; readonly run: string }) {
    this.#transport = new Transport({
      address,
      tls: undefined,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      maxConnections: Number.POSITIVE_INFINITY,
      // One that is kept would keep the engine from being asked anew after a pause.
      keepsConnections: false,
    });
    this.#run = run;
  }

  async importImage(archive: Iterable<Uint8Array>, reference: string, signal: AbortSignal): Promise<string> {
    const [repo = "", tag = ""] = reference.split(":");
    const query = new URLSearchParams({ fromSrc: "-", repo, tag });
    const answer = await this.#order(
      { method: "POST", path: `/images/create?${query}`, body: archive },
      signal,
    );
    // It tells how it goes, a line each; the last one is the id.
    const last = textOf(answer).trim().split("\n").at(-1) ?? "";
    return idIn(parse(last, "the import of an image").at("status"), IMAGE_ID);
  }

  async create(name: string, { HostConfig, ...body }: ContainerBody, signal: AbortSignal): Promise<string> {
    const path = `/containers/create?${new URLSearchParams({ name })}`;
    const container = {
      ...body,
      Labels: { [SCRATCH_LABEL]: this.#run },
      HostConfig: { ...LIMITS, NetworkMode: "none", LogConfig: { Type: "json-file" }, ...HostConfig },
    };
    const answer = await this.#order({ method: "POST", path, body: JSON.stringify(container) }, signal);
    return idIn(parse(textOf(answer), "the new container").at("Id"), CONTAINER_ID);
  }

  /**
   * Makes an image of another one with files put to its root, and gives its id. Rejects with `IMAGE_NOT_FOUND` where `name` is
   * that of another image by now: what a gate allows it allows by the name.
   */
  async addToImage({ image, name, files, reference }: ImageAddition, signal: AbortSignal): Promise<string> {
    const id = await this.create(`${this.#run}-image`, { Image: name, Cmd: ["none"] }, signal);
    try {
      const created = parse(textOf(await this.#get(`/containers/${id}/json`, signal)), "a container");
      if (created.at("Image").string() !== image) {
        throw new EngineError("IMAGE_NOT_FOUND", `${name} is another image by now`);
      }
      await this.#order({ method: "PUT", path: `/containers/${id}/archive?path=/`, body: files }, signal);
      const [repo = "", tag = ""] = reference.split(":");
      const query = new URLSearchParams({ container: id, repo, tag });
      const answer = await this.#order({ method: "POST", path: `/commit?${query}` }, signal);
      return idIn(parse(textOf(answer), "the new image").at("Id"), IMAGE_ID);
    } finally {
      await this.removeContainer(id);
    }
  }

  async start(id: string, signal: AbortSignal): Promise<void> {
    await this.#order({ method: "POST", path: `/containers/${pathOf(id)}/start` }, signal);
  }

  async output(id: string, signal: AbortSignal): Promise<ScratchOutput> {
    const ended = await this.#order({ method: "POST", path: `/containers/${pathOf(id)}/wait` }, signal);
    const exitCode = parse(textOf(ended), "the end of a container").at("StatusCode").number();
    const path = `/containers/${pathOf(id)}/logs?stdout=1&stderr=1&tail=${MAX_LOG_LINES}`;
    return { exitCode, text: textOfLog(await this.#get(path, signal)) };
  }

  async removeContainer(id: string): Promise<void> {
    await this.#remove(`/containers/${pathOf(id)}?force=1&v=1`);
  }

  async removeImage(reference: string): Promise<void> {
    await this.#remove(`/images/${pathOf(reference)}?force=1`);
  }

  async listContainers(run: string): Promise<readonly string[]> {
    const filters = JSON.stringify({ label: [`${SCRATCH_LABEL}=${run}`] });
    const path = `/containers/json?${new URLSearchParams({ all: "1", filters })}`;
    const answer = await this.#get(path, AbortSignal.timeout(CLEAN_UP_DEADLINE_MS));
    return parse(textOf(answer), "the list of containers")
      .list()
      .map((container) => idIn(container.at("Id"), CONTAINER_ID));
  }

  async #remove(path: string): Promise<void> {
    const signal = AbortSignal.timeout(CLEAN_UP_DEADLINE_MS);
    const { status, body } = await this.#transport.send({ method: "DELETE", path }, signal);
    const bytes = await collect(body, MAX_ERROR_BYTES);
    // Gone already, or going: both are what was asked for.
    if (status >= 300 && status !== 404 && status !== 409) throw refused(status, messageIn(bytes));
  }

  async #order(order: Order, signal: AbortSignal): Promise<Uint8Array> {
    return await answerIn(await this.#transport.send(order, signal));
  }

  async #get(path: string, signal: AbortSignal): Promise<Uint8Array> {
    return await answerIn(await this.#transport.get(path, signal));
  }
}

async function answerIn({ status, body }: Exchange): Promise<Uint8Array> {
  if (status >= 200 && status < 300) return await collect(body, MAX_ANSWER_BYTES);
  const bytes = await collect(body, MAX_ERROR_BYTES);
  // All that a gate says: it may name many rules.
  if (status === 403) throw new EngineError("SCRATCH_REFUSED", messageIn(bytes, MAX_ERROR_BYTES).trim());
  throw refused(status, messageIn(bytes));
}

function parse(answer: string, what: string): JsonView {
  try {
    return new JsonView(JSON.parse(answer), what);
  } catch (cause) {
    throw new EngineError("ENGINE_MALFORMED", `expected JSON on ${what}`, { cause });
  }
}

function idIn(view: JsonView, form: RegExp): string {
  const id = view.string();
  if (form.test(id)) return id;
  throw new EngineError("ENGINE_MALFORMED", `expected an id, found ${JSON.stringify(id.slice(0, 80))}`);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/**
 * Without a terminal the engine puts a header before each piece: a byte for the stream, three of nothing, and the
 * length. (Docker Engine API, "Attach to a container", Stream format.) With one it is the text as it came.
 */
function textOfLog(bytes: Uint8Array): string {
  const log = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (log.byteLength < FRAME_HEADER || !isFrame(log)) return log.toString("utf8");
  const pieces: Buffer[] = [];
  for (let place = 0; place + FRAME_HEADER <= log.byteLength; ) {
    const length = log.readUInt32BE(place + 4);
    pieces.push(log.subarray(place + FRAME_HEADER, place + FRAME_HEADER + length));
    place += FRAME_HEADER + length;
  }
  return Buffer.concat(pieces).toString("utf8");
}

function isFrame(log: Buffer): boolean {
  const [stream = 255, ...padding] = log.subarray(0, 4);
  return stream <= 2 && padding.every((byte) => byte === 0);
}
