import type { EngineView, HostPaths } from "../ports.ts";

/** What is asked while a launch is read. */
export interface LaunchContext {
  readonly view: EngineView;
  readonly paths: HostPaths;
  /** Control sockets of engines on this host, beside the usual ones; with the gate's own directories. */
  readonly engineSockets: readonly string[];
}

/** No honest chain of containers that join one another is longer. */
export const MAX_JOINS = 8;
