import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { Engine, EngineContainerSummary } from "@pratique/engine";
import { containerOfProcess } from "@pratique/sensor";

export interface OwnContainersOptions {
  /** The container that the agent itself runs in; undefined where it runs in none. */
  readonly agent: string | undefined;
  /** The URL of the server; undefined where it is not reached over a network. */
  readonly server: string | undefined;
  readonly engine: Pick<Engine, "listContainers">;
  /** The addresses of a name. */
  readonly lookUp?: (name: string) => Promise<readonly string[]>;
  /** Whether an address is one of this host. */
  readonly isLocal?: (address: string) => boolean;
}

/**
 * Which containers of this host are Pratique's: the one that the agent runs in, and those in which its server is reached. A
 * server that was stopped could not be asked to undo it. Labels and names are not believed: whoever starts a container
 * chooses them, but nobody has an address or a port of the host that somebody else has.
 */
export class OwnContainers {
  readonly #options: OwnContainersOptions;
  #servers: ReadonlySet<string> = new Set();

  constructor(options: OwnContainersOptions) {
    this.#options = options;
  }

  has(id: string): boolean {
    return id === this.#options.agent || this.#servers.has(id);
  }

  /** Looks where the server is now. Rejects where that cannot be seen; what was seen before then stays. */
  async refresh(signal: AbortSignal): Promise<void> {
    const { server, engine, lookUp = addressesOf, isLocal = isLocalAddress } = this.#options;
    if (server === undefined) return;
    const { host, port } = placeOf(server);
    const [addresses, containers] = await Promise.all([lookUp(host), engine.listContainers({ signal })]);
    const leadsTo = ({ addresses: own, published }: EngineContainerSummary): boolean =>
      addresses.some(
        (address) =>
          own.includes(address) ||
          published.some(
            (at) =>
              at.port === port &&
              (at.address === address || (anyAddress.has(at.address) && isLocal(address))),
          ),
      );
    this.#servers = new Set(containers.filter(leadsTo).map(({ id }) => id));
  }
}

const TLS_PORT = 443;
const anyAddress: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"]);

function placeOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return {
    host: hostname.replace(/^\[(?<address>.*)\]$/u, "$<address>"),
    port: port === "" ? TLS_PORT : Number(port),
  };
}

async function addressesOf(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/** The addresses of this host's interfaces, and all of its loopback. */
function isLocalAddress(address: string): boolean {
  if (address.startsWith("127.") || address === "::1") return true;
  return Object.values(networkInterfaces()).some((all) => all?.some((each) => each.address === address));
}

const ID = "[0-9a-f]{64}";
/** The files that an engine makes for a container, and mounts from where it keeps that one's. */
const madeFor = new RegExp(`/[a-z-]*containers/(${ID})/(?:[a-z]+/)?(?:hostname|hosts|resolv\\.conf)$`, "u");
const mountedAt: ReadonlySet<string> = new Set(["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"]);

/** The container that this process runs in; undefined where it runs in none. */
export function ownContainerId(proc = "/proc/self"): string | undefined {
  try {
    const byCgroup = containerOfProcess(readFileSync(`${proc}/cgroup`, "utf8"));
    return byCgroup?.id ?? containerOfMounts(readFileSync(`${proc}/mountinfo`, "utf8"));
  } catch {
    // Our own process is there; without /proc, nothing of the runtime is watched at all.
    return undefined;
  }
}

/** In a cgroup namespace of its own, which is usual under version 2, a container does not see its cgroup's name. */
function containerOfMounts(text: string): string | undefined {
  for (const line of text.split("\n")) {
    // proc(5): the fourth field is what is mounted, the fifth where.
    const [, , , root = "", at = ""] = line.split(" ");
    const id = mountedAt.has(at) ? madeFor.exec(root)?.[1] : undefined;
    if (id !== undefined) return id;
  }
  return undefined;
}
