import type { Server } from "node:https";
import type { Socket } from "node:net";

/**
 * Lets connections keep 18 KiB to read into, where each would keep 64 for as long as it is open: Node reads TLS into what
 * is left of a buffer that it made for the first bytes, and makes 64 KiB where it does not know yet how many those are. So
 * they are waited for, and handed over with the connection. Whoever sends none within the time, in milliseconds, is cut
 * off, and no handshake is begun.
 */
export function keepReadBuffersSmall(server: Server, silenceMs: number): void {
  const listeners = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const giveUp = () => socket.destroy();
    socket.setTimeout(silenceMs, giveUp);
    socket.on("error", giveUp);
    socket.once("readable", () => {
      socket.setTimeout(0, giveUp);
      socket.off("error", giveUp);
      // It was ended without a word.
      if (socket.readableLength === 0) return giveUp();
      for (const begin of listeners) begin.call(server, socket);
    });
  });
}
