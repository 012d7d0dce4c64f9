import { messageOf } from "@pratique/core";
import type { FlowTarget, Peers } from "../ports.ts";
import type { Check, CheckAnswer, Power, Scene, Step } from "../responders/responder.ts";
import { addressKey, isLoopback } from "./address-key.ts";
import { type FlowFacts, type FlowSocket, isLive } from "./socket-table.ts";

const MAX_NAMED = 5;
const MAX_PROBES = 3;

/** The power that refuses packets to these peers. */
export function denyingPower(peers: Peers): Power {
  return peers === "all" ? "isolate" : "deny";
}

/**
 * Ends a channel. First packets are refused, which is at once and silent; then sockets are ended, so that nobody waits
 * on them; then connections are forgotten, so that none comes back by its translation.
 */
export function cutSteps(scene: Scene): readonly Step[] {
  const { powers, peers } = scene;
  const steps: Step[] = [];
  if (powers.has(denyingPower(peers))) steps.push(deny(scene));
  if (powers.has("destroy")) steps.push({ ...destroySockets(scene), essential: true });
  if (powers.has("conntrack")) steps.push(forgetConnections(scene));
  return steps;
}

function deny({ host, container, peers, powers }: Scene): Step {
  return {
    name: "deny-peers",
    essential: true,
    tellsFlows: tellsFlows(powers),
    run: async (signal) => {
      const { sockets, connections, flows } = await host.flows.deny(container, peers, signal);
      const ended = `, ${sockets} sockets ended, ${connections} connections forgotten`;
      const detail = `packets ${namePeers(peers)} are refused${sockets + connections > 0 ? ended : ""}`;
      return { detail, flows: flows?.map(nameFlow) };
    },
  };
}

/** Where sockets are not ended by themselves, refusing packets ends them. */
export function tellsFlows(powers: Scene["powers"]): boolean {
  return !powers.has("destroy");
}

export function allow({ host, container, peers }: Scene): Step {
  return {
    name: "allow-peers",
    run: async (signal) => {
      await host.flows.allow(container, peers, signal);
      return `packets ${namePeers(peers)} pass again`;
    },
  };
}

export function destroySockets({ host, container, peers, view }: Scene): Step {
  return {
    name: "destroy-sockets",
    run: async (signal) => {
      if (view.pid === 0) return "the container does not run";
      return `${await host.flows.destroy({ container, pid: view.pid }, peers, signal)} sockets ended`;
    },
  };
}

export function forgetConnections({ host, container, peers, view }: Scene): Step {
  return {
    name: "forget-connections",
    run: async (signal) => {
      if (view.pid === 0) return "the container does not run";
      return `${await host.flows.forget({ container, pid: view.pid }, peers, signal)} connections forgotten`;
    },
  };
}

/** That no channel to the peers is left, and that none can be opened. */
export function channelChecks(scene: Scene): readonly Check[] {
  return [
    { name: "socket-table", decides: true, run: (signal) => noSocketLeft(scene, signal) },
    { name: "connections", decides: false, run: (signal) => noConnectionLeft(scene, signal) },
    { name: "probe", decides: false, run: (signal) => noneCanBeOpened(scene, signal) },
  ];
}

async function noSocketLeft({ host, container, peers }: Scene, signal: AbortSignal): Promise<CheckAnswer> {
  const target = await targetNow({ host, container }, signal);
  if (target === undefined) return notRunning;
  const sockets = await host.kernel.sockets(target, signal);
  const left = sockets.filter((socket) => isLive(socket) && leadsTo(socket, peers));
  if (left.length === 0) return { outcome: "holds", detail: `none of ${sockets.length} sockets is left` };
  const named = left.slice(0, MAX_NAMED).map(nameFlow);
  return { outcome: "fails", detail: `${left.length} left: ${named.join(", ")}` };
}

async function noConnectionLeft(
  { host, container, peers }: Scene,
  signal: AbortSignal,
): Promise<CheckAnswer> {
  const target = await targetNow({ host, container }, signal);
  if (target === undefined) return notRunning;
  const left = await host.kernel.tracked(target, peers, signal);
  if (left === undefined) return { outcome: "unknown", detail: "this kernel shows no connections of it" };
  return { outcome: left === 0 ? "holds" : "fails", detail: `${left} tracked connections left` };
}

/** A container that was not denied its peers could open the channel anew, so that alone is a failure. */
async function noneCanBeOpened(
  { host, container, peers, powers }: Scene,
  signal: AbortSignal,
): Promise<CheckAnswer> {
  const target = await targetNow({ host, container }, signal);
  if (target === undefined) return notRunning;
  if (!powers.has(denyingPower(peers))) {
    return { outcome: "fails", detail: "nothing on this host refuses a new connection" };
  }
  if (!powers.has("probe") || peers === "all") return { outcome: "unknown", detail: "no probe can be sent" };
  for (const peer of peers.slice(0, MAX_PROBES)) {
    const answer = await host.flows.probe(target, peer, signal);
    if (answer !== "refused") return { outcome: "fails", detail: `a connection to ${peer}: ${answer}` };
  }
  return { outcome: "holds", detail: "a new connection is refused" };
}

const notRunning: CheckAnswer = { outcome: "holds", detail: "the container does not run" };

/** As it is now: what lost its channel often ends by that, and may run again as another process. */
async function targetNow(
  { host, container }: Pick<Scene, "host" | "container">,
  signal: AbortSignal,
): Promise<FlowTarget | undefined> {
  const now = await host.control.look(container, signal);
  return now === undefined || now.pid === 0 ? undefined : { container, pid: now.pid };
}

/** What was open before an act, for its record: afterwards nobody can see it any more. */
export async function openFlows(scene: Scene, signal: AbortSignal): Promise<readonly string[]> {
  const { host, container, view, peers } = scene;
  if (view.pid === 0) return [];
  try {
    const sockets = await host.kernel.sockets({ container, pid: view.pid }, signal);
    return sockets.filter((socket) => isLive(socket) && leadsTo(socket, peers)).map(nameFlow);
  } catch (thrown) {
    return [`unreadable: ${messageOf(thrown)}`];
  }
}

/** Whether the far end of a socket is one of the peers; for all of them, whether it is not the container itself. */
export function leadsTo({ remoteAddress }: FlowSocket, peers: Peers): boolean {
  if (peers === "all") return !isLoopback(remoteAddress);
  const key = addressKey(remoteAddress);
  return key !== undefined && peers.some((peer) => addressKey(peer) === key);
}

/** One flow, for people. */
export function nameFlow({ table, localPort, remoteAddress, remotePort, state }: FlowFacts): string {
  return `${table} ${localPort} to ${remoteAddress} ${remotePort} ${state}`;
}

function namePeers(peers: Peers): string {
  return peers === "all" ? "to and from everybody" : `to and from ${peers.slice(0, MAX_NAMED).join(", ")}`;
}
