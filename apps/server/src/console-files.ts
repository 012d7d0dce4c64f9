import { existsSync } from "node:fs";
import path from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { sendProblem } from "./problem-reply.ts";

/** Serves the built console; a path that is none of its files is a place inside of it. */
export async function serveConsole(app: FastifyInstance, directory: string | undefined): Promise<void> {
  const built = directory !== undefined && existsSync(path.join(directory, "index.html"));
  if (built) {
    await app.register(fastifyStatic, {
      root: path.resolve(directory),
      wildcard: true,
      // The build leaves a file that ends in `.br` beside each that gets smaller by it.
      preCompressed: true,
      dotfiles: "deny",
      // The names of the files in assets hold their hashes: what has such a name never changes.
      setHeaders: (response, file) =>
        response.header(
          "cache-control",
          file.includes(`${path.sep}assets${path.sep}`) ? "public, max-age=31536000, immutable" : "no-cache",
        ),
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const { method, url } = request;
    const place = method === "GET" && !/^\/(?:api|agent|operator|hooks|assets|audit\/v1)\//u.test(url);
    if (built && place) return reply.sendFile("index.html");
    return sendProblem(reply, "NOT_FOUND", { detail: "there is nothing at this path" });
  });
}
