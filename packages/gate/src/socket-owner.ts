import { rmSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { type Fields, fieldsOf } from "./json-fields.ts";

/** A gate that is well answers at once; one that hangs is taken over from. */
const ANSWER_DEADLINE_MS = 1000;

export interface GateSockets {
  readonly pluginSocket: string;
  readonly controlSocket: string;
}

/**
 * Whether a living process that is not the gate of our control socket answers the engine on the plugin socket.
 * A gate of our own control socket, also one that hangs, may be taken over from.
 */
export async function isHeldByAnother({ pluginSocket, controlSocket }: GateSockets): Promise<boolean> {
  // Our control socket first: an older gate that dies meanwhile must not be taken for another.
  const older = await statusAt(controlSocket);
  if (!(await isConnectable(pluginSocket))) return false;
  if (older === "nobody") return true;
  if (older === "silent") return false;
  // What it does not tell, it has not lost.
  const { listening = true, pluginSocket: held = pluginSocket } = older;
  return listening !== true || held !== pluginSocket;
}

/**
 * Removes the socket of a gate that was killed. To find the drivers of volumes an engine asks whoever has a socket in the
 * directory of its plugins, and waits 15 seconds for each that nobody listens to.
 */
export async function removeDeadSocket(pluginSocket: string): Promise<void> {
  if ((await connectionTo(pluginSocket)) === "ECONNREFUSED") rmSync(pluginSocket, { force: true });
}

async function isConnectable(socketPath: string): Promise<boolean> {
  const connection = await connectionTo(socketPath);
  // A full queue is one that somebody holds.
  return connection === "made" || connection === "EAGAIN";
}

/** Whether a connection could be made; the code of the error otherwise. */
function connectionTo(socketPath: string): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const socket = connect(socketPath);
  socket.once("connect", () => resolve("made"));
  socket.once("error", (error) => resolve("code" in error ? error.code : undefined));
  return promise.finally(() => socket.destroy());
}

async function statusAt(controlSocket: string): Promise<Fields | "nobody" | "silent"> {
  const { promise, resolve } = Promise.withResolvers<Fields | "nobody" | "silent">();
  const socket = connect(controlSocket);
  const timer = setTimeout(() => resolve("silent"), ANSWER_DEADLINE_MS);
  let connected = false;
  socket.on("error", () => resolve(connected ? "silent" : "nobody"));
  socket.once("close", () => resolve("silent"));
  socket.once("connect", () => {
    connected = true;
    const lines = createInterface({ input: socket });
    lines.on("error", () => resolve("silent"));
    lines.once("line", (line) => resolve(fieldsIn(line)));
    socket.write('{"command":"status"}\n');
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function fieldsIn(line: string): Fields {
  try {
    return fieldsOf(JSON.parse(line));
  } catch {
    return fieldsOf(undefined);
  }
}
