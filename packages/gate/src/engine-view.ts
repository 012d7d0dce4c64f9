import {
  type Engine,
  EngineError,
  type EngineErrorCode,
  type EngineInfo,
  readContainerFiles,
} from "@pratique/engine";
import { type Fields, fieldsOf } from "./json-fields.ts";
import { NewContainers } from "./new-containers.ts";
import type { EngineView } from "./ports.ts";

/** The engine as the gate asks it. Every question is a GET, which the gate answers itself without asking back. */
export function engineView(client: Engine): EngineView {
  let told: Promise<EngineInfo> | undefined;
  /** Asked for once: it takes the engine long, and stays the same until somebody configures another one. */
  const info = async (): Promise<EngineInfo> => {
    told ??= client.info();
    try {
      return await told;
    } catch (thrown) {
      told = undefined;
      throw thrown;
    }
  };
  const inspectContainer = (nameOrId: string) => raw(client.inspectContainerRaw(nameOrId));
  const newContainers = new NewContainers({
    read: async (id) => {
      // An engine that comes back with another directory leaves nothing in this one under a new id.
      return readContainerFiles((await info()).dataRoot, id);
    },
    inspect: inspectContainer,
  });
  return {
    inspectImage: (reference) => found(client.inspectImage(reference)),
    inspectContainer,
    inspectNewContainer: (id) => newContainers.look(id),
    inspectVolume: (name) => found(client.inspectVolume(name)),
    inspectNetwork: (nameOrId) => raw(client.inspectNetworkRaw(nameOrId)),
    inspectExec: (id) => raw(client.inspectExecRaw(id)),
    inspectService: (nameOrId) => raw(client.inspectServiceRaw(nameOrId)),
    cgroupVersion: async () => (await info()).cgroupVersion,
    containerdImageStore: async () => (await info()).containerdImageStore,
    dataRoot: async () => (await info()).dataRoot,
  };
}

const NOT_FOUND: ReadonlySet<EngineErrorCode> = new Set<EngineErrorCode>([
  "IMAGE_NOT_FOUND",
  "CONTAINER_NOT_FOUND",
  "VOLUME_NOT_FOUND",
  "NETWORK_NOT_FOUND",
  "EXEC_NOT_FOUND",
  "SERVICE_NOT_FOUND",
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
