import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { isSomebodys, orderedActions } from "@pratique/api";
import { eventTypes, messageOf } from "@pratique/core";
import { z } from "zod";
import { profileRequests } from "../learning/profile-requests.ts";
import type { LineSink } from "../line-sink.ts";
import { captureRequest } from "../recorder/capture-request.ts";

/** What may be asked. */
const runtimeRequest = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("status") }),
  z.strictObject({ command: z.literal("top") }),
  z.strictObject({ command: z.literal("rules") }),
  z.strictObject({
    command: z.literal("events"),
    /** A condition of the rule language; all events where it is absent. */
    filter: z.string().max(65_536).optional(),
    /** What is said of each, as the outputs of rules are written; all that is known where it is absent. */
    format: z.string().max(65_536).optional(),
    container: z.string().max(256).optional(),
  }),
  z.strictObject({
    command: z.literal("detections"),
    container: z.string().max(256).optional(),
  }),
  captureRequest,
  /** All that the sensor tells from now on, as `rules test` reads it, with what of it is asked for beyond what rules want. */
  z.strictObject({
    command: z.literal("record"),
    eventTypes: z.array(z.enum(eventTypes)),
    hostEventTypes: z.array(z.enum(eventTypes)),
    environment: z.boolean(),
  }),
  ...profileRequests,
  /** What a person orders about a container. */
  z.strictObject({
    command: z.literal("respond"),
    /** Its id, all 64 characters of it or a beginning, or its name. */
    container: z.string().min(1).max(1024),
    action: z.enum(orderedActions),
    /** For a cut: from whom; everybody where it is absent. */
    peers: z
      .array(z.union([z.ipv4(), z.ipv6()]).refine(isSomebodys, "no peer has this address"))
      .min(1)
      .max(64)
      .optional(),
    /** A person will end it where it is absent. */
    forMs: z.int().min(1000).optional(),
    reason: z.string().min(1).max(1000),
    /** An account of the console, or `uid:0`. */
    by: z.string().min(1).max(256),
    /** The id of the detection that it answers. */
    answers: z.string().max(1024).optional(),
  }),
  z.strictObject({
    command: z.literal("release"),
    container: z.string().min(1).max(1024),
    /** One act of those that are in force; all of them where it is absent. */
    act: z.string().max(1024).optional(),
    /** Who asks, as the record names people: `uid:0`, `person anna`. */
    by: z.string().min(1).max(300),
  }),
  /** What is in force about containers, and what waits for a person. */
  z.strictObject({ command: z.literal("acts") }),
  z.strictObject({
    command: z.literal("confirm"),
    /** The value of an indicator that is held, or a cause whose circuit breaker has tripped. */
    what: z.string().min(1).max(4096),
    by: z.string().min(1).max(256),
  }),
]);

export type RuntimeRequest = z.output<typeof runtimeRequest>;

export interface RuntimeDoorOptions {
  readonly socketPath: string;
  /** Answers, and ends the sink, now or later. Throws for what cannot be answered. */
  readonly answer: (request: RuntimeRequest, sink: LineSink) => void | Promise<void>;
}

const MAX_REQUEST_BYTES = 131_072;
/** A reader that lets so much lie misses what comes then. */
const MAX_UNREAD_BYTES = 4_194_304;
const MAX_READERS = 64;

/** The socket at which root of this host asks what goes on: one line of JSON in, lines of JSON out. */
export class RuntimeDoor implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: RuntimeDoorOptions;
  readonly #readers = new Set<Socket>();

  constructor(options: RuntimeDoorOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<void> {
    const { socketPath } = this.#options;
    rmSync(socketPath, { force: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(socketPath, resolve);
    await promise;
    chmodSync(socketPath, 0o600);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers) reader.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  #serve(socket: Socket): void {
    if (this.#readers.size >= MAX_READERS) {
      socket.end(`${JSON.stringify({ error: "too many readers" })}\n`);
      return;
    }
    this.#readers.add(socket);
    socket.on("close", () => this.#readers.delete(socket));
    socket.on("error", () => socket.destroy());
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      if (text.includes("\n")) return;
      text += chunk;
      if (text.length > MAX_REQUEST_BYTES) socket.destroy();
      else if (text.includes("\n")) void this.#answer(text.slice(0, text.indexOf("\n")), socket);
    });
  }

  async #answer(line: string, socket: Socket): Promise<void> {
    const sink = sinkOf(socket);
    try {
      await this.#options.answer(runtimeRequest.parse(JSON.parse(line)), sink);
    } catch (thrown) {
      sink.write({ error: messageOf(thrown) });
      sink.end();
    }
  }
}

function sinkOf(socket: Socket): LineSink {
  let missed = 0;
  return {
    get open() {
      return socket.writable;
    },
    write(value) {
      if (!socket.writable) return;
      if (socket.writableLength > MAX_UNREAD_BYTES) {
        missed += 1;
        return;
      }
      if (missed > 0) socket.write(`${JSON.stringify({ missed })}\n`);
      missed = 0;
      socket.write(`${JSON.stringify(value)}\n`);
    },
    async drained() {
      while (socket.writable && socket.writableNeedDrain) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const wake = () => resolve();
        socket.once("drain", wake).once("close", wake);
        await promise;
        socket.off("drain", wake).off("close", wake);
      }
    },
    onClose(listener) {
      socket.on("close", listener);
    },
    end() {
      socket.end();
    },
  };
}
