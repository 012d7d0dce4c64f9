import { once } from "node:events";
import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import { createServer } from "node:https";
import { tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureCertificate } from "../certificate.ts";
import { witnessFetch } from "./witness-fetch.ts";

const answer: RequestListener = async (request, response) => {
  if (request.url === "/moved") return response.writeHead(302, { location: "/" }).end();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return response.writeHead(409).end(`size ${Buffer.concat(chunks).toString()}`);
};

let server: Server;
let plain: Server;
let cert: string;

beforeAll(async () => {
  using directory = tempDirectory();
  const now = () => Date.now();
  const identity = await ensureCertificate({ directory: directory.at("tls"), names: ["127.0.0.1"], now });
  cert = String(identity.cert);
  server = createServer(identity, answer).listen(0, "127.0.0.1");
  plain = createPlainServer(answer).listen(0, "127.0.0.1");
  await Promise.all([once(server, "listening"), once(plain, "listening")]);
});
afterAll(() => {
  for (const each of [server, plain]) {
    each.closeAllConnections();
    each.close();
  }
});

function urlOf(scheme: string, listener: Server): string {
  const address = listener.address();
  return `${scheme}://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

const ask = (url: string, certificates?: readonly string[], signal = new AbortController().signal) =>
  witnessFetch(certificates)(url, { method: "POST", body: "5", signal, redirect: "error" });

it("trusts the authorities that it is given", async () => {
  const reply = await ask(urlOf("https", server), [cert]);
  expect([reply.status, await reply.text()]).toEqual([409, "size 5"]);
});

it("trusts nobody else", async () => {
  await expect(ask(urlOf("https", server))).rejects.toThrow(/fetch failed/u);
  await expect(ask(urlOf("https", server), [])).rejects.toThrow(/fetch failed/u);
});

it("asks one without TLS as before", async () => {
  expect((await ask(urlOf("http", plain), [cert])).status).toBe(409);
});

it("follows no redirect, and ends when it is told to", async () => {
  await expect(ask(`${urlOf("https", server)}/moved`, [cert])).rejects.toThrow("redirect");
  await expect(ask(urlOf("https", server), [cert], AbortSignal.abort())).rejects.toMatchObject({
    name: "AbortError",
  });
});
