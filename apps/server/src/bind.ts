import type { BodyOf, Endpoint, ParamsOf, QueryOf, ReplyOf } from "@pratique/api";
import type { Granted } from "@pratique/store";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { ServerError } from "./errors.ts";

/** A call of an endpoint whose input has been checked. */
interface Call<E extends Endpoint> {
  readonly params: ParamsOf<E>;
  readonly query: QueryOf<E>;
  readonly body: BodyOf<E>;
  /** Who is signed in; absent on public endpoints and on the agent's socket. */
  readonly session: Granted | undefined;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export type Handler<E extends Endpoint> = (call: Call<E>) => Promise<ReplyOf<E>>;

/** Lets a request pass, and says who makes it. Throws ServerError. */
export type Guard = (endpoint: Endpoint, request: FastifyRequest) => Promise<Granted | undefined>;

/** Binds handlers to endpoints: each call passes the guard first, then its input is checked. */
export class Binder {
  readonly #app: FastifyInstance;
  readonly #guard: Guard;

  constructor(app: FastifyInstance, guard: Guard) {
    this.#app = app;
    this.#guard = guard;
  }

  bind<E extends Endpoint>(endpoint: E, handler: Handler<E>): void {
    this.#app.route({
      method: endpoint.method,
      url: endpoint.path.replaceAll(/\{(\w+)\}/gu, ":$1"),
      preParsing: async (request) => {
        // Before the body is read: a stranger's body is not worth the memory.
        request.granted = await this.#guard(endpoint, request);
      },
      handler: async (request, reply) => {
        const answer = await handler({
          // The schemas are those of E, so what they give back has E's types; the compiler cannot follow the lookup.
          params: check(endpoint.params, request.params, "params") as ParamsOf<E>,
          query: check(endpoint.query, request.query, "query") as QueryOf<E>,
          body: check(endpoint.body, request.body, "body") as BodyOf<E>,
          session: request.granted,
          request,
          reply,
        });
        if (reply.sent) return reply;
        if (answer === undefined) return reply.status(204).send();
        return reply.send(answer);
      },
    });
  }
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the guard. */
    granted: Granted | undefined;
  }
}

function check(schema: z.ZodType | undefined, value: unknown, part: string): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, MAX_REPORTED).map(({ path, message }) => ({
    path: [part, ...path.map(String)].join("."),
    message,
  }));
  throw new ServerError("REQUEST_MALFORMED", `the request's ${part} is not in its form`, {
    members: { errors },
  });
}

const MAX_REPORTED = 20;
