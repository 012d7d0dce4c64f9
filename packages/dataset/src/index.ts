export { readCurrent, replaceCurrent } from "./current.ts";
export { syncPath } from "./sync-path.ts";
export { removeUnfinished, unfinishedPath } from "./unfinished.ts";
export type { WriterLockOptions } from "./writer-lock.ts";
export { acquireWriterLock } from "./writer-lock.ts";
