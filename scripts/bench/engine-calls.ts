import { Agent, request } from "node:http";

/** What the engine said to one call. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A call that the engine has begun to answer. */
export interface BegunCall {
  readonly ended: Promise<Answer>;
}

/** The engine's API over one connection at a time, without a client program in the measure. */
export class EngineCalls implements Disposable {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 });

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  async send(method: string, path: string, body?: unknown): Promise<Answer> {
    const { ended } = await this.begin(method, path, body);
    return await ended;
  }

  /** Resolves when the engine has begun to answer, which may be long before it ends. */
  async begin(method: string, path: string, body?: unknown): Promise<BegunCall> {
    const payload = body === undefined ? "" : JSON.stringify(body);
    const begun = Promise.withResolvers<BegunCall>();
    const ended = Promise.withResolvers<Answer>();
    // Whoever fails before it waits for the end has more to tell than that there was none.
    ended.promise.catch(() => undefined);
    const headers = { ...contentType(method, body), "content-length": Buffer.byteLength(payload) };
    const call = request(
      { socketPath: this.#socketPath, agent: this.#agent, method, path, headers },
      (incoming) => {
        let text = "";
        incoming.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        incoming.on("error", ended.reject);
        incoming.on("end", () => ended.resolve({ status: incoming.statusCode ?? 0, text }));
        begun.resolve({ ended: ended.promise });
      },
    );
    call.on("error", begun.reject);
    call.end(payload);
    return await begun.promise;
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

/**
 * As Docker's own client says it. An engine with an authorization plugin sets four mebibytes aside for each call whose body is
 * said to be JSON, though it be empty, and collects the garbage that this makes.
 */
function contentType(method: string, body: unknown): { readonly "content-type"?: string } {
  if (body !== undefined) return { "content-type": "application/json" };
  return method === "POST" ? { "content-type": "text/plain" } : {};
}
