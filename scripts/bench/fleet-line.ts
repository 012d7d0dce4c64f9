import { once } from "node:events";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * One connection of one simulated agent, by which calls go one after the other. It speaks as little HTTP as will do:
 * thousands of agents share a process that must not become what is measured.
 */
export class FleetLine {
  readonly #socket: TLSSocket;
  readonly #headers: string;
  #read = "";
  #waiting: ((answer: Answer) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #ended: Error | undefined;
  #answers = 0;
  #keptMs = 0;

  static async open(options: ConnectionOptions, run: string): Promise<FleetLine> {
    const socket = connect({ ...options, checkServerIdentity: () => undefined });
    await once(socket, "secureConnect");
    return new FleetLine(socket, run);
  }

  private constructor(socket: TLSSocket, run: string) {
    this.#socket = socket;
    this.#headers = `host: server\r\npratique-run: ${run}\r\n`;
    socket.setEncoding("utf8");
    socket.setNoDelay(true);
    socket.on("data", (piece: string) => this.#take(piece));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () =>
      this.#fail(new Error(`the server closed the connection after ${this.#answers} answers`)),
    );
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    if (this.#ended !== undefined) throw this.#ended;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting = resolve;
    this.#failed = reject;
    const text = body === undefined ? "" : JSON.stringify(body);
    const about =
      body === undefined
        ? ""
        : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.#headers}${about}\r\n${text}`);
    return await promise;
  }

  /** For how long the server lets it be quiet: a second less than it says, as agents do. */
  get keptMs(): number {
    return this.#keptMs;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(piece: string): void {
    this.#read += piece;
    const end = this.#read.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = this.#read.slice(0, end);
    const length = Number(/^content-length: (?<length>\d+)/imu.exec(head)?.groups?.length ?? 0);
    const text = this.#read.slice(end + 4);
    const kept = /^keep-alive: timeout=(?<seconds>\d+)/imu.exec(head)?.groups?.seconds ?? 0;
    this.#keptMs = (Number(kept) - 1) * 1000;
    if (Buffer.byteLength(text) < length) return;
    this.#read = "";
    this.#answers += 1;
    this.#waiting?.({ status: Number(head.slice(9, 12)), text });
    this.#waiting = undefined;
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    if (this.#waiting !== undefined) this.#failed?.(error);
    this.#waiting = undefined;
  }
}
