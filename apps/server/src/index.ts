export type { ServerErrorCode } from "./errors.ts";
export { ServerError } from "./errors.ts";
export type { RunningServer, ServerOptions } from "./start-server.ts";
export { startServer } from "./start-server.ts";
