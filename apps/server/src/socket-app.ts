import { MAX_AGENT_BODY_BYTES } from "@pratique/api";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { Binder } from "./bind.ts";
import type { Context } from "./context.ts";
import { answerThrown, answerWithProblems } from "./problem-reply.ts";
import { bindAgent } from "./routes/agent-routes.ts";

/** Makes the listener of the agent. Who may open its socket may call it: there are no cookies and no sessions. */
export function makeAgentApp(context: Context): FastifyInstance {
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
  app.decorateRequest("granted", undefined);
  bindAgent(new Binder(app, async () => undefined), context);
  return app;
}
