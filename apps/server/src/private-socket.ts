import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import type { FastifyInstance } from "fastify";
import { ServerError } from "./errors.ts";

/**
 * Listens on a Unix socket that only its owner, and root, can open. The socket is made in a private directory and
 * moved to its place once its mode is set: at no moment can anybody else connect. Throws `SOCKET_IN_USE`.
 */
export async function listenPrivately(app: FastifyInstance, socketPath: string): Promise<void> {
  const directory = path.dirname(socketPath);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (await answers(socketPath)) {
    throw new ServerError("SOCKET_IN_USE", `another server listens on ${JSON.stringify(socketPath)}`);
  }
  // Not before it is known that the socket belongs to nobody.
  app.addHook("onClose", async () => rmSync(socketPath, { force: true }));
  const nursery = mkdtempSync(path.join(directory, ".s"));
  try {
    const born = path.join(nursery, "s");
    await app.listen({ path: born });
    chmodSync(born, 0o600);
    renameSync(born, socketPath);
  } finally {
    rmSync(nursery, { recursive: true, force: true });
  }
}

async function answers(socketPath: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
