import { once } from "node:events";
import { connect, createServer } from "node:net";
import { assert, ipV4, ipV6, property } from "fast-check";
import { expect, it } from "vitest";
import { AddressGuard, type ConnectionPeer, HttpClient } from "./index.ts";
import { isPublicAddress } from "./public-address.ts";
import { certificate, listen } from "./testdata/loopback.ts";

const forbidden = expect.objectContaining({ name: "HttpError", code: "ADDRESS_FORBIDDEN" });
const effects = { now: () => 0, random: () => 0.5, sleep: async () => undefined };

it.each([
  ["loopback", "127.0.0.1"],
  ["the far end of loopback", "127.255.255.254"],
  ["unspecified", "0.0.0.0"],
  ["this network", "0.1.2.3"],
  ["metadata", "169.254.169.254"],
  ["a cloud's platform address", "168.63.129.16"],
  ["private 10", "10.0.0.1"],
  ["private 172", "172.31.255.255"],
  ["private 192", "192.168.1.1"],
  ["carrier-grade NAT", "100.64.0.1"],
  ["metadata of a cloud in carrier-grade NAT space", "100.100.100.200"],
  ["multicast", "224.0.0.1"],
  ["broadcast", "255.255.255.255"],
  ["benchmarking", "198.19.0.1"],
  ["documentation", "203.0.113.1"],
  ["loopback of IPv6", "::1"],
  ["unspecified of IPv6", "::"],
  ["link-local with zone", "fe80::1%lo"],
  ["link-local", "fe80::1"],
  ["unique local", "fd00::1"],
  ["metadata of IPv6", "fd00:ec2::254"],
  ["site-local", "fec0::1"],
  ["multicast of IPv6", "ff02::1"],
  ["mapped loopback", "::ffff:127.0.0.1"],
  ["mapped metadata in hexadecimal", "::ffff:a9fe:a9fe"],
  ["mapped, written out", "0:0:0:0:0:ffff:7f00:1"],
  ["compatible", "::127.0.0.1"],
  ["translated", "::ffff:0:127.0.0.1"],
  ["NAT64", "64:ff9b::169.254.169.254"],
  ["local NAT64", "64:ff9b:1::a00:1"],
  ["6to4 of loopback", "2002:7f00:1::1"],
  ["Teredo", "2001::1"],
  ["documentation of IPv6", "2001:db8::1"],
  ["new documentation of IPv6", "3fff::1"],
  ["no address", "localhost"],
  ["a number", "2130706433"],
  ["octal", "0177.0.0.1"],
  ["nothing", ""],
])("does not call %s public", (_, address) => {
  expect(isPublicAddress(address)).toBe(false);
  expect(new AddressGuard("public").permits(address)).toBe(false);
});

it.each(["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"])(
  "calls %s public",
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
    expect(new AddressGuard("public").permits(address)).toBe(true);
  },
);

it("calls no IPv6 form of an IPv4 address public, and never throws", () => {
  assert(property(ipV4(), (address) => !isPublicAddress(`::ffff:${address}`)));
  assert(property(ipV4(), (address) => !isPublicAddress(`64:ff9b::${address}`)));
  assert(property(ipV6(), (address) => typeof isPublicAddress(address) === "boolean"));
});

