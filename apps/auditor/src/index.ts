export type { AuditorContext } from "./context.ts";
export type { ExitCode } from "./exit-codes.ts";
export { runAuditor } from "./run-auditor.ts";
