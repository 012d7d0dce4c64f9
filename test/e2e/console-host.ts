import { request } from "node:http";
import { fileURLToPath } from "node:url";
import { createSignInLink, pathOf, putHost, putImage, putRecords } from "@pratique/api";
import type { AuditRecord } from "@pratique/core";
import { type RunningServer, startServer } from "@pratique/server";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { build } from "vite";
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

export async function startConsoleHost(): Promise<ConsoleHost> {
  const directory = tempDirectory();
  const consoleDirectory = await buildConsole(directory);
  const socketPath = directory.at("server.sock");
  const server = await startServer({
    directory: directory.at("server"),
    socketPath,
    consoleDirectory,
    port: 0,
    audit: { append: forget },
    now: Date.now,
    version: "0.1.0",
  });
  const say = (method: string, path: string, body?: unknown) => send(socketPath, { method, path, body });
  return {
    server,
    say,
    async sow({ images, records, host }) {
      for (const { imageId, report } of images) await say("PUT", pathOf(putImage, { imageId }), report);
      await say("POST", pathOf(putRecords), { logId: LOG_ID, host: HOST, records });
      await say("PUT", pathOf(putHost), host);
    },
    signInLink: async () => JSON.parse(await say("POST", pathOf(createSignInLink))).url,
    async [Symbol.asyncDispose]() {
      await server.close();
      directory[Symbol.dispose]();
    },
  };
}

async function buildConsole(directory: TempDirectory): Promise<string> {
  const outDir = directory.at("console");
  await build({
    configFile: fileURLToPath(new URL("../../apps/console/vite.config.ts", import.meta.url)),
    logLevel: "error",
    build: { outDir, emptyOutDir: true },
  });
  return outDir;
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
