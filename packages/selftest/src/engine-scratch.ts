import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { messageOf } from "@pratique/core";
import { z } from "zod";
import type { ContainerNeeds } from "./attack.ts";
import { SelftestError } from "./errors.ts";
import {
  SCRATCH_LABEL,
  type ScratchContainer,
  type ScratchEngine,
  type ScratchOutput,
  ScratchRefusal,
} from "./ports.ts";

const CLEAN_UP_DEADLINE_MS = 30_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_LOG_LINES = 1000;
/** Attacks need little; one that broke loose is held. */
const LIMITS = { Memory: 512 * 1024 * 1024, PidsLimit: 64 };
const FRAME_HEADER = 8;

const created = z.object({ Id: z.string().regex(/^[0-9a-f]{64}$/u) });
const imported = z.object({ status: z.string() });
const inspected = z.object({ Image: z.string() });
const committed = z.object({ Id: z.string().regex(/^sha256:[0-9a-f]{64}$/u) });
const waited = z.object({ StatusCode: z.number() });
const listed = z.array(created);

interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly signal: AbortSignal;
  readonly json?: unknown;
  readonly archive?: Iterable<Uint8Array>;
}

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

/** Scratch containers in the engine of this host, by its socket. */
export class EngineScratch implements ScratchEngine {
  readonly #socketPath: string;
  readonly #run: string;

  /** `run` is what everything that is made here is labelled with. */
  constructor({ socketPath, run }: { readonly socketPath: string; readonly run: string }) {
    this.#socketPath = socketPath;
    this.#run = run;
  }

  async importImage(archive: Iterable<Uint8Array>, reference: string, signal: AbortSignal): Promise<string> {
    const [repo, tag] = reference.split(":");
    const query = new URLSearchParams({ fromSrc: "-", repo: repo ?? "", tag: tag ?? "" });
    const answer = await this.#ask({ method: "POST", path: `/images/create?${query}`, archive, signal });
    const last = answer.toString("utf8").trim().split("\n").at(-1) ?? "";
    const { status } = parse(imported, last, "the import of an image");
    if (!/^sha256:[0-9a-f]{64}$/u.test(status)) throw failed(`expected an image id, found ${status}`);
    return status;
  }

  async create(container: ScratchContainer, signal: AbortSignal): Promise<string> {
    const { image, name, command, environment, needs } = container;
    const json = {
      Image: image,
      Cmd: command,
      Env: environment,
      ...(needs.user !== undefined && { User: needs.user }),
      ...(needs.volumes !== undefined && {
        Volumes: Object.fromEntries(needs.volumes.map((place) => [place, {}])),
      }),
      ...(needs.terminal === true && { Tty: true, OpenStdin: true }),
      HostConfig: this.#hostConfigOf(needs),
    };
    return await this.createFrom(name, json, signal);
  }

