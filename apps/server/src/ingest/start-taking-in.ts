import type { RecordBus, RecordHandler } from "@pratique/bus";
import type { Logger } from "pino";

/** Begins to take records in; what it gives ends that. */
export function startTakingIn(
  bus: RecordBus,
  handler: RecordHandler,
  log: Logger,
): { [Symbol.asyncDispose](): Promise<void> } {
  const ended = new AbortController();
  const consuming = bus.consume(handler, ended.signal).catch((thrown: unknown) => {
    log.error({ err: thrown }, "records are not taken in any more");
  });
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await consuming;
      await bus[Symbol.asyncDispose]();
    },
  };
}
