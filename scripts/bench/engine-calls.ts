import { Agent, request } from "node:http";

/** What the engine said to one call. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The engine's API over one connection, without a client program in the measure. */
export class EngineCalls implements Disposable {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  async send(method: string, path: string, body?: unknown): Promise<Answer> {
    const payload = body === undefined ? "" : JSON.stringify(body);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(payload) };
    const call = request(
      { socketPath: this.#socketPath, agent: this.#agent, method, path, headers },
      (incoming) => {
        let text = "";
        incoming.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        incoming.on("error", reject);
        incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, text }));
      },
    );
    call.on("error", reject);
    call.end(payload);
    return await promise;
  }

  /** Throws where the engine does not do it. */
  async must(method: string, path: string, body?: unknown): Promise<string> {
    const { status, text } = await this.send(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} was answered with ${status}: ${text}`);
    return text;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
