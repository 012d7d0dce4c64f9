import { readFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { expect, it } from "vitest";
import { isLive, parseSocketTable } from "./socket-table.ts";

const heading =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const line = (local: string, remote: string, state: string) =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 02:000AFC9E 00000000  1000        0 99887 2 000000 20 4 30 10 -1\n`;

it("reads addresses, ports, states and inodes of both families", () => {
  const v4 = parseSocketTable("tcp", heading + line("020013AC:9C40", "077100CB:01BB", "01"));
  expect(v4).toEqual([
    {
      table: "tcp",
      localAddress: "172.19.0.2",
      localPort: 40_000,
      remoteAddress: "203.0.113.7",
      remotePort: 443,
      state: "established",
      inode: 99_887,
    },
  ]);
  const mapped = line("0000000000000000FFFF0000020013AC:9C40", "0000000000000000FFFF0000077100CB:01BB", "08");
  expect(parseSocketTable("tcp6", heading + mapped)).toMatchObject([
    { remoteAddress: "203.0.113.7", state: "close-wait" },
  ]);
  const six = line("B80D0120000000000000000001000000:0016", "B80D0120000000000000000002000000:FFFF", "02");
  expect(parseSocketTable("tcp6", heading + six)).toMatchObject([
    { localAddress: "2001:db8::1", localPort: 22, remoteAddress: "2001:db8::2", state: "syn-sent" },
  ]);
});

it.each([
  ["01", "077100CB:01BB", true],
  ["02", "077100CB:01BB", true],
  ["04", "077100CB:01BB", true],
  ["09", "077100CB:01BB", true],
  ["06", "077100CB:01BB", false],
  ["07", "077100CB:01BB", false],
  ["0A", "00000000:0000", false],
  ["07", "00000000:0000", false],
  ["63", "077100CB:01BB", true],
])("state %s to %s: data can pass (%s)", (state, remote, live) => {
  const [socket] = parseSocketTable("udp", heading + line("020013AC:9C40", remote, state));
  expect(socket === undefined ? undefined : isLive(socket)).toBe(live);
});

it.each(["077100CB", "077100CB:1", "xyz:01BB", "077100CB0:01BB", "077100cb:01BB"])("refuses %j", (remote) => {
  expect(() => parseSocketTable("tcp", heading + line("020013AC:9C40", remote, "01"))).toThrow(
    expect.objectContaining({ code: "FLOWS_UNREADABLE" }),
  );
});

it("reads this machine's own table", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = createConnection({ port, host: "127.0.0.1" });
  await new Promise((resolve) => client.once("connect", resolve));
  const sockets = parseSocketTable("tcp", readFileSync("/proc/self/net/tcp", "utf8"));
  const find = (from: number | undefined, to: number | undefined) =>
    sockets.find(({ localPort, remotePort }) => localPort === from && remotePort === to);
  expect(find(port, 0)).toMatchObject({ localAddress: "127.0.0.1" });
  expect(find(client.localPort, port)).toMatchObject({ remoteAddress: "127.0.0.1", state: "established" });
  client.destroy();
  server.close();
});
