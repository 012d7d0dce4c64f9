import { request } from "node:http";
import {
  type HostStatus,
  MAX_RECORDS_PER_BATCH,
  pathOf,
  putHost,
  putImage,
  putRecords,
  showAcknowledged,
} from "@pratique/api";
import { type AuditRecord, type Digest, MiB, type ScanReport } from "@pratique/core";
import { z } from "zod";
import { AgentError } from "./errors.ts";

const TIMEOUT_MS = 10_000;
const MAX_REPLY_BYTES = MiB;

const acknowledgement = z.object({ acknowledged: z.int().nonnegative() });

export interface Batch {
  readonly logId: string;
  readonly host: string;
  readonly records: readonly AuditRecord[];
}

/** The server's agent socket, as the agent uses it. Every call may be repeated. */
export class ServerClient {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  static readonly maxBatch: number = MAX_RECORDS_PER_BATCH;

  /** The last record of a log that the server holds. */
  async acknowledged(logId: string): Promise<number> {
    const reply = await this.#call("GET", pathOf(showAcknowledged, {}, { logId }));
    return acknowledgement.parse(JSON.parse(reply.body)).acknowledged;
  }

  /** Sends records in order; gives the last one that the server holds then, which may be an earlier one. */
  async sendRecords(batch: Batch): Promise<number> {
    const reply = await this.#call("POST", putRecords.path, batch, [409]);
    return acknowledgement.parse(JSON.parse(reply.body)).acknowledged;
  }

  async sendImage(imageId: Digest, report: ScanReport): Promise<void> {
    await this.#call("PUT", pathOf(putImage, { imageId }), report);
  }

  async sendHost(status: HostStatus): Promise<void> {
    await this.#call("PUT", putHost.path, status);
  }

  async #call(
    method: string,
    path: string,
    body?: unknown,
    alsoFine: readonly number[] = [],
  ): Promise<{ status: number; body: string }> {
    const reply = await this.#exchange(method, path, body);
    if (reply.status < 300 || alsoFine.includes(reply.status)) return reply;
    throw new AgentError(
      "SERVER_REFUSED",
      `the server answered ${reply.status} to ${method} ${path}: ${reply.body.slice(0, 300)}`,
    );
  }

  #exchange(method: string, path: string, body: unknown): Promise<{ status: number; body: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
    const fail = (cause: Error) =>
      reject(
        new AgentError("SERVER_UNREACHABLE", `the server cannot be reached: ${cause.message}`, { cause }),
      );
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      text === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const call = request(
      { socketPath: this.#socketPath, method, path, headers, timeout: TIMEOUT_MS },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("error", fail);
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_REPLY_BYTES) response.destroy(new Error("the reply is too long"));
          else chunks.push(chunk);
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
        );
      },
    );
    call.on("error", fail);
    call.on("timeout", () => call.destroy(new Error("it does not answer")));
    call.end(text);
    return promise;
  }
}
