import { formatAddress, type Groups, maskAddress, parseAddress } from "./network-address.ts";

const MOST_NAME = 200;
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/u;
/** Second labels under which registries of countries sell names: `example.co.uk` is a site, `co.uk` is none. */
const REGISTRIES = new Set(["ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "or", "org"]);

/** Where anybody gets a name, attackers too: each name below is a site of its own. Not all there are. */
const SHARED: ReadonlySet<string> = new Set([
  "amazonaws.com",
  "appspot.com",
  "azureedge.net",
  "azurewebsites.net",
  "blob.core.windows.net",
  "cloudapp.azure.com",
  "cloudfront.net",
  "ddns.net",
  "digitaloceanspaces.com",
  "duckdns.org",
  "fly.dev",
  "github.io",
  "gitlab.io",
  "herokuapp.com",
  "netlify.app",
  "ngrok-free.app",
  "ngrok.io",
  "no-ip.org",
  "onrender.com",
  "pages.dev",
  "r2.dev",
  "run.app",
  "s3.amazonaws.com",
  "storage.googleapis.com",
  "trycloudflare.com",
  "vercel.app",
  "web.app",
  "workers.dev",
]);

/** What a container talks to, and how. */
export interface Peer {
  /** A name in lower case, an address, or a network with its length. */
  readonly host: string;
  /** `tcp/443`, or `*`. */
  readonly port: string;
}

/** Checks and writes a name as DNS compares it: lower case, without the last dot. Undefined where it is none. */
export function canonicalName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/u, "");
  return name.length <= MOST_NAME && NAME.test(name) && parseAddress(name) === undefined ? name : undefined;
}

/** Undefined where the text is no address. */
export function canonicalAddress(text: string): string | undefined {
  const groups = parseAddress(text);
  return groups === undefined ? undefined : formatAddress(groups);
}

export function formatPeer({ host, port }: Peer): string {
  return `${host} ${port}`;
}

/** Expects what {@link formatPeer} wrote. */
export function parsePeer(value: string): Peer {
  const space = value.indexOf(" ");
  return { host: value.slice(0, space), port: value.slice(space + 1) };
}

/** What peers are kept apart by: the site of a name, the wide network of an address. */
export function peerSubject(value: string): string {
  const { host } = parsePeer(value);
  return siteOf(host) ?? networkOf(host, "wide");
}

/** The near network of an address (/24, /64), the names of a site. */
export function nearPeers(value: string): string {
  const { host, port } = parsePeer(value);
  const site = siteOf(host);
  return formatPeer({ host: site === undefined ? networkOf(host, "near") : namesOf(site), port });
}

/** The wide network of an address (/16, /32), the names of a site. */
export function widePeers(value: string): string {
  const { host, port } = parsePeer(value);
  const site = siteOf(host);
  return formatPeer({ host: site === undefined ? networkOf(host, "wide") : namesOf(site), port });
}

export function anyPort(value: string): string {
  return formatPeer({ host: parsePeer(widePeers(value)).host, port: "*" });
}

/** The part of a name that somebody registered; undefined for addresses and networks. */
export function siteOf(host: string): string | undefined {
  if (host.includes(":") || host.includes("/") || parseAddress(host) !== undefined) return undefined;
  const labels = host.replace(/^\*\./u, "").split(".");
  for (let place = 1; place < labels.length - 1; place += 1) {
    if (SHARED.has(labels.slice(place).join("."))) return labels.slice(place - 1).join(".");
  }
  const [second = "", top = ""] = labels.slice(-2);
  const length = top.length === 2 && REGISTRIES.has(second) ? 3 : 2;
  return labels.slice(-length).join(".");
}

/** All names of a site, itself among them; a name of one label stays. */
export function namesOf(site: string): string {
  return site.includes(".") ? `*.${site}` : site;
}

function networkOf(host: string, width: "near" | "wide"): string {
  const [address = "", length] = host.split("/");
  const groups = parseAddress(address);
  if (groups === undefined) return host;
  const bits = Math.min(bitsOf(groups, width), length === undefined ? 128 : Number(length));
  return `${formatAddress(maskAddress(groups, bits))}/${bits}`;
}

function bitsOf(groups: Groups, width: "near" | "wide"): number {
  const v4 = groups.length === 2;
  if (width === "near") return v4 ? 24 : 64;
  return v4 ? 16 : 32;
}
