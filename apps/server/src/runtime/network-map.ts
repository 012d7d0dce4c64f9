import type { ContainerRuntimeReport, ReplyOf, showNetworkMap } from "@pratique/api";

type NetworkMap = ReplyOf<typeof showNetworkMap>;
type Node = NetworkMap["nodes"][number];
type Edge = NetworkMap["edges"][number];

/** What is known of a container that is drawn. */
export interface MappedContainer {
  readonly host: string;
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly runtime: ContainerRuntimeReport;
  /** Addresses of its own. */
  readonly addresses: readonly string[];
  /** Not that of the host: its loopback is its own. */
  readonly hasOwnNetwork: boolean;
}

/** More than a person can look at. */
const MAX_NODES = 500;
const MAX_EDGES = 2000;
/** As long as a name of DNS may be. */
const MAX_LABEL = 255;

/**
 * Who talks to whom. An outside peer goes by the name that the container asked for, and by its address where nobody
 * asked. A peer that is another container of the same host is that container, and what a container says to itself is not
 * drawn.
 */
export function networkMap(containers: readonly MappedContainer[]): NetworkMap {
  const nodes = new Map<string, Node>();
  const edges = new Map<string, Edge>();
  const owners = new Map<string, MappedContainer>();
  for (const container of containers) {
    for (const address of container.addresses) owners.set(`${container.host} ${address}`, container);
  }
  // First, so that whoever a scanner talks to takes no other container's place.
  for (const container of containers) nodes.set(containerNode(container).id, containerNode(container));
  for (const container of containers) {
    const own = containerNode(container);
    for (const flow of container.runtime.flows) {
      if (container.hasOwnNetwork && isLoopback(flow.address)) continue;
      const other = owners.get(`${container.host} ${flow.address}`);
      const peer = other === undefined ? outsideNode(container.host, flow) : containerNode(other);
      if (peer.id === own.id) continue;
      // Behind one name there may be an address that is listed, and others that are not.
      if (nodes.get(peer.id)?.listed === undefined) nodes.set(peer.id, peer);
      addEdge(edges, flow.direction === "out" ? [own.id, peer.id] : [peer.id, own.id], flow);
    }
  }
  const drawn = new Map([...nodes].slice(0, MAX_NODES));
  const between = [...edges.values()].filter(({ from, to }) => drawn.has(from) && drawn.has(to));
  return {
    nodes: [...drawn.values()],
    edges: between.slice(0, MAX_EDGES),
    complete: nodes.size <= MAX_NODES && edges.size <= MAX_EDGES,
  };
}

type Flow = ContainerRuntimeReport["flows"][number];

function containerNode({ host, id, name, image }: MappedContainer): Node {
  return { id: `container:${host}~${id}`, kind: "container", label: name, host, containerId: id, image };
}

function outsideNode(host: string, { address, name, listed }: Flow): Node {
  if (isLoopback(address)) return { id: `host:${host}`, kind: "host", label: host, host };
  const label = (name || address || "many").slice(0, MAX_LABEL);
  return { id: `outside:${label}`, kind: "outside", label, ...(listed !== undefined && { listed }) };
}

/** Who connects to no address in particular reaches itself, as Apache does to wake its own processes. */
function isLoopback(address: string): boolean {
  return address.startsWith("127.") || ["::1", "0.0.0.0", "::"].includes(address);
}

/** Both ends may tell of one connection: the larger count holds, and not the sum. */
function addEdge(edges: Map<string, Edge>, [from, to]: readonly [string, string], flow: Flow): void {
  const { protocol, connections, refused = 0, lastAt } = flow;
  const port = flow.direction === "out" ? flow.port : flow.localPort;
  const key = JSON.stringify([from, to, protocol, port]);
  const known = edges.get(key);
  edges.set(key, {
    from,
    to,
    protocol,
    port,
    connections: Math.max(known?.connections ?? 0, connections),
    refused: Math.max(known?.refused ?? 0, refused),
    lastAt: known !== undefined && known.lastAt > lastAt ? known.lastAt : lastAt,
  });
}
