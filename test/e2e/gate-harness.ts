import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import process from "node:process";
import { type AuditEvent, type AuditRecord, type Digest, parseDigest } from "@pratique/core";
import { Engine } from "@pratique/engine";
import {
  DecisionService,
  type DecisionServiceOptions,
  engineView,
  GateServer,
  hostPaths,
} from "@pratique/gate";
import { defaultPolicies, type ImageFacts, loadPolicies } from "@pratique/policy";
import { type PrivateEngine, startPrivateEngine } from "./private-engine.ts";

/** A private engine that asks a gate in this process about every call. */
export interface GatedEngine extends AsyncDisposable {
  readonly engine: PrivateEngine;
  readonly client: Engine;
  readonly decisions: DecisionService;
  readonly records: readonly AuditEvent[];
  readonly imageId: Digest;
  readonly controlSocket: string;
  /** Has the engine ask the gate, or ask nobody, and waits until it does so. */
  gate(on: boolean): Promise<void>;
  /** Opens new doors over those that are open, and then closes the old ones. */
  takeOver(): Promise<void>;
  /** Sends bytes to the engine's socket as they are, and gives the status and the body of the answer. */
  send(request: Uint8Array | string): Promise<RawAnswer>;
  /** Sends a well-formed request with a JSON body. */
  post(target: string, body?: unknown): Promise<RawAnswer>;
}

interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

export const IMAGE = "busybox:gate";
const ANSWER_DEADLINE_MS = 60_000;
const PLUGIN_DIRECTORY = "/run/docker/plugins";
const NAME_PREFIX = "prq-gate-";
const MAX_PINGS = 1000;

let instances = 0;

/** Starts both, with the built-in policies and an image that has nothing wrong with it. */
export async function startGatedEngine(
  options: Partial<DecisionServiceOptions> = {},
  daemonConfig: Readonly<Record<string, unknown>> = {},
): Promise<GatedEngine> {
  instances += 1;
  const pluginName = `${NAME_PREFIX}${process.pid}-${instances}`;
  const pluginSocket = `${PLUGIN_DIRECTORY}/${pluginName}.sock`;
  const engine = await startPrivateEngine({ daemonConfig });
  const imageId = parseDigest(await engine.busyboxImage(IMAGE));
  const client = new Engine({ address: { kind: "unix", socketPath: engine.socketPath } });
  const records: AuditEvent[] = [];
  const policies = loadPolicies(defaultPolicies);
  const facts = cleanFacts(imageId);
  const host = { name: "test", labels: {}, kernel: "", engineVersion: "" };
  const decisions = new DecisionService({
    view: engineView(client),
    images: { facts: (id) => (id === imageId ? facts : undefined), requestScan: async () => undefined },
    policies: { policies: () => policies, exceptions: () => policies.exceptions, host: () => host },
    audit: memorySink(records),
    evidence: { put: (text) => parseDigest(`sha256:${createHash("sha256").update(text).digest("hex")}`) },
    paths: hostPaths,
    now: () => new Date(),
    elapsedMs: () => performance.now(),
    engineSockets: [engine.socketPath],
    ...options,
  });
  const controlSocket = path.join(engine.directory, "gate.sock");
  const open = async (instance: string): Promise<GateServer> => {
    const reload = async () => undefined;
    const opened = new GateServer({ decisions, pluginSocket, controlSocket, reload, instance });
    await opened.listen();
    return opened;
  };
  let server = await open("first");
  const send = (request: Uint8Array | string) => sendRaw(engine.socketPath, request);
  const gate = async (on: boolean): Promise<void> => {
    await engine.reloadDaemonConfig({ ...daemonConfig, "authorization-plugins": on ? [pluginName] : [] });
    // The engine says that it has reloaded before all of it has.
    for (let tries = 0; tries < MAX_PINGS; tries += 1) {
      const before = decisions.statistics.counts().reads;
      await send(rawRequest({ method: "GET", target: "/_ping", headers: [] }));
      if (decisions.statistics.counts().reads > before === on) return;
    }
    throw new Error("the engine did not take its new configuration");
  };
  await gate(true);
  return {
    engine,
    client,
    decisions,
    records,
    imageId,
    controlSocket,
    gate,
    takeOver: async () => {
      const older = server;
      server = await open("second");
      await older[Symbol.asyncDispose]();
    },
    send,
    post: (target, body) => send(rawRequest({ target, body: JSON.stringify(body) })),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      rmSync(pluginSocket, { force: true });
    },
  };
}

export interface RawRequest {
  readonly method?: string;
  readonly target: string;
  readonly body?: Uint8Array | string | undefined;
  /** In place of content type and length. */
  readonly headers?: readonly string[];
}

/** The bytes of a request. */
export function rawRequest({ method = "POST", target, body = "", headers }: RawRequest): Uint8Array {
  const content = typeof body === "string" ? Buffer.from(body) : body;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "Host: engine",
    "Connection: close",
    ...(headers ?? ["Content-Type: application/json", `Content-Length: ${content.byteLength}`]),
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), content]);
}

/** A body in chunks, so that its length is not announced. */
export function chunked(body: string): string {
  const length = Buffer.byteLength(body);
  return `${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

async function sendRaw(socketPath: string, request: Uint8Array | string): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const socket = connect(socketPath);
  const chunks: Buffer[] = [];
  socket.setTimeout(ANSWER_DEADLINE_MS, () => socket.destroy(new Error("no answer of the engine")));
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", reject);
  socket.on("close", () => {
    const text = Buffer.concat(chunks).toString("utf8");
    resolve({ status: Number(text.split(" ", 2)[1]), text });
  });
  socket.write(request);
  return promise;
}

function memorySink(records: AuditEvent[]): DecisionServiceOptions["audit"] {
  return {
    append(event): AuditRecord {
      records.push(event);
      return { ...event, sequence: records.length, time: "", previousHash: "", hash: "" };
    },
    flushed: async () => undefined,
  };
}

function cleanFacts(imageId: Digest): ImageFacts {
  return {
    reference: IMAGE,
    imageId,
    user: "",
    rootAccounts: [],
    labels: {},
    packageCount: 1,
    assessment: { state: "complete", reasons: [], advisories: [] },
    findings: [],
    suppressedCount: 0,
    scannedAt: "2026-01-01T00:00:00.000Z",
  };
}
