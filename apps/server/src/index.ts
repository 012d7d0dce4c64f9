export type { AgentOptions } from "./agents/start-agents.ts";
export type { ServerErrorCode } from "./errors.ts";
export { ServerError } from "./errors.ts";
export type { ServerOptions } from "./server-options.ts";
export type { RunningServer } from "./start-server.ts";
export { startServer } from "./start-server.ts";
