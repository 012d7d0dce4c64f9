import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import {
  type Authenticator,
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
} from "@nats-io/transport-node";
import { messageOf } from "@pratique/core";
import { BusError } from "../errors.ts";
import { DEFAULT_TIMEOUT_MS, type JetStreamSettings } from "./settings.ts";

const RECONNECT_WAIT_MS = 500;
const PING_MS = 10_000;

/** Connects, and stays so: a connection that breaks is made again. Rejects with `BUS_SETTINGS`, `BUS_UNAVAILABLE`. */
export async function openConnection(settings: JetStreamSettings): Promise<NatsConnection> {
  for (const server of settings.servers) checkServer(server, settings);
  const options = {
    servers: [...settings.servers],
    name: "pratique",
    timeout: settings.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    pingInterval: PING_MS,
    ...tlsOf(settings),
    ...(settings.credentialsFile !== undefined && {
      authenticator: authenticatorOf(settings.credentialsFile),
    }),
  };
  try {
    return await connect(options);
  } catch (cause) {
    throw new BusError("BUS_UNAVAILABLE", `NATS cannot be reached: ${messageOf(cause)}`, { cause });
  }
}

function checkServer(server: string, { tls }: JetStreamSettings): void {
  const { scheme, host } = /^(?<scheme>nats|tls):\/\/(?<host>[^\s/@]+):\d{1,5}$/u.exec(server)?.groups ?? {};
  if (host === undefined) {
    // What is wrong with it may be that it holds a password.
    throw new BusError("BUS_SETTINGS", "expected a server of NATS as nats://HOST:PORT or tls://HOST:PORT");
  }
  // For an address, the client would have the certificate checked for "localhost".
  if ((scheme === "tls" || tls !== undefined) && isIP(host.replaceAll(/^\[|\]$/gu, "")) !== 0) {
    throw new BusError(
      "BUS_SETTINGS",
      `over TLS a server is called by its name, not by ${JSON.stringify(host)}`,
    );
  }
}

function tlsOf({ tls, servers }: JetStreamSettings): object {
  if (tls === undefined && !servers.some((server) => server.startsWith("tls:"))) return {};
  const { caFile, certificateFile, keyFile } = tls ?? {};
  return {
    tls: {
      ...(caFile !== undefined && { ca: read(caFile) }),
      ...(certificateFile !== undefined && { cert: read(certificateFile) }),
      ...(keyFile !== undefined && { key: read(keyFile) }),
    },
  };
}

function authenticatorOf(file: string): Authenticator {
  const text = read(file);
  if (text.includes("BEGIN NATS USER JWT")) return credsAuthenticator(Buffer.from(text));
  const seed = /^SU[A-Z2-7]{56}$/mu.exec(text)?.[0];
  if (seed === undefined) {
    throw new BusError(
      "BUS_SETTINGS",
      `${JSON.stringify(file)} holds neither credentials nor the seed of an NKey`,
    );
  }
  return nkeyAuthenticator(Buffer.from(seed));
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new BusError("BUS_SETTINGS", `${JSON.stringify(file)} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}
