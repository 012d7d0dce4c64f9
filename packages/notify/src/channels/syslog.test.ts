import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, it } from "vitest";
import { hostileText, messageOf } from "../testdata/messages.ts";
import { certificate, effectsOf, key, listenStream, recordsOf } from "../testdata/peers.ts";
import { syslog } from "./syslog.ts";

function code(expected: string) {
  return expect.objectContaining({ name: "NotifyError", code: expected });
}

/** Ends as log receivers do: when the sender has ended. */
it("sends a record over TLS and counts its octets", async () => {
  await using server = await listenStream();
  const channel = syslog.open({ host: "localhost", port: server.port }, effectsOf());
  const { peer, answer } = await channel.send(messageOf({ title: "Größe" }));
  expect(recordsOf(server.text())).toEqual([
    '<82>1 2026-01-01T00:00:00.000Z pratique.example pratique - launch.denied [pratique@32473 delivery="delivery-1" count="1" link="https://pratique.example/launches/1" label.team="payments"] \ufeffGröße: It runs as root.',
  ]);
  expect(peer?.tls).toEqual(expect.objectContaining({ verified: true, subject: "localhost" }));
  expect(answer).toContain("no other answer");
});

it("lets no text begin another record, end a parameter, or reach a terminal", async () => {
  await using server = await listenStream({ tls: false });
  const channel = syslog.open({ host: "127.0.0.1", port: server.port, transport: "tcp" }, effectsOf());
  await channel.send(
    messageOf(
      { title: hostileText, text: `\n<0>1 - - - - - - forged` },
      { kind: "a b\n<0>", labels: { 'x="] [evil': 'a"] [evil@1 b="c\\' } },
    ),
  );
  const records = recordsOf(server.text());
  expect(records).toHaveLength(1);
  const [record = ""] = records;
  expect(record).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
  expect(record).toContain("\\u001b[2J");
  expect(record).toContain('label.x_____evil="a\\"\\] [evil@1 b=\\"c\\\\"]');
  expect(record.split(" ")[5]).toBe("a_b_<0>");
});

it("sends datagrams where told to, cut to what every receiver takes", async () => {
  const receiver = createSocket("udp4").bind(0, "127.0.0.1");
  await once(receiver, "listening");
  const received = once(receiver, "message");
  const channel = syslog.open(
    { host: "127.0.0.1", port: receiver.address().port, transport: "udp" },
    effectsOf(),
  );
  const { answer } = await channel.send(messageOf({ text: "ü".repeat(5000) }));
  const [datagram] = await received;
  receiver.close();
  expect(datagram.length).toBeLessThanOrEqual(2048);
  expect(datagram.toString()).toMatch(/^<82>1 /u);
  expect(datagram.toString()).not.toContain("\ufffd");
  expect(answer).toContain("nobody says");
});

it("does not call accepted what a receiver that resets was sent", async () => {
  await using server = await listenStream({ tls: false, onSocket: (socket) => socket.resetAndDestroy() });
  const channel = syslog.open({ host: "127.0.0.1", port: server.port, transport: "tcp" }, effectsOf());
  await expect(channel.send(messageOf())).rejects.toEqual(code("CHANNEL_INTERRUPTED"));
});

it("gives up on a receiver that never reads", async () => {
  await using server = await listenStream({ tls: false, onSocket: (socket) => socket.pause() });
  const channel = syslog.open(
    { host: "127.0.0.1", port: server.port, transport: "tcp" },
    effectsOf({ deadlineMs: 100 }),
  );
  await expect(channel.send(messageOf())).rejects.toEqual(code("CHANNEL_TIMED_OUT"));
});

it("gives nothing to a receiver that nobody vouches for", async () => {
  await using server = await listenStream();
  const channel = syslog.open({ host: "localhost", port: server.port }, effectsOf({ extraCertificates: [] }));
  await expect(channel.send(messageOf())).rejects.toEqual(code("CHANNEL_UNTRUSTED"));
  expect(server.text()).toBe("");
});

it.each(["tls", "tcp", "udp"])(
  "connects over %s to no address that the operator does not permit",
  async (transport) => {
    for (const host of ["127.0.0.1", "localhost", "::ffff:127.0.0.1", "169.254.169.254"]) {
      const channel = syslog.open({ host, transport }, effectsOf({ addresses: "public" }));
      await expect(channel.send(messageOf())).rejects.toEqual(code("ADDRESS_FORBIDDEN"));
    }
  },
);

it("wants a client certificate and its key together", () => {
  const open = () =>
    syslog.open({ host: "log.example.org", clientCertificate: "-----BEGIN CERTIFICATE-----" }, effectsOf());
  expect(open).toThrow(code("SETTINGS_INVALID"));
});

it("shows its own certificate to a receiver that asks, and counts as refused without", async () => {
  await using server = await listenStream({ mutual: true });
  const settings = { host: "localhost", port: server.port };
  const failure = await syslog
    .open(settings, effectsOf())
    .send(messageOf())
    .catch((thrown: unknown) => thrown);
  expect(failure).toEqual(expect.objectContaining({ name: "NotifyError" }));
  expect(server.text()).toBe("");
  const known = { ...settings, clientCertificate: certificate, clientKey: key };
  await syslog.open(known, effectsOf()).send(messageOf());
  expect(recordsOf(server.text())).toHaveLength(1);
});
