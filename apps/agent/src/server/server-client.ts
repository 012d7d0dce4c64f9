import {
  type AgentWork,
  awaitWork,
  type ContainerReport,
  type HostStatus,
  type IssuedCertificate,
  MAX_RECORDS_PER_BATCH,
  type ProfilesReport,
  pathOf,
  putContainers,
  putHost,
  putImage,
  putOutcome,
  putProfiles,
  putRecords,
  putRuntime,
  type RuntimeReport,
  renewCertificate,
  showAcknowledged,
} from "@pratique/api";
import type { AuditRecord, Digest, ScanReport } from "@pratique/core";
import { z } from "zod";
import { AgentError } from "../errors.ts";
import type { HostIdentity } from "./identity-file.ts";
import { type ServerCall, ServerConnection, type ServerLink, type ServerReply } from "./server-connection.ts";

/** What the server may be late by when it answers a call that it holds open. */
const WAIT_ALLOWANCE_MS = 10_000;

const acknowledgement = z.object({
  acknowledged: z.int().nonnegative(),
  collectMs: z.int().nonnegative().optional(),
});
const problem = z.object({ code: z.string(), detail: z.string().default("") });

export interface Batch {
  readonly logId: string;
  readonly host: string;
  readonly records: readonly AuditRecord[];
}

/** What became of a command. */
export interface Outcome {
  readonly state: "done" | "failed" | "expired";
  readonly detail: string;
}

/** The server, as the agent uses it. Every call may be repeated. */
export class ServerClient implements Disposable {
  readonly #connection: ServerConnection;

  /** `run` says which start of this agent calls: 128 random bits in hex. */
  constructor(link: ServerLink, run: string) {
    this.#connection = new ServerConnection(link, run);
  }

  static readonly maxBatch: number = MAX_RECORDS_PER_BATCH;

  /** The last record of a log that the server holds. */
  async acknowledged(logId: string): Promise<number> {
    const reply = await this.#call({ method: "GET", path: pathOf(showAcknowledged, {}, { logId }) });
    return acknowledgement.parse(JSON.parse(reply.body)).acknowledged;
  }

  /**
   * Sends records in order; gives the last one that the server holds then, which may be an earlier one, and for how
   * long it asks to collect before it is sent more.
   */
  async sendRecords(batch: Batch): Promise<{ readonly acknowledged: number; readonly collectMs: number }> {
    const reply = await this.#call({ method: "POST", path: putRecords.path, body: batch }, [409]);
    const { acknowledged, collectMs = 0 } = acknowledgement.parse(JSON.parse(reply.body));
    return { acknowledged, collectMs };
  }

  async sendImage(imageId: Digest, report: ScanReport): Promise<void> {
    await this.#call({ method: "PUT", path: pathOf(putImage, { imageId }), body: report });
  }

  async sendHost(status: HostStatus): Promise<void> {
    await this.#call({ method: "PUT", path: putHost.path, body: status });
  }

  /** Sends the containers of this host, all of them. */
  async sendContainers(takenAt: string, containers: readonly ContainerReport[]): Promise<void> {
    await this.#call({ method: "PUT", path: putContainers.path, body: { takenAt, containers } });
  }

  /** Sends what goes on in the containers of this host. */
  async sendRuntime(report: RuntimeReport): Promise<void> {
    await this.#call({ method: "PUT", path: putRuntime.path, body: report });
  }

  /** Sends what this host learned of images. */
  async sendProfiles(report: ProfilesReport): Promise<void> {
    await this.#call({ method: "PUT", path: putProfiles.path, body: report });
  }

  /** A server that knows of no such command, as another one or an older copy of itself does, wants to hear nothing of it. */
  async sendOutcome(commandId: string, outcome: Outcome): Promise<void> {
    const call = { method: "PUT", path: pathOf(putOutcome, { commandId }), body: outcome };
    const reply = await this.#call(call, [404]);
    if (reply.status === 404 && problemIn(reply.body).code !== "NOT_FOUND") throw refused(call, reply);
  }

  /** Waits for work after a revision, until the time is over. */
  async awaitWork(
    revision: string,
    {
      rules,
      waitSeconds,
      signal,
    }: {
      readonly rules?: string | undefined;
      readonly waitSeconds: number;
      readonly signal: AbortSignal;
    },
  ): Promise<AgentWork> {
    const path = pathOf(awaitWork, {}, { revision, rules, waitSeconds: String(waitSeconds) });
    const silenceMs = waitSeconds * 1000 + WAIT_ALLOWANCE_MS;
    const reply = await this.#call({ method: "GET", path, silenceMs, signal });
    return awaitWork.reply.parse(JSON.parse(reply.body));
  }

  /** Asks for the next certificate; the one that is used goes on until {@link use}. */
  async renewCertificate(csr: string): Promise<IssuedCertificate> {
    const reply = await this.#call({ method: "POST", path: renewCertificate.path, body: { csr } });
    return renewCertificate.reply.parse(JSON.parse(reply.body));
  }

  /** Speaks with another certificate from now on; calls that wait for an answer are broken off. */
  use(identity: HostIdentity): void {
    this.#connection.renew(identity);
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }

  async #call(call: ServerCall, alsoFine: readonly number[] = []): Promise<ServerReply> {
    const reply = await this.#connection.exchange(call);
    if (reply.status < 300 || alsoFine.includes(reply.status)) return reply;
    const { code, detail } = problemIn(reply.body);
    if (code === "HOST_REVOKED" || code === "NOT_SIGNED_IN") {
      throw new AgentError("SERVER_DISOWNS", `the server does not hear this host: ${detail}`);
    }
    throw refused(call, reply);
  }
}

function refused({ method, path }: ServerCall, { status, body }: ServerReply): AgentError {
  return new AgentError(
    "SERVER_REFUSED",
    `the server answered ${status} to ${method} ${path}: ${body.slice(0, 300)}`,
  );
}

function problemIn(body: string): z.output<typeof problem> {
  try {
    return problem.parse(JSON.parse(body));
  } catch {
    // Something between us and the server may have answered.
    return { code: "", detail: "" };
  }
}
