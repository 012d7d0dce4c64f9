import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";

/** What is sent piece by piece, as a file. */
export interface SentFile {
  readonly type: string;
  readonly fileName: string;
  readonly content: AsyncIterable<string>;
  /** The operation, for the log of the server. */
  readonly endpoint: string;
}

/** Sends a file whose length nobody knows: whole, or so that whoever reads it sees that it is not. */
export function sendWhole(
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { type, fileName, content, endpoint }: SentFile,
): FastifyReply {
  const body = Readable.from(content).once("error", (thrown) => {
    request.log.error({ err: thrown, endpoint }, "a list broke off");
    // A list without its end would pass for a whole one: the connection is cut instead.
    request.socket.destroy();
  });
  return reply
    .header("content-type", type)
    .header("content-disposition", `attachment; filename="${fileName}"`)
    .send(body);
}
