import { once } from "node:events";
import { createServer, type Server } from "node:https";
import { ensureCertificate } from "../../apps/server/src/certificate.ts";

/** A batch of the log that was read to its end. */
interface Batch {
  readonly first: number;
  readonly last: number;
  /** The places of its entries in the log, as the lines tell them. */
  readonly indexes: readonly number[];
}

/** What becomes of a batch: it is accepted, or whoever sends it waits for an answer that never comes. */
type Answer = "accepted" | "withheld";

/** A receiver of the log over HTTPS on loopback, as an export's web hook calls it. */
export class LogReceiver implements AsyncDisposable {
  /** In PEM. */
  readonly certificate: string;
  /** In the order in which their answers were sent. */
  readonly accepted: Batch[] = [];
  /** Batches that came while another one was not answered: two would be at it at once. */
  readonly overlapping: Batch[] = [];
  readonly #server: Server;
  #decide: (batch: Batch) => Answer = () => "accepted";
  #open: Batch | undefined;

  private constructor(server: Server, certificate: string) {
    this.#server = server;
    this.certificate = certificate;
  }

  static async start(directory: string): Promise<LogReceiver> {
    const identity = await ensureCertificate({ directory, names: ["127.0.0.1"], now: Date.now });
    const receiver = new LogReceiver(createServer(identity), identity.cert);
    receiver.#serve();
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get url(): string {
    const address = this.#server.address();
    return `https://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/log`;
  }

  /** The last sequence number that was accepted. */
  get last(): number {
    return Math.max(0, ...this.accepted.map(({ last }) => last));
  }

  /** Withholds the answer to the first batch that is so, and gives that batch. */
  async withhold(isIt: (batch: Batch) => boolean): Promise<Batch> {
    return await new Promise((resolve) => {
      this.#decide = (batch) => {
        if (!isIt(batch)) return "accepted";
        resolve(batch);
        return "withheld";
      };
    });
  }

  /** Accepts whatever comes from now on, and calls back at each batch when its answer has been sent. */
  accept(accepted: (batch: Batch) => void = () => undefined): void {
    this.#decide = (batch) => {
      queueMicrotask(() => accepted(batch));
      return "accepted";
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(): void {
    this.#server.on("request", async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const lines = Buffer.concat(chunks).toString("utf8").trimEnd().split("\n");
      const batch: Batch = {
        first: Number(request.headers["pratique-first-sequence"]),
        last: Number(request.headers["pratique-last-sequence"]),
        indexes: lines.map((line) => Number(JSON.parse(line).index)),
      };
      if (this.#open !== undefined) this.overlapping.push(batch);
      this.#open = batch;
      // Whoever was killed is not at it any more.
      response.once("close", () => {
        if (this.#open === batch) this.#open = undefined;
      });
      if (this.#decide(batch) === "withheld") return;
      this.accepted.push(batch);
      response.end("heard");
    });
  }
}
