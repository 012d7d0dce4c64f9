import { type EventFacts, isRuntimeSetup } from "@pratique/profile";
import { type SensorEvent, SensorFields } from "@pratique/sensor";
import { WRITING } from "./event-key.ts";
import type { FactReader } from "./learned-event.ts";

type Layer = NonNullable<EventFacts["executableLayer"]>;

const fields = new SensorFields();
const isUpper = fields.reader("proc.is_exe_upper_layer", undefined);
const isLower = fields.reader("proc.is_exe_lower_layer", undefined);
const isMemory = fields.reader("proc.is_exe_from_memfd", undefined);

/** What the sensor knows beyond its events. */
export const sensorFacts: FactReader<SensorEvent> = { factsOf, layerOf };

function factsOf(event: SensorEvent): EventFacts {
  const { openFlags } = event;
  const remoteName = remoteNameOf(event);
  return {
    ...(isExecution(event) && { executableLayer: layerOf(event) }),
    runtime: isOfRuntime(event),
    ...(openFlags !== undefined && { opensForWriting: (openFlags & WRITING) !== 0 }),
    ...(remoteName !== undefined && { remoteName }),
  };
}

/** Where the program came from that runs. */
function layerOf(event: SensorEvent): Layer {
  if (isMemory?.read(event) === true) return "memory";
  if (isUpper?.read(event) === true) return "added";
  return isLower?.read(event) === true ? "image" : "unknown";
}

function isExecution({ type }: SensorEvent): boolean {
  return type === "execve" || type === "execveat";
}

/** The layer is looked at last: most processes are told apart by their parents. */
function isOfRuntime(event: SensorEvent): boolean {
  return isRuntimeSetup(event.process, "unknown") && isRuntimeSetup(event.process, layerOf(event));
}

/** The name by which the container found whom it talks to. */
function remoteNameOf({ remote, scope, context, record }: SensorEvent): string | undefined {
  return remote === undefined ? undefined : context.dns.nameOf(scope, remote.address, record.timeNs);
}
