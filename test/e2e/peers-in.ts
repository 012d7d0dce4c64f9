import { isLive, ProcKernel } from "@pratique/response";

/** The tables of one network are read within milliseconds; machines of others are slow. */
const DEADLINE_MS = 20_000;

/** The far end of a connection. */
interface Peer {
  readonly address: string;
  readonly port: number;
}

/** Whom the network of a process talks to, by the kernel's own tables; nobody where it has ended. */
export async function peersIn(pid: number): Promise<readonly Peer[]> {
  const sockets = new ProcKernel().networkSockets(pid, AbortSignal.timeout(DEADLINE_MS));
  const live = (await sockets.catch(() => [])).filter(isLive);
  return live.map(({ remoteAddress: address, remotePort: port }) => ({ address, port }));
}
