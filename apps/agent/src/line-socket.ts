import { chmodSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { KiB } from "@pratique/core";
import { AgentError } from "./errors.ts";

const MAX_LINE_BYTES = 64 * KiB;

/** Answers one line of JSON with one line of JSON. What it throws closes the connection. */
export type LineHandler = (request: unknown, signal: AbortSignal) => Promise<unknown>;

/** Listens on a Unix socket that only its owner may use. A socket that nobody listens on any more is replaced. */
export async function listenForLines(socketPath: string, handler: LineHandler): Promise<Server> {
  if (await isListening(socketPath)) {
    throw new AgentError("SOCKET_IN_USE", `another process listens on ${JSON.stringify(socketPath)}`);
  }
  rmSync(socketPath, { force: true });
  const server = createServer((socket) => serve(socket, handler));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(socketPath, resolve);
  await promise;
  chmodSync(socketPath, 0o600);
  return server;
}

/** Sends one line and waits for the answer's. Rejects when the connection ends or the signal comes first. */
export async function askLine(socketPath: string, request: unknown, signal: AbortSignal): Promise<unknown> {
  const socket = connect({ path: socketPath, signal });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed")));
    createInterface({ input: socket }).once("line", resolve).on("error", reject);
    socket.write(`${JSON.stringify(request)}\n`);
    return JSON.parse(await promise);
  } finally {
    socket.destroy();
  }
}

function isListening(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(socketPath);
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

function serve(socket: Socket, handler: LineHandler): void {
  const abort = new AbortController();
  let pending = "";
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy());
  socket.on("close", () => abort.abort());
  socket.on("data", (text: string) => {
    const lines = (pending + text).split("\n");
    pending = lines.pop() ?? "";
    if (pending.length > MAX_LINE_BYTES) socket.destroy();
    for (const line of lines) void answer(socket, line, handler, abort.signal);
  });
}

async function answer(
  socket: Socket,
  line: string,
  handler: LineHandler,
  signal: AbortSignal,
): Promise<void> {
  try {
    const reply = await handler(JSON.parse(line), signal);
    if (!socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`);
  } catch {
    socket.destroy();
  }
}
