import { createServer, type Server, type Socket } from "node:net";
import { messageOf } from "@pratique/core";
import { answerEngine, type EngineListener, keptBytes, type PluginAnswer } from "./protocol.ts";
import { type Question, QuestionReader } from "./question-reader.ts";

/** The engine keeps its connections; a gate that closed them first would race with its next call. */
const KEEP_ALIVE_MS = 10 * 60_000;
/** How long a question may take to arrive. */
const ARRIVAL_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 1024;
const CONTENT_TYPE = "application/vnd.docker.plugins.v1.2+json";
const REASONS = { 200: "OK", 400: "Bad Request", 404: "Not Found" } as const;

/** Answers the engine on its connections, one question at a time on each. */
export class PluginDoor {
  readonly server: Server;
  readonly #connections = new Set<Connection>();
  #ending = false;
  #answers = 0;

  constructor(listener: EngineListener) {
    this.server = createServer((socket) => {
      const connection = new Connection(socket, listener, {
        isLast: () => this.#ending,
        onAnswer: () => (this.#answers += 1),
      });
      this.#connections.add(connection);
      socket.once("close", () => this.#connections.delete(connection));
    });
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  /** Questions that were answered so far. */
  get answers(): number {
    return this.#answers;
  }

  /** From now on the engine hears with each answer that the connection ends with it. */
  endWithNextAnswers(): void {
    this.#ending = true;
  }

  closeIdleConnections(): void {
    for (const connection of this.#connections) if (connection.isIdle) connection.close();
  }

  closeAllConnections(): void {
    for (const connection of this.#connections) connection.close();
  }
}

interface ConnectionOptions {
  /** Whether the connection ends with the answer that is about to be given. */
  readonly isLast: () => boolean;
  readonly onAnswer: () => void;
}

class Connection {
  readonly #socket: Socket;
  readonly #listener: EngineListener;
  readonly #options: ConnectionOptions;
  readonly #reader = new QuestionReader(keptBytes);
  #isAnswering = false;
  #arrival: NodeJS.Timeout | undefined;

  constructor(socket: Socket, listener: EngineListener, options: ConnectionOptions) {
    this.#socket = socket;
    this.#listener = listener;
    this.#options = options;
    // Longer than any answer takes: it runs while nothing is read or written.
    socket.setTimeout(KEEP_ALIVE_MS, () => this.close());
    // The engine may give a call up at any time; that is not an event of ours.
    socket.on("error", () => this.close());
    socket.once("close", () => clearTimeout(this.#arrival));
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  get isIdle(): boolean {
    return !this.#isAnswering && !this.#reader.isAmid;
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    // It asks again only when it was answered.
    if (this.#isAnswering) {
      this.close();
      return;
    }
    try {
      const question = this.#reader.push(chunk);
      if (question !== undefined) this.#answer(question).catch(() => this.close());
      else this.#arrival ??= setTimeout(() => this.close(), ARRIVAL_TIMEOUT_MS);
    } catch (thrown) {
      this.#send({ status: 400, text: messageOf(thrown) }, true);
    }
  }

  async #answer(question: Question): Promise<void> {
    clearTimeout(this.#arrival);
    this.#arrival = undefined;
    this.#isAnswering = true;
    const answer = await answerEngine(question, this.#listener);
    this.#isAnswering = false;
    this.#send(answer, this.#options.isLast());
    this.#options.onAnswer();
    answer.afterwards?.();
  }

  /** In one write: the engine wakes once. */
  #send({ status, text }: PluginAnswer, isLast: boolean): void {
    if (!this.#socket.writable) return;
    const connection = isLast ? "close" : "keep-alive";
    this.#socket.write(
      `HTTP/1.1 ${status} ${REASONS[status]}\r\nContent-Type: ${CONTENT_TYPE}\r\n` +
        `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: ${connection}\r\n\r\n${text}`,
    );
    if (isLast) this.#socket.destroySoon();
  }
}
