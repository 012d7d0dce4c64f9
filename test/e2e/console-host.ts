import { mkdirSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { request as httpsRequest } from "node:https";
import path from "node:path";
import { createSignInLink, pathOf, putHost, putImage, putRecords, setPassword, signIn } from "@pratique/api";
import type { AuditRecord } from "@pratique/core";
import { type RunningServer, startServer } from "@pratique/server";
import { openStore, type Store } from "@pratique/store";
import { tempDirectory } from "@pratique/testkit";
import { copyBundle } from "./bundle.ts";
import { HOST, LOG_ID, type Seed } from "./console-seed.ts";

/** A real server with the console as it is built from the sources now. */
export interface ConsoleHost extends AsyncDisposable {
  readonly server: RunningServer;
  /** Says something on the agent's socket. Throws when it is refused. */
  say(method: string, path: string, body?: unknown): Promise<string>;
  /** Says all of it. */
  sow(seed: Seed): Promise<void>;
  signInLink(): Promise<string>;
}

export interface ConsoleHostOptions {
  /** Fills the store before the server opens it: with what only other hosts' agents and the past could bring. */
  readonly prepare?: (store: Store) => Promise<void>;
}

export async function startConsoleHost({ prepare }: ConsoleHostOptions = {}): Promise<ConsoleHost> {
  const directory = tempDirectory();
  if (prepare !== undefined) await prepareStore(directory.at("server"), prepare);
  const consoleDirectory = directory.at("console");
  copyBundle(consoleDirectory, "console");
  const socketPath = directory.at("server.sock");
  const server = await startServer({
    directory: directory.at("server"),
    socketPath,
    consoleDirectory,
    port: 0,
    agents: { port: 0 },
    audit: { append: forget },
    now: Date.now,
    elapsedMs: () => performance.now(),
    version: "0.1.0",
  });
  let passwordSet: Promise<void> | undefined;
  const say = (method: string, place: string, body?: unknown) =>
    send(socketPath, { method, path: place, body });
  return {
    server,
    say,
    async sow({ images, records, host }) {
      for (const { imageId, report } of images) await say("PUT", pathOf(putImage, { imageId }), report);
      await say("POST", pathOf(putRecords), { logId: LOG_ID, host: HOST, records });
      await say("PUT", pathOf(putHost), host);
    },
    signInLink: async () => {
      const link = async (): Promise<string> => JSON.parse(await say("POST", pathOf(createSignInLink))).url;
      // Once: the account has a password from then on, and is let in by a link as well.
      passwordSet ??= setFirstPassword(server.url, await link());
      await passwordSet;
      return await link();
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      directory[Symbol.dispose]();
    },
  };
}

async function prepareStore(directory: string, prepare: (store: Store) => Promise<void>): Promise<void> {
  mkdirSync(directory, { mode: 0o700 });
  const store = await openStore({ file: path.join(directory, "pratique.sqlite") });
  try {
    await prepare(store);
  } finally {
    await store.close();
  }
}

const FIRST_PASSWORD = "kettle-orbit-velvet-47";

/** Redeems the first link, and gives the account that it makes the password that it needs. */
export async function setFirstPassword(url: string, link: string): Promise<void> {
  const token = new URL(link).hash.slice(1);
  const { headers } = await post(url, { method: "POST", path: pathOf(signIn), body: { token } });
  const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  await post(url, { method: "PUT", path: pathOf(setPassword), body: { next: FIRST_PASSWORD }, cookie });
}

async function post(
  url: string,
  { method, path, body, cookie = "" }: Saying & { readonly cookie?: string },
): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    const headers = { origin: url, "content-type": "application/json", cookie };
    // The certificate is the server's own.
    const outgoing = httpsRequest(new URL(path, url), { method, headers, rejectUnauthorized: false });
    outgoing.once("error", reject);
    outgoing.once("response", (incoming) => {
      incoming.resume();
      if ((incoming.statusCode ?? 500) < 300) resolve(incoming);
      else reject(new Error(`${method} ${path} was answered ${incoming.statusCode}`));
    });
    outgoing.end(JSON.stringify(body));
  });
}

const forget = (event: Omit<AuditRecord, "sequence" | "time" | "previousHash" | "hash">): AuditRecord => ({
  ...event,
  sequence: 1,
  time: "",
  previousHash: "",
  hash: "",
});

interface Saying {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

async function send(socketPath: string, { method, path, body }: Saying): Promise<string> {
  return await new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const outgoing = request({ socketPath, path, method, headers, agent: false });
    outgoing.once("error", reject);
    outgoing.once("response", async (incoming) => {
      const text = (await incoming.toArray()).join("");
      if ((incoming.statusCode ?? 500) < 300) resolve(text);
      else reject(new Error(`${method} ${path} was refused: ${text}`));
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
