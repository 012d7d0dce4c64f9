import { performance } from "node:perf_hooks";
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "@pratique/core";
import { RuntimeHost } from "./runtime-host.ts";
import type { RuntimeMessage, RuntimeOrder, RuntimeSettings } from "./runtime-messages.ts";

// A thread of the agent: whatever happens in containers, the agent's own work goes on beside it.

const tell = (message: RuntimeMessage): void => parentPort?.postMessage(message);
const say = (level: "info" | "warn") => (fields: object, message: string) =>
  tell({ kind: "log", level, fields: structuredClone(fields), message });

// Sound: the agent starts it with nothing else.
const settings = workerData as RuntimeSettings;
const host = new RuntimeHost({
  ...settings,
  log: { info: say("info"), warn: say("warn") },
  onState: (state) => tell({ kind: "state", state }),
  onReport: (report) => tell({ kind: "report", report }),
  now: Date.now,
  elapsedMs: () => performance.now(),
});

let isStopping = false;
const stop = async (): Promise<void> => {
  isStopping = true;
  await host.stop().catch(() => undefined);
  parentPort?.close();
};

parentPort?.once("message", ({ kind }: RuntimeOrder) => {
  if (kind === "stop") void stop();
});

try {
  await host.start();
} catch (thrown) {
  if (!isStopping) {
    tell({ kind: "state", state: { state: "failed", detail: messageOf(thrown) } });
    await stop();
  }
}
