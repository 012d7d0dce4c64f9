import { PROBLEM_TYPE, type Problem, type ProblemCode, problemCodes } from "@pratique/api";
import { BusError } from "@pratique/bus";
import { messageOf } from "@pratique/core";
import { StoreError } from "@pratique/store";
import type { FastifyInstance, FastifyReply } from "fastify";
import { type ProblemMembers, ServerError } from "./errors.ts";
import { busProblems, httpProblems, problemKinds, storeProblems } from "./problem-table.ts";

/** Answers everything that is thrown, and every unknown path, with a problem (RFC 9457). */
export function answerWithProblems(app: FastifyInstance): void {
  app.setErrorHandler((thrown, _request, reply) => answerThrown(thrown, reply));
}

/** Answers one thing that was thrown. */
export function answerThrown(thrown: unknown, reply: FastifyReply): FastifyReply {
  const code = problemCodeOf(thrown);
  const own = problemKinds[code].status >= 500;
  if (own) reply.log.error({ err: thrown }, "a request failed");
  // The details of our own failures are for the log: they may tell of paths and of the store.
  const detail = own ? undefined : messageOf(thrown);
  const members = thrown instanceof ServerError ? thrown.members : {};
  // What failed has no effect in the browser.
  reply.removeHeader("set-cookie");
  const wait = thrown instanceof ServerError ? thrown.retryAfterSeconds : undefined;
  if (wait !== undefined) reply.header("retry-after", Math.max(1, Math.ceil(wait)));
  return sendProblem(reply, code, { detail, members });
}

interface Details {
  readonly detail?: string | undefined;
  readonly members?: ProblemMembers;
}

/** Sends one problem. */
export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  { detail, members = {} }: Details = {},
): FastifyReply {
  const { status, title } = problemKinds[code];
  const problem: Problem = {
    type: `urn:pratique:problem:${code.toLowerCase().replaceAll("_", "-")}`,
    title,
    status,
    code,
    ...(detail !== undefined && { detail }),
    ...members,
  };
  return reply.status(status).header("content-type", PROBLEM_TYPE).send(JSON.stringify(problem));
}

function problemCodeOf(thrown: unknown): ProblemCode {
  if (thrown instanceof ServerError) return problemCodes.find((code) => code === thrown.code) ?? "INTERNAL";
  if (thrown instanceof StoreError) return storeProblems[thrown.code];
  if (thrown instanceof BusError) return busProblems[thrown.code];
  if (!(thrown instanceof Error)) return "INTERNAL";
  const named = "code" in thrown && typeof thrown.code === "string" ? httpProblems[thrown.code] : undefined;
  if (named !== undefined) return named;
  const status = "statusCode" in thrown && typeof thrown.statusCode === "number" ? thrown.statusCode : 500;
  return status >= 400 && status < 500 ? "REQUEST_MALFORMED" : "INTERNAL";
}
