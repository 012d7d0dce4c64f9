import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer, type Socket } from "node:net";
import path from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import type { ChannelEffects } from "../channel.ts";

const read = (name: string) => readFileSync(path.join(import.meta.dirname, name), "utf8");

/** The certificate of the peers that speak TLS, for `localhost` and 127.0.0.1; it signs itself. */
export const certificate = read("localhost.cert.pem");
export const key = read("localhost.key.pem");

/** Effects that permit loopback and trust the peers here. */
export function effectsOf(changes: Partial<ChannelEffects> = {}): ChannelEffects {
  return {
    now: () => Date.parse("2026-01-01T00:00:00Z"),
    random: () => 0.5,
    newId: () => "test-1",
    addresses: { allow: ["127.0.0.0/8", "::1"] },
    extraCertificates: [certificate],
    hostName: "pratique.example",
    ...changes,
  };
}

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpPeer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
}

/** A web server that reads each request to its end and then answers as told. */
export async function listenHttp(
  answer: (response: ServerResponse, request: ReceivedRequest) => void,
  { tls = true } = {},
): Promise<HttpPeer> {
  const server = tls ? createHttpsServer({ cert: certificate, key }) : createServer();
  const requests: ReceivedRequest[] = [];
  server.on("request", async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = "", url = "", headers } = request;
    const received = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
    requests.push(received);
    answer(response, received);
  });
  await listenOnLoopback(server);
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${portOf(server)}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly source: string;
  readonly secure: boolean;
  readonly user: string | undefined;
}

export interface SmtpPeer extends AsyncDisposable {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
}

/** A mail server that keeps what it is sent. */
export async function listenSmtp(options: SMTPServerOptions = {}): Promise<SmtpPeer> {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    cert: certificate,
    key,
    authOptional: true,
    onAuth: ({ username, password }, _session, callback) =>
      password === "opensesame"
        ? callback(null, { user: username ?? "" })
        : callback(new Error("Invalid username or password")),
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          source: Buffer.concat(chunks).toString(),
          secure: session.secure,
          user: session.user,
        });
        callback();
      });
    },
    ...options,
  });
  // A client that goes away in the middle is what some tests are about.
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: portOf(server.server),
    mails,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}

export interface StreamPeer extends AsyncDisposable {
  readonly port: number;
  /** What was received, all connections together. */
  text(): string;
}

/** A receiver of bytes. `onSocket` may be rude to who connects. */
export async function listenStream({
  tls = true,
  /** Only clients with our own certificate are let in. */
  mutual = false,
  onSocket = (_socket: Socket) => {},
} = {}): Promise<StreamPeer> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const receive = (socket: Socket) => {
    sockets.add(socket);
    socket.on("data", (chunk) => chunks.push(chunk)).on("error", () => undefined);
    onSocket(socket);
  };
  const clients = mutual ? { requestCert: true, rejectUnauthorized: true, ca: certificate } : {};
  const server = tls ? createTlsServer({ cert: certificate, key, ...clients }, receive) : createTcpServer(receive);
  await listenOnLoopback(server);
  return {
    port: portOf(server),
    text: () => Buffer.concat(chunks).toString(),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Takes octet-counted records apart (RFC 5425 section 4.3). Throws where the counting is wrong. */
export function recordsOf(text: string): readonly string[] {
  const records: string[] = [];
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    const space = rest.indexOf(" ");
    const length = Number(rest.subarray(0, space).toString());
    if (!Number.isInteger(length) || length <= 0) throw new Error("expected a length");
    records.push(rest.subarray(space + 1, space + 1 + length).toString());
    rest = rest.subarray(space + 1 + length);
  }
  return records;
}

function listenOnLoopback(server: Server | TcpServer): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

function portOf(server: Server | TcpServer): number {
  // A server that listens on TCP has an address of this form.
  return (server.address() as AddressInfo).port;
}