it("lets the networks of the operator through, in each of their forms, and no other", () => {
  const guard = new AddressGuard({ allow: ["10.1.0.0/16", "fd00:1::/64", "192.168.7.7"] });
  expect(
    ["10.1.2.3", "::ffff:10.1.2.3", "fd00:1::9", "192.168.7.7", "8.8.8.8"].map((a) => guard.permits(a)),
  ).toEqual([true, true, true, true, true]);
  expect(["10.2.0.1", "192.168.7.8", "fd00:2::1", "127.0.0.1"].map((a) => guard.permits(a))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

it.each([
  "10.0.0.0/33",
  "10.0.0.0/",
  "10.0.0/8",
  "::/129",
  "fe80::%lo/10",
  "10.0.0.0/8/8",
  "example.org",
  "",
])("refuses %j as a network", (network) => {
  expect(() => new AddressGuard({ allow: [network] })).toThrow(
    expect.objectContaining({ code: "NETWORK_MALFORMED" }),
  );
});

it.each([
  ["loopback", (port: number) => `http://127.0.0.1:${port}/`],
  ["loopback as one number", (port: number) => `http://2130706433:${port}/`],
  ["loopback in octal", (port: number) => `http://0177.0.0.1:${port}/`],
  ["loopback in short", (port: number) => `http://127.1:${port}/`],
  ["the unspecified address", (port: number) => `http://0.0.0.0:${port}/`],
  ["mapped loopback", (port: number) => `http://[::ffff:127.0.0.1]:${port}/`],
  ["loopback of IPv6", (port: number) => `http://[::1]:${port}/`],
  ["a name of loopback", (port: number) => `http://localhost:${port}/`],
  ["metadata", () => "http://169.254.169.254/latest/meta-data/"],
])("connects to %s for nobody", async (_, url) => {
  await using server = await listen((__, response) => response.end("secret"));
  await using client = new HttpClient({ ...effects, addresses: "public" });
  const request = client.request({ url: url(Number(new URL(server.url).port)) });
  await expect(request).rejects.toEqual(forbidden);
  expect(server.requests).toHaveLength(0);
});

it("follows no redirect to an address that is forbidden", async () => {
  await using server = await listen((_, response) =>
    response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end(),
  );
  await using client = new HttpClient({ ...effects, addresses: { allow: ["127.0.0.1"] } });
  await expect(client.request({ url: server.url })).rejects.toEqual(forbidden);
  expect(server.requests).toHaveLength(1);
});

it("asks for the address of a name once, and connects to that one", async () => {
  await using server = await listen((_, response) =>
    response.writeHead(200, { connection: "close" }).end("ok"),
  );
  const answers = ["127.0.0.1", "127.0.0.2"];
  const resolve = async () => [{ address: answers.shift() ?? "127.0.0.2", family: 4 }];
  const peers: ConnectionPeer[] = [];
  await using client = new HttpClient({
    ...effects,
    addresses: { allow: ["127.0.0.1"] },
    resolve,
    onConnect: (peer) => peers.push(peer),
  });
  const url = `http://rebinding.example:${new URL(server.url).port}/`;
  expect(await (await client.request({ url })).text()).toBe("ok");
  expect(peers).toEqual([expect.objectContaining({ host: "rebinding.example", address: "127.0.0.1" })]);
  expect(answers).toHaveLength(1);
  // The name means something else now, and the new connection is judged anew.
  await expect(client.request({ url })).rejects.toEqual(forbidden);
  expect(server.requests).toHaveLength(1);
});

it("leaves out the forbidden addresses of a name that has others", async () => {
  const guard = new AddressGuard("public", async () => [
    { address: "127.0.0.1", family: 4 },
    { address: "8.8.8.8", family: 4 },
  ]);
  expect(await guard.resolve("mixed.example")).toEqual([{ address: "8.8.8.8", family: 4 }]);
});

it("hands a forbidden target to no proxy", async () => {
  await using proxy = await listen((_, response) => response.end("from the proxy"));
  await using client = new HttpClient({ ...effects, addresses: "public", proxy: { http: proxy.url } });
  await expect(client.request({ url: "http://169.254.169.254/" })).rejects.toEqual(forbidden);
  await expect(client.request({ url: "http://localhost/" })).rejects.toEqual(forbidden);
  expect(proxy.requests).toHaveLength(0);
});

it("tells who was at the other end of TLS", async () => {
  await using server = await listen((_, response) => response.end("ok"), { tls: true });
  const peers: ConnectionPeer[] = [];
  await using client = new HttpClient({
    ...effects,
    extraCertificates: [certificate],
    onConnect: (peer) => peers.push(peer),
  });
  await (await client.request({ url: server.url })).discard();
  expect(peers[0]?.tls).toEqual(
    expect.objectContaining({
      verified: true,
      protocol: "TLSv1.3",
      fingerprint: expect.stringMatching(/^[\dA-F:]{95}$/u),
    }),
  );
});

it("guards plain sockets", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const socket = connect({ host: "localhost", port, lookup: new AddressGuard("public").lookup });
  const [error] = await once(socket, "error");
  expect(error).toEqual(forbidden);
  await new Promise((resolve) => server.close(resolve));
});
