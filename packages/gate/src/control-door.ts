import { createServer, type Server, type Socket } from "node:net";
import { type JsonObject, KiB, messageOf } from "@pratique/core";

/** A command is a short line. */
const MAX_LINE_CHARS = 4 * KiB;
const MAX_CONNECTIONS = 16;

/** What the control door can be asked for. */
export interface ControlCommands {
  status(): JsonObject;
  reload(): Promise<void>;
}

/**
 * Answers lines of JSON, `{"command": "ping" | "status" | "reload"}`, with lines of JSON. A connection stays open
 * as long as the gate lives, so that its end tells the supervisor of a death at once.
 */
export class ControlDoor {
  readonly server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(commands: ControlCommands) {
    this.server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      serve(socket, commands);
    });
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  closeAllConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

function serve(socket: Socket, commands: ControlCommands): void {
  let pending = "";
  let turn: Promise<void> = Promise.resolve();
  const answerAfter = async (earlier: Promise<void>, line: string): Promise<void> => {
    await earlier;
    const answer = await answerLine(line, commands);
    if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`);
  };
  socket.setEncoding("utf8");
  // The other side may go at any time; that is not an event of ours.
  socket.on("error", () => socket.destroy());
  socket.on("data", (text: string) => {
    const lines = (pending + text).split("\n");
    pending = lines.pop() ?? "";
    if (pending.length > MAX_LINE_CHARS || lines.length > MAX_CONNECTIONS) {
      socket.destroy();
      return;
    }
    // One after another, so that answers come in the order of the lines.
    for (const line of lines) turn = answerAfter(turn, line);
  });
}

/** Answers one line. Never rejects: what goes wrong is in the answer. */
async function answerLine(line: string, commands: ControlCommands): Promise<JsonObject> {
  try {
    switch (commandIn(line)) {
      case "ping":
        return { ok: true };
      case "status":
        return { ok: true, ...commands.status() };
      case "reload":
        await commands.reload();
        return { ok: true };
      default:
        return { ok: false, error: "expected one of the commands ping, status, reload" };
    }
  } catch (thrown) {
    return { ok: false, error: messageOf(thrown) };
  }
}

function commandIn(line: string): unknown {
  const value: unknown = JSON.parse(line);
  return typeof value === "object" && value !== null && "command" in value ? value.command : undefined;
}
