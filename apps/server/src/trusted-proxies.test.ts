import { listOwnSessions } from "@pratique/api";
import { expect, it } from "vitest";
import { ADMIN_PASSWORD, cookieIn, type TestServer, testServer } from "./testdata/test-server.ts";

const CLIENT = "203.0.113.7";

/** Signs in once more with a header, and says from where the server took that to be. */
async function addressSeen(server: TestServer, forwarded: string): Promise<string | undefined> {
  const origin = server.running.url;
  const reply = await server.call("/api/v1/session/password", {
    method: "POST",
    headers: { origin, "x-forwarded-for": forwarded },
    body: { login: "admin", password: ADMIN_PASSWORD },
  });
  expect(reply.status).toBe(200);
  const headers = { cookie: cookieIn(reply) };
  const { items } = listOwnSessions.reply.parse(
    (await server.call("/api/v1/session/sessions", { headers })).json,
  );
  return items.find(({ current }) => current)?.address;
}

it.each([
  ["believes nobody where none is trusted", [], CLIENT, "127.0.0.1"],
  ["believes nobody but who is trusted", ["192.0.2.0/24", "2001:db8::1"], CLIENT, "127.0.0.1"],
  ["believes a proxy that is trusted by its address", ["127.0.0.1"], CLIENT, CLIENT],
  ["believes a proxy that is trusted by its network", ["127.0.0.0/8"], CLIENT, CLIENT],
  ["takes what the proxy added, not what its caller wrote", ["127.0.0.1"], `198.51.100.1, ${CLIENT}`, CLIENT],
  [
    "goes on to the caller of a proxy behind a proxy",
    ["127.0.0.1", "10.0.0.0/8"],
    `${CLIENT}, 10.0.0.9`,
    CLIENT,
  ],
])("%s", async (_, trustedProxies, forwarded, expected) => {
  await using server = await testServer({ trustedProxies });
  await server.signIn();
  expect(await addressSeen(server, forwarded)).toBe(expected);
});

it("refuses a call that a proxy says to come from no address", async () => {
  await using server = await testServer({ trustedProxies: ["127.0.0.1"] });
  const headers = { "x-forwarded-for": "web-1" };
  const reply = await server.call("/api/v1/session", { headers });
  expect(reply.json).toMatchObject({ status: 400, code: "REQUEST_MALFORMED" });
});

it("takes neither host nor scheme from a proxy", async () => {
  await using server = await testServer({ trustedProxies: ["127.0.0.1"] });
  const headers = { host: "evil.example", "x-forwarded-host": new URL(server.running.url).host };
  const reply = await server.call("/api/v1/session", { headers });
  expect(reply.json).toMatchObject({ code: "HOST_REFUSED" });
});

it("counts the addresses of one IPv6 network together where pushes of registries are refused", async () => {
  await using server = await testServer({ trustedProxies: ["127.0.0.1"] });
  const push = async (address: string) => {
    const headers = { "x-forwarded-for": address };
    return (await server.call("/hooks/registry/none", { method: "POST", headers, body: {} })).status;
  };
  const statuses: number[] = [];
  for (let at = 1; at <= 31; at += 1) statuses.push(await push(`2001:db8:1:2::${at}`));
  expect(statuses.indexOf(429)).toBe(30);
  expect(await push("2001:db8:1:3::1")).toBe(401);
});