  /** A container as the engine's API describes one (`POST /containers/create`). Rejects and gives as `create` does. */
  async createFrom(
    name: string,
    { HostConfig, ...body }: ContainerBody,
    signal: AbortSignal,
  ): Promise<string> {
    const path = `/containers/create?${new URLSearchParams({ name })}`;
    const json = {
      ...body,
      Labels: { [SCRATCH_LABEL]: this.#run },
      HostConfig: { ...LIMITS, NetworkMode: "none", LogConfig: { Type: "json-file" }, ...HostConfig },
    };
    return parse(created, await this.#ask({ method: "POST", path, json, signal }), "the new container").Id;
  }

  /**
   * Makes an image of another one with files put to its root, and gives its id. Where `name` is that of another image by now,
   * it rejects: what a gate allows it allows by the name.
   */
  async addToImage({ image, name, files, reference }: ImageAddition, signal: AbortSignal): Promise<string> {
    const id = await this.createFrom(`${this.#run}-image`, { Image: name, Cmd: ["none"] }, signal);
    try {
      const created = await this.#ask({ method: "GET", path: `/containers/${id}/json`, signal });
      if (parse(inspected, created, "a container").Image !== image)
        throw failed(`${name} is another image by now`);
      const [repo, tag] = reference.split(":");
      await this.#ask({ method: "PUT", path: `/containers/${id}/archive?path=/`, archive: files, signal });
      const query = new URLSearchParams({ container: id, repo: repo ?? "", tag: tag ?? "" });
      const answer = await this.#ask({ method: "POST", path: `/commit?${query}`, signal });
      return parse(committed, answer, "the new image").Id;
    } finally {
      await this.removeContainer(id);
    }
  }

  async start(id: string, signal: AbortSignal): Promise<void> {
    await this.#ask({ method: "POST", path: `/containers/${id}/start`, signal });
  }

  async output(id: string, signal: AbortSignal): Promise<ScratchOutput> {
    const ended = await this.#ask({ method: "POST", path: `/containers/${id}/wait`, signal });
    const { StatusCode: exitCode } = parse(waited, ended, "the end of a container");
    const path = `/containers/${id}/logs?stdout=1&stderr=1&tail=${MAX_LOG_LINES}`;
    return { exitCode, text: textOfLog(await this.#ask({ method: "GET", path, signal })) };
  }

  async removeContainer(id: string): Promise<void> {
    await this.#remove(`/containers/${id}?force=1&v=1`);
  }

  async removeImage(reference: string): Promise<void> {
    await this.#remove(`/images/${reference}?force=1`);
  }

  async listContainers(run: string): Promise<readonly string[]> {
    const filters = JSON.stringify({ label: [`${SCRATCH_LABEL}=${run}`] });
    const path = `/containers/json?${new URLSearchParams({ all: "1", filters })}`;
    const signal = AbortSignal.timeout(CLEAN_UP_DEADLINE_MS);
    const answer = await this.#ask({ method: "GET", path, signal });
    return parse(listed, answer, "the list of containers").map(({ Id }) => Id);
  }

  #hostConfigOf(needs: ContainerNeeds): Readonly<Record<string, unknown>> {
    return {
      ...(needs.privileged === true && { Privileged: true }),
      ...(needs.capAdd !== undefined && { CapAdd: needs.capAdd }),
      ...(needs.unconfined === true && { SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"] }),
      ...(needs.hostProcesses === true && { PidMode: "host" }),
      ...(needs.engineSocket === true && { Binds: [`${this.#socketPath}:/var/run/docker.sock`] }),
      ...(needs.tmpfs !== undefined && { Tmpfs: needs.tmpfs }),
    };
  }

  async #remove(path: string): Promise<void> {
    const signal = AbortSignal.timeout(CLEAN_UP_DEADLINE_MS);
    const { status, bytes } = await this.#exchange({ method: "DELETE", path, signal });
    // Gone already, or going: both are what was asked for.
    if (status >= 300 && status !== 404 && status !== 409) throw failed(messageIn(bytes));
  }

  async #ask(call: Call): Promise<Buffer> {
    const { status, bytes } = await this.#exchange(call);
    if (status >= 200 && status < 300) return bytes;
    if (status === 403) throw new ScratchRefusal(messageIn(bytes));
    throw failed(messageIn(bytes));
  }

  async #exchange(call: Call): Promise<{ readonly status: number; readonly bytes: Buffer }> {
    try {
      const message = await this.#send(call);
      return { status: message.statusCode ?? 0, bytes: await readBounded(message) };
    } catch (thrown) {
      if (thrown instanceof SelftestError) throw thrown;
      throw new SelftestError("SCRATCH_FAILED", `no answer of the engine: ${messageOf(thrown)}`, {
        cause: thrown,
      });
    }
  }

  async #send({ method, path, signal, json, archive }: Call): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const type = archive === undefined ? "application/json" : "application/x-tar";
    const call = request({
      socketPath: this.#socketPath,
      method,
      path,
      signal,
      // A connection each: one that is kept would keep the engine from being asked anew after a pause.
      agent: false,
      headers: {
        host: "engine",
        ...((json !== undefined || archive !== undefined) && { "content-type": type }),
      },
    });
    call.once("response", resolve).on("error", reject);
    // Where the archive cannot be sent, that is what is told, and nobody waits for the answer.
    promise.catch(() => undefined);
    if (archive === undefined) call.end(json === undefined ? undefined : JSON.stringify(json));
    else await pipeline(Readable.from(archive), call);
    return promise;
  }
}

async function readBounded(message: IncomingMessage): Promise<Buffer> {
  let total = 0;
  message.on("data", (chunk: Buffer) => {
    total += chunk.byteLength;
    if (total > MAX_ANSWER_BYTES)
      message.destroy(failed(`an answer is longer than ${MAX_ANSWER_BYTES} bytes`));
  });
  return buffer(message);
}

function parse<Output>(schema: z.ZodType<Output>, answer: Buffer | string, what: string): Output {
  try {
    return schema.parse(JSON.parse(answer.toString()));
  } catch (cause) {
    throw new SelftestError("SCRATCH_FAILED", `the engine's answer on ${what} is malformed`, { cause });
  }
}

/**
 * Without a terminal the engine puts a header before each piece: a byte for the stream, three of nothing, and the
 * length. (Docker Engine API, "Attach to a container", Stream format.) With one it is the text as it came.
 */
function textOfLog(log: Buffer): string {
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

function messageIn(bytes: Buffer): string {
  const text = bytes.toString("utf8").trim();
  try {
    return z.object({ message: z.string() }).parse(JSON.parse(text)).message.trim();
  } catch {
    return text.slice(0, 500);
  }
}

function failed(message: string): SelftestError {
  return new SelftestError("SCRATCH_FAILED", message);
}
