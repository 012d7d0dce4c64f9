import { hasCode } from "@pratique/core";
/** Whether there is a process of this id. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // One that is not ours to signal is there all the same.
    return hasCode(thrown, "EPERM");
  }
}

/** Sends a signal; a process that is gone already does not need it. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}
