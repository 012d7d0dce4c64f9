import { MAX_AGENT_BODY_BYTES } from "@pratique/api";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { Binder, type BinderOptions, expectCallers, takeAnyKey } from "./bind.ts";
import { type Caller, nobodyAt } from "./calls/caller.ts";
import type { Context } from "./context.ts";
import { answerThrown, answerWithProblems } from "./problem-reply.ts";
import { agentRoutes, operatorRoutes } from "./routes/routes.ts";

/**
 * Makes the listener of the server's own machine: the agent there, and whoever operates it. Who may open its socket
 * may call it: there are no cookies and no sessions.
 */
export function makeSocketApp(context: Context, calls: Omit<BinderOptions, "authenticate">): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = context.log;
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (thrown, _request, reply) => answerThrown(thrown, reply),
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: MAX_AGENT_BODY_BYTES,
  });
  answerWithProblems(app);
  app.removeContentTypeParser("text/plain");
  takeAnyKey(app);
  expectCallers(app);
  const binder = new Binder(app, {
    ...calls,
    authenticate: async ({ permission }) => (permission === "agent" ? localAgent : operator),
  });
  for (const bindRoutes of [...agentRoutes, ...operatorRoutes]) bindRoutes(binder, context);
  return app;
}

/** Whoever may open the server's socket: the user that runs it, and root. */
export const operator: Caller = {
  ...nobodyAt(""),
  kind: "operator",
  id: "operator",
  name: "operator",
  method: "socket",
};

const localAgent: Caller = {
  ...nobodyAt(""),
  kind: "agent",
  id: "agent",
  name: "the agent of this machine",
  method: "socket",
};
