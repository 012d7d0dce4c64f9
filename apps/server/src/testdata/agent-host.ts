import "reflect-metadata";
import { KeyObject, randomBytes, webcrypto } from "node:crypto";
import { once } from "node:events";
import { Agent, request } from "node:https";
import { connect, type PeerCertificate, type TLSSocket } from "node:tls";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { issuedOf } from "./issued.ts";
import type { CallOptions, Reply } from "./call.ts";

/** What a host was given. */
interface Held {
  readonly key: string;
  readonly certificate: string;
  readonly authorities: string;
}

/** A key and a signing request for it, made by another library than the agent's own. */
export async function makeRequest(
  algorithm: webcrypto.EcKeyGenParams = { name: "ECDSA", namedCurve: "P-256" },
): Promise<{ readonly key: string; readonly csr: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=whatever it says",
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  const key = KeyObject.from(keys.privateKey).export({ format: "pem", type: "pkcs8" }).toString();
  return { key, csr: csr.toString("pem") };
}

/** One program that speaks as a host's agent, on connections of its own. */
export class AgentHost implements Disposable {
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #held: TLSSocket[] = [];
  readonly run: string;
  readonly held: Held | undefined;

  constructor(url: string, { held, run = randomBytes(16).toString("hex") }: { held?: Held; run?: string } = {}) {
    this.#url = new URL(url);
    this.run = run;
    this.held = held;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 1,
      ...(held !== undefined && { key: held.key, cert: held.certificate, ca: held.authorities }),
      rejectUnauthorized: held !== undefined,
      checkServerIdentity: (_name: string, { subjectaltname }: PeerCertificate) =>
        subjectaltname === "URI:pratique:server" ? undefined : new Error("no server of ours"),
    });
  }

  /** Joins with a token; what comes back is what the next program of this host starts with. */
  async join(secret: string, host: string): Promise<{ readonly reply: Reply; readonly held: Held }> {
    const { key, csr } = await makeRequest();
    const body = { secret, host, version: "1.2.3", csr };
    const reply = await this.call("/agent/v1/join", { method: "POST", body });
    return { reply, held: { key, ...issuedOf(reply) } };
  }

  async renew(): Promise<{ readonly reply: Reply; readonly held: Held }> {
    const { key, csr } = await makeRequest();
    const reply = await this.call("/agent/v1/certificate", { method: "POST", body: { csr } });
    return { reply, held: { key, ...issuedOf(reply) } };
  }

  /** The same host's next program: another run, other connections. */
  again(held: Held | undefined = this.held): AgentHost {
    return new AgentHost(this.#url.href, held === undefined ? {} : { held });
  }

  /** An open connection, once the server has let it in. */
  async hold(): Promise<{ readonly ended: Promise<unknown> }> {
    const { hostname, port } = this.#url;
    const { key, certificate, authorities } = this.held ?? {};
    const socket = connect({
      host: hostname,
      port: Number(port),
      ...(key !== undefined && { key }),
      ...(certificate !== undefined && { cert: certificate }),
      ...(authorities !== undefined && { ca: authorities }),
      checkServerIdentity: () => undefined,
    });
    this.#held.push(socket);
    const ended = once(socket, "close");
    socket.on("error", () => socket.destroy());
    socket.write(`GET /agent/v1/acknowledged?logId=a HTTP/1.1\r\nhost: a\r\npratique-run: ${this.run}\r\n\r\n`);
    await once(socket, "data");
    return { ended };
  }

  async call(path: string, { method = "GET", headers = {}, body }: CallOptions = {}): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const text = body === undefined ? undefined : JSON.stringify(body);
    const call = request(
      {
        hostname: this.#url.hostname,
        port: this.#url.port,
        path,
        method,
        agent: this.#agent,
        headers: {
          "pratique-run": this.run,
          ...(text !== undefined && {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(text),
          }),
          ...headers,
        },
      },
      (response) => {
        let read = "";
        response.setEncoding("utf8").on("data", (piece: string) => {
          read += piece;
        });
        response.once("error", reject);
        response.once("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: read,
            json: read.startsWith("{") ? JSON.parse(read) : {},
          }),
        );
      },
    );
    call.once("error", reject);
    call.end(text);
    return await promise;
  }

  /** Ends what {@link hold} opened. */
  release(): void {
    for (const socket of this.#held) socket.destroy();
  }

  /** Ends the connections, as a killed program does. */
  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
