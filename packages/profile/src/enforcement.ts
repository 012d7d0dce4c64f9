import type { Digest } from "@pratique/core";
import { compareText } from "./decisions.ts";
import type { ItemKind } from "./item.ts";
import { parsePeer, siteOf } from "./peer-pattern.ts";
import type { LearnedItem, Profile } from "./profile.ts";

/** A peer that may be talked to. `port` is 0 for any port or protocol. */
export interface AllowedPeer {
  /** A network with its length, or a name; `*.example.com` stands for all names of the site and itself. */
  readonly host: string;
  readonly protocol: string;
  readonly port: number;
}

/** What may happen in containers of an image, as lists to look things up in. All are sorted. */
export interface EnforcementTables {
  readonly image: Digest;
  /** Programs of the image that may run. */
  readonly programs: readonly string[];
  /** Programs that may run though they are not in the image: they were made by the container when it was learned. */
  readonly addedPrograms: readonly string[];
  readonly memoryPrograms: boolean;
  readonly networks: readonly AllowedPeer[];
  readonly names: readonly AllowedPeer[];
  /** `tcp/80` */
  readonly listens: readonly string[];
  readonly sockets: readonly string[];
  readonly secrets: readonly string[];
  /** There was too much of these to know, so that nothing of them can be refused. */
  readonly notEnforced: readonly ItemKind[];
}

export function enforcementOf(profile: Profile): EnforcementTables {
  const executables = profile.list("executable");
  const peers = profile.list("peer").map(allowedPeer);
  const values = (kind: ItemKind) => profile.list(kind).map(({ value }) => value);
  return {
    image: profile.image,
    programs: pathsOf(executables, (layer) => layer === "image" || layer === "unknown"),
    addedPrograms: pathsOf(executables, (layer) => layer === "added"),
    memoryPrograms: executables.some(({ value }) => value === "memory"),
    networks: peers.filter(({ host }) => siteOf(host) === undefined),
    names: peers.filter(({ host }) => siteOf(host) !== undefined),
    listens: values("listen"),
    sockets: values("socket"),
    secrets: values("secret"),
    notEnforced: [...new Set(profile.openings().map(({ kind }) => kind))],
  };
}

function pathsOf(
  executables: readonly LearnedItem[],
  isWanted: (layer: string) => boolean,
): readonly string[] {
  const paths = executables.filter(({ value }) => isWanted(value)).map(({ subject }) => subject);
  return [...new Set(paths)].sort(compareText);
}

function allowedPeer({ value }: LearnedItem): AllowedPeer {
  const { host, port } = parsePeer(value);
  const [protocol = "", number] = port.split("/");
  if (number === undefined) return { host: networkOf(host), protocol: "", port: 0 };
  return { host: networkOf(host), protocol, port: Number(number) };
}

function networkOf(host: string): string {
  if (siteOf(host) !== undefined || host.includes("/")) return host;
  return host.includes(":") ? `${host}/128` : `${host}/32`;
}
