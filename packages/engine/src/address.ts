import { EngineError } from "./errors.ts";

/** Where an engine listens. */
export type EngineAddress =
  | { readonly kind: "unix"; readonly socketPath: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly tls: boolean };

export const defaultEngineAddress: EngineAddress = { kind: "unix", socketPath: "/var/run/docker.sock" };

const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/**
 * Reads an address in the forms of `DOCKER_HOST`: `unix:///path`, `tcp://host[:port]`, `http://…`, `https://…`.
 * `tlsVerify` is what `DOCKER_TLS_VERIFY` says of `tcp`. Throws `ENGINE_ADDRESS_MALFORMED`.
 */
export function parseEngineAddress(text: string, { tlsVerify = false } = {}): EngineAddress {
  if (text.startsWith("unix://")) return unixAddress(text);
  const url = URL.parse(text);
  if (url === null || !["tcp:", "http:", "https:"].includes(url.protocol)) {
    throw malformed(text, "unix, tcp, http or https");
  }
  if (url.username !== "" || url.search !== "" || url.hash !== "" || !["", "/"].includes(url.pathname)) {
    throw malformed(text, "a host and a port");
  }
  const tls = url.protocol === "https:" || (url.protocol === "tcp:" && tlsVerify);
  const port = portOf(text) ?? (tls ? TLS_PORT : PLAIN_PORT);
  if (url.hostname === "" || port > 65_535) throw malformed(text, "a host and a port");
  return { kind: "tcp", host: url.hostname, port, tls };
}

/** Writes an address for people, in the form that {@link parseEngineAddress} reads. */
export function formatEngineAddress(address: EngineAddress): string {
  if (address.kind === "unix") return `unix://${address.socketPath}`;
  return `${address.tls ? "https" : "tcp"}://${address.host}:${address.port}`;
}

function unixAddress(text: string): EngineAddress {
  const socketPath = text.slice("unix://".length);
  if (!socketPath.startsWith("/") || socketPath.includes("\0")) throw malformed(text, "an absolute path");
  return { kind: "unix", socketPath };
}

/** From the text, since URL drops a port that is the scheme's own. */
function portOf(text: string): number | undefined {
  const port = /:(?<port>\d{1,5})\/?$/u.exec(text)?.groups?.port;
  return port === undefined ? undefined : Number(port);
}

function malformed(text: string, expected: string): EngineError {
  return new EngineError(
    "ENGINE_ADDRESS_MALFORMED",
    `expected ${expected} as the engine's address, found ${JSON.stringify(text)}`,
  );
}
