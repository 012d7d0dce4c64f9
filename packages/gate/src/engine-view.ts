import { type Engine, EngineError, type EngineErrorCode } from "@pratique/engine";
import { type Fields, fieldsOf } from "./json-fields.ts";
import type { EngineView } from "./ports.ts";

/** The engine as the gate asks it. Every question is a GET, which the gate answers itself without asking back. */
export function engineView(client: Engine): EngineView {
  let cgroupVersion: string | undefined;
  return {
    inspectImage: (reference) => found(client.inspectImage(reference)),
    inspectContainer: (nameOrId) => raw(client.inspectContainerRaw(nameOrId)),
    inspectVolume: (name) => found(client.inspectVolume(name)),
    inspectNetwork: (nameOrId) => raw(client.inspectNetworkRaw(nameOrId)),
    inspectExec: (id) => raw(client.inspectExecRaw(id)),
    cgroupVersion: async () => {
      // It stays the same as long as the host is up.
      cgroupVersion ??= (await client.info()).cgroupVersion;
      return cgroupVersion;
    },
  };
}

const NOT_FOUND: ReadonlySet<EngineErrorCode> = new Set<EngineErrorCode>([
  "IMAGE_NOT_FOUND",
  "CONTAINER_NOT_FOUND",
  "VOLUME_NOT_FOUND",
  "NETWORK_NOT_FOUND",
  "EXEC_NOT_FOUND",
]);

async function raw(answer: Promise<{ readonly json: unknown }>): Promise<Fields | undefined> {
  const given = await found(answer);
  return given === undefined ? undefined : fieldsOf(given.json);
}

async function found<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof EngineError && NOT_FOUND.has(thrown.code)) return undefined;
    throw thrown;
  }
}
