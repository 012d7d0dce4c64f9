import { cpus, loadavg, release, totalmem } from "node:os";
import process from "node:process";

/** What numbers depend on, apart from the program: no names. */
export function describeMachine(): string {
  const processors = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const system = `Linux ${release()}, Node ${process.version}`;
  return `${processors.length} × ${processors[0]?.model.trim()}, ${memory} memory, ${system}`;
}

/** How busy the machine was in the last minute: over the number of processors, numbers are too high. */
export function describeLoad(): string {
  return `load ${loadavg()[0]?.toFixed(2)}`;
}
