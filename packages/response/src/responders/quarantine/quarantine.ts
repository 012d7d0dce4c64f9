import { type JsonObject, type JsonValue, messageOf } from "@pratique/core";
import {
  frozenChecks,
  holdDown,
  letRestart,
  pauseContainer,
  planOf,
  unpauseContainer,
} from "../../container-steps.ts";
import {
  allow,
  channelChecks,
  destroySockets,
  forgetConnections,
  nameFlow,
  tellsFlows,
} from "../../flows/flow-steps.ts";
import type { ContainerNetwork } from "../../ports.ts";
import type { Check, CheckAnswer, Responder, Scene, Step } from "../responder.ts";

/**
 * Takes all network from the container, freezes it as it is, and keeps it from restarting: it is kept for whoever
 * looks into it. Where the kernel cannot isolate it, the engine takes it out of its networks.
 */
export const quarantine: Responder = {
  action: "quarantine",
  version: 1,
  needs: () => [["isolate", "disconnect"], ["pause"]],
  otherwise: ["pause", "cut", "report"],
  renews: true,
  stands: ({ running, paused }) => !running || paused,
  plan: (scene) => ({
    ...planOf(scene),
    denied: scene.powers.has("isolate"),
    networks: scene.view.networks.map(networkRecord),
  }),
  steps: quarantineSteps,
  checks: (scene) => [...networkChecks(scene), ...frozenChecks(scene)],
  undo: undoSteps,
};

function quarantineSteps(given: Scene): readonly Step[] {
  const scene: Scene = { ...given, peers: "all" };
  return [
    takeNetworkAway(scene),
    ...(scene.powers.has("destroy") ? [destroySockets(scene)] : []),
    ...(scene.powers.has("conntrack") ? [forgetConnections(scene)] : []),
    pauseContainer(scene),
    holdDown(scene),
  ];
}

function takeNetworkAway(scene: Scene): Step {
  const { host, container, powers } = scene;
  return {
    name: "take-network-away",
    essential: true,
    tellsFlows: powers.has("isolate") && tellsFlows(powers),
    run: async (signal) => {
      if (!powers.has("isolate")) return await disconnectAll(scene, signal);
      try {
        const { flows } = await host.flows.deny(container, "all", signal);
        return { detail: "the kernel isolates it", flows: flows?.map(nameFlow) };
      } catch (thrown) {
        if (!powers.has("disconnect")) throw thrown;
        return `the kernel did not isolate it (${messageOf(thrown)}): ${await disconnectAll(scene, signal)}`;
      }
    },
  };
}

/** All are tried, also after one that fails. */
async function disconnectAll({ host, container, view }: Scene, signal: AbortSignal): Promise<string> {
  const failures: unknown[] = [];
  for (const network of view.networks) {
    try {
      await host.control.disconnect(container, network, signal);
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(messageOf).join("; "));
  return `taken out of ${view.networks.length} networks`;
}

/** By either way: isolated, with no channel left; or out of every network. */
function networkChecks(given: Scene): readonly Check[] {
  const scene: Scene = { ...given, peers: "all" };
  if (!scene.powers.has("isolate")) {
    return [{ name: "networks", decides: true, run: (signal) => inNoNetwork(scene, signal) }];
  }
  return channelChecks(scene);
}

async function inNoNetwork({ host, container }: Scene, signal: AbortSignal): Promise<CheckAnswer> {
  const networks = (await host.control.look(container, signal))?.networks ?? [];
  if (networks.length === 0) return { outcome: "holds", detail: "it is in no network" };
  return { outcome: "fails", detail: `still in ${networks.map(({ network }) => network).join(", ")}` };
}

/** The network first: what runs again finds it as it left it. */
function undoSteps(given: Scene, plan: JsonObject): readonly Step[] {
  const scene: Scene = { ...given, peers: "all" };
  const { host, container, view } = scene;
  const joined = new Set(view.networks.map(({ network }) => network));
  const left = networksIn(plan).filter(({ network }) => !joined.has(network));
  return [
    ...(plan.denied === true ? [allow(scene)] : []),
    ...left.map((network) => ({
      name: "join-network",
      run: async (signal: AbortSignal) => {
        await host.control.connect(container, network, signal);
        return `in ${network.network} again`;
      },
    })),
    letRestart(scene, plan),
    ...(plan.wasPaused === true ? [] : [unpauseContainer(scene)]),
  ];
}

function networkRecord({ network, settings }: ContainerNetwork): JsonObject {
  return { network, settings: JSON.stringify(settings) };
}

function networksIn({ networks }: JsonObject): readonly ContainerNetwork[] {
  return Array.isArray(networks) ? networks.flatMap((each: JsonValue) => networkIn(each) ?? []) : [];
}

function networkIn(record: JsonValue): ContainerNetwork | undefined {
  if (typeof record !== "object" || record === null || !("network" in record) || !("settings" in record)) {
    return undefined;
  }
  const { network, settings } = record;
  if (typeof network !== "string" || typeof settings !== "string") return undefined;
  return { network, settings: JSON.parse(settings) };
}
