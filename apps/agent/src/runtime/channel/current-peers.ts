import { isLive, ProcKernel } from "@pratique/response";

/** The far end of a connection. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** Reading the tables of one network takes some milliseconds. */
const DEADLINE_MS = 2000;

/**
 * Whom the network of a process talks to now. Nobody where it is the host's own, where the process is gone, and where
 * the tables cannot be read: whoever opens too many sockets must not keep a set from being taken.
 */
export async function currentPeers(pid: number, kernel = new ProcKernel()): Promise<readonly Peer[]> {
  const sockets = await ownSockets(pid, kernel).catch(() => []);
  const peers = new Map<string, Peer>();
  for (const { remoteAddress: address, remotePort: port } of sockets.filter(isLive)) {
    peers.set(`${address} ${port}`, { address, port });
  }
  return [...peers.values()];
}

async function ownSockets(pid: number, kernel: ProcKernel): ReturnType<ProcKernel["networkSockets"]> {
  const network = kernel.networkOf(pid);
  if (network === undefined || network === kernel.networkOf("1")) return [];
  return await kernel.networkSockets(pid, AbortSignal.timeout(DEADLINE_MS));
}
