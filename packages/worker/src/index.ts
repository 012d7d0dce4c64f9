export type { Unnumbered, WorkerEnd, WorkerProgram } from "./worker-process.ts";
export { WorkerProcess } from "./worker-process.ts";
