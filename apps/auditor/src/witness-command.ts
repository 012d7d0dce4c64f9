import { once } from "node:events";
import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { isIP } from "node:net";
import { parseArgs } from "node:util";
import { openNoteKey, signatureTypes, Witness, witnessHandler } from "@pratique/audit";
import { messageOf } from "@pratique/core";
import { readKeys } from "./arguments.ts";
import type { AuditorContext } from "./context.ts";
import { AuditorError } from "./errors.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { readBytes } from "./files.ts";

const REQUEST_DEADLINE_MS = 10_000;
const MAX_CONNECTIONS = 128;

/** `pratique-audit witness`: serves until it is told to end. */
export async function witnessCommand(args: readonly string[], context: AuditorContext): Promise<ExitCode> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      listen: { type: "string", default: "127.0.0.1:8444" },
      log: { type: "string", multiple: true },
      name: { type: "string" },
      state: { type: "string" },
      key: { type: "string" },
      "tls-cert": { type: "string" },
      "tls-key": { type: "string" },
    },
  });
  const { name, state, key } = values;
  const logs = readKeys(values.log);
  if (name === undefined || state === undefined || key === undefined || logs.length === 0) {
    throw new AuditorError("ARGUMENTS_INVALID", "--name, --state, --key and at least one --log are expected");
  }
  const { host, port } = readAddress(values.listen);
  const identity = readIdentity(values["tls-cert"], values["tls-key"]);
  const signer = openNoteKey(key, name, signatureTypes.cosignature);
  using witness = new Witness({ signer, logs, stateFile: state, now: context.now });
  const handler = witnessHandler(witness, (thrown) => context.say(`a request failed: ${messageOf(thrown)}`));
  const server = makeServer(identity, handler);
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, { host, port });
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  context.say(`witness ${signer.key.vkey}`);
  if (identity === undefined && !isLoopback(host)) {
    context.say(
      "warning: without --tls-cert and --tls-key, whoever is between may keep the log's checkpoints away",
    );
  }
  const scheme = identity === undefined ? "http" : "https";
  context.say(`listening on ${scheme}://${host.includes(":") ? `[${host}]` : host}:${bound}`);
  if (!context.signal.aborted) await once(context.signal, "abort");
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  return exitCodes.fine;
}

interface Identity {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Both, or neither. */
function readIdentity(certFile: string | undefined, keyFile: string | undefined): Identity | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    throw new AuditorError("ARGUMENTS_INVALID", "--tls-cert and --tls-key are expected together");
  }
  return { cert: readBytes(certFile), key: readBytes(keyFile) };
}

function makeServer(identity: Identity | undefined, handler: RequestListener): Server {
  const deadlines = { requestTimeout: REQUEST_DEADLINE_MS, headersTimeout: REQUEST_DEADLINE_MS };
  if (identity === undefined) return createPlainServer(deadlines, handler);
  try {
    const handshakeTimeout = REQUEST_DEADLINE_MS;
    return createTlsServer({ ...deadlines, ...identity, handshakeTimeout, minVersion: "TLSv1.3" }, handler);
  } catch (cause) {
    const message = `the certificate or its key cannot be used: ${messageOf(cause)}`;
    throw new AuditorError("ARGUMENTS_INVALID", message, { cause });
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

async function listen(server: Server, { host, port }: Address): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new AuditorError("ARGUMENTS_INVALID", `cannot listen there: ${messageOf(cause)}`, { cause });
  }
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function readAddress(text: string): Address {
  const groups = /^(?:\[(?<six>[\da-f:.]+)\]|(?<host>[^:[\]\s]+)):(?<port>\d{1,5})$/iu.exec(text)?.groups;
  const port = Number(groups?.port);
  if (groups === undefined || port > 65_535) {
    throw new AuditorError(
      "ARGUMENTS_INVALID",
      `--listen ${JSON.stringify(text)} is not of the form HOST:PORT`,
    );
  }
  return { host: groups.six ?? groups.host ?? "", port };
}
