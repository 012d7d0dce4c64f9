import type { IndicatorKind } from "@pratique/core";
import {
  formatAddress,
  formatNetwork,
  type IpNetwork,
  isWhole,
  parseAddress,
  parseNetwork,
  wholeOf,
} from "./address.ts";
import { canonicalName } from "./domain.ts";

/** What an indicator names, in canonical form. */
export interface Observable {
  readonly kind: IndicatorKind;
  readonly value: string;
  /** 0 where any port is meant. */
  readonly port: number;
  /** What it is looked up by; differs from the value for URLs alone, whose scheme does not count. */
  readonly key: string;
  /** Of addresses and networks. */
  readonly network?: IpNetwork;
}

/** What could not be read as one, and why. */
export interface Refusal {
  readonly kind: "refused";
  readonly reason: string;
}

/** What a feed says that a text is. `address` means a network as well. */
export type Expected = "any" | "address" | "domain" | "url" | "hash";

const MAX_TEXT = 2048;
const HASH = /^(?:[\da-f]{32}|[\da-f]{40}|[\da-f]{64}|[\da-f]{128})$/iu;
const PORT = /^[1-9]\d{0,4}$/u;
const URL_SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "ftp:", "ws:", "wss:"]);
const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443, "ftp:": 21 };

/**
 * Reads a text of a feed: an address, a network, a name, each with or without a port, a URL, or a hash. Text that was
 * made harmless for reports (`hxxp`, `[.]`) is read as what it stands for.
 */
export function parseObservable(text: string, expected: Expected = "any"): Observable | Refusal {
  if (text.length > MAX_TEXT) return refused("longer than an indicator can be");
  const plain =
    text.includes("[.") || text.includes("(.") || text.includes("[:") || /^hxxp/iu.test(text)
      ? refang(text)
      : text;
  if (expected === "hash") return hashOf(plain) ?? refused("expected a hash");
  if (expected === "url" || plain.includes("://")) return urlOf(plain, expected);
  if (expected !== "domain") {
    const address = addressOf(plain);
    if (address !== undefined) return address;
    if (expected === "address") return refused("expected an address in an unambiguous form");
  }
  return domainOf(plain, expected);
}

function addressOf(text: string): Observable | undefined {
  const network = parseNetwork(text);
  if (network !== undefined) return ofNetwork(network, 0);
  const colon = text.lastIndexOf(":");
  if (colon < 0) return undefined;
  const host = text.slice(0, colon);
  const isBracketed = host.startsWith("[") && host.endsWith("]");
  // Without brackets the last group of an IPv6 address would be a port.
  if (!isBracketed && host.includes(":")) return undefined;
  const address = parseAddress(isBracketed ? host.slice(1, -1) : host);
  const port = portOf(text.slice(colon + 1));
  return address === undefined || port === undefined ? undefined : ofNetwork(wholeOf(address), port);
}

function ofNetwork(network: IpNetwork, port: number): Observable {
  const value = formatNetwork(network);
  return { kind: isWhole(network) ? "address" : "network", value, port, key: value, network };
}

function domainOf(text: string, expected: Expected): Observable | Refusal {
  if (expected === "any" && text.includes("/")) return urlOf(`http://${text}`, expected);
  // A name of one label is none that could be listed.
  const hash = expected === "any" ? hashOf(text) : undefined;
  if (hash !== undefined) return hash;
  const colon = text.indexOf(":");
  const name = canonicalName(colon < 0 ? text : text.slice(0, colon));
  const port = colon < 0 ? 0 : portOf(text.slice(colon + 1));
  if (name !== undefined && port !== undefined) return { kind: "domain", value: name, port, key: name };
  return refused("expected an address, a network, a name, a URL or a hash");
}

/** A URL that names a whole server is that server: address or name, with the port that it is spoken to at. */
function urlOf(text: string, expected: Expected): Observable | Refusal {
  const whole = text.includes("://") ? text : `http://${text}`;
  const url = URL.parse(whole);
  if (url === null) return refused("expected a URL");
  if (!URL_SCHEMES.has(url.protocol)) return refused("a URL of a scheme that is not looked at");
  const found = serverOf(whole, url);
  if (found === undefined) return refused("a URL without a plain host");
  const { host, network } = found;
  const port = url.port === "" ? (DEFAULT_PORTS[url.protocol] ?? 0) : Number(url.port);
  if (expected === "any" && url.pathname === "/" && url.search === "") {
    if (network !== undefined) return ofNetwork(network, port);
    return { kind: "domain", value: host, port: url.port === "" ? 0 : port, key: host };
  }
  const authority = `${network?.family === 6 ? `[${host}]` : host}${url.port === "" ? "" : `:${url.port}`}`;
  const key = `${authority}${url.pathname}${url.search}`;
  const value = `${url.protocol}//${key}`;
  return { kind: "url", value, port, key, ...(network !== undefined && { network }) };
}

/**
 * The host of a URL as it is written, where a browser sees the same. WHATWG URL reads `010.1` and `0x7f.1` as addresses,
 * decodes percents, and takes backslashes for slashes; what such a URL means depends on who reads it.
 */
function serverOf(
  text: string,
  url: URL,
): { readonly host: string; readonly network: IpNetwork | undefined } | undefined {
  const written = /^[a-z][\w+.-]*:\/\/(?:[^/?#@]*@)?(?:\[(?<v6>[^\]]*)\]|(?<plain>[^/?#:]*))/iu.exec(
    text,
  )?.groups;
  const address = parseAddress(written?.v6 ?? written?.plain ?? "");
  if (address !== undefined) {
    const isSame = written?.v6 !== undefined || url.hostname === written?.plain;
    return isSame ? { host: formatAddress(address), network: wholeOf(address) } : undefined;
  }
  const host = canonicalName(written?.plain ?? "");
  return host !== undefined && host === url.hostname.replace(/\.$/u, "")
    ? { host, network: undefined }
    : undefined;
}

function hashOf(text: string): Observable | undefined {
  if (!HASH.test(text)) return undefined;
  const value = text.toLowerCase();
  return { kind: "hash", value, port: 0, key: value };
}

function portOf(text: string): number | undefined {
  const port = PORT.test(text) ? Number(text) : 0;
  return port > 0 && port <= 65_535 ? port : undefined;
}

/** As reports write what nobody should click on. */
function refang(text: string): string {
  return text
    .replace(/^hxxp/iu, "http")
    .replaceAll(/\[\.\]|\(\.\)/gu, ".")
    .replaceAll("[:]", ":")
    .replaceAll("[://]", "://");
}

function refused(reason: string): Refusal {
  return { kind: "refused", reason };
}
