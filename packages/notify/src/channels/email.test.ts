import { expect, it } from "vitest";
import { hostileText, messageOf } from "../testdata/messages.ts";
import { effectsOf, listenSmtp, listenStream } from "../testdata/peers.ts";
import { email } from "./email.ts";

const addresses = { from: "pratique@example.org", to: ["ops@example.org", "payments@example.org"] };

function code(expected: string, more: object = {}) {
  return expect.objectContaining({ name: "NotifyError", code: expected, ...more });
}

it.each([
  ["STARTTLS", "starttls", false],
  ["TLS from the first byte", "tls", true],
] as const)("sends mail over %s, and tells whom it met", async (_, security, secure) => {
  await using server = await listenSmtp({ secure });
  const channel = email.open(
    { host: "localhost", port: server.port, security, username: "u", password: "opensesame", ...addresses },
    effectsOf(),
  );
  const receipt = await channel.send(messageOf());
  expect(receipt).toEqual(
    expect.objectContaining({ status: 250, messageId: "delivery-1", answer: expect.stringContaining("250") }),
  );
  expect(receipt.peer).toEqual(
    expect.objectContaining({
      host: "localhost",
      address: "127.0.0.1",
      port: server.port,
      tls: expect.objectContaining({ verified: true, subject: "localhost" }),
    }),
  );
  const [mail] = server.mails;
  expect(mail).toEqual(
    expect.objectContaining({ from: addresses.from, to: addresses.to, secure: true, user: "u" }),
  );
  expect(mail?.source).toContain("Subject: [critical] Launch of shop denied");
  expect(mail?.source).toContain("Message-ID: <delivery-1@pratique.example>");
  expect(mail?.source).toContain("Auto-Submitted: auto-generated");
});

it("sends mail in the clear only where told to", async () => {
  await using server = await listenSmtp({ disabledCommands: ["STARTTLS"] });
  const settings = { host: "127.0.0.1", port: server.port, ...addresses };
  await expect(email.open(settings, effectsOf()).send(messageOf())).rejects.toEqual(
    code("CHANNEL_UNTRUSTED"),
  );
  expect(server.mails).toHaveLength(0);
  const receipt = await email.open({ ...settings, security: "none" }, effectsOf()).send(messageOf());
  expect(receipt.peer?.tls).toBeUndefined();
  expect(server.mails).toEqual([expect.objectContaining({ secure: false })]);
});

it.each(["starttls", "tls"] as const)(
  "gives nothing to a server that nobody vouches for (%s)",
  async (security) => {
    await using server = await listenSmtp({ secure: security === "tls" });
    const channel = email.open(
      { host: "localhost", port: server.port, security, username: "u", password: "opensesame", ...addresses },
      effectsOf({ extraCertificates: [] }),
    );
    await expect(channel.send(messageOf())).rejects.toEqual(code("CHANNEL_UNTRUSTED"));
    expect(server.mails).toHaveLength(0);
  },
);

it("lets no text become a header, a recipient, or a second mail", async () => {
  await using server = await listenSmtp();
  const channel = email.open({ host: "localhost", port: server.port, ...addresses }, effectsOf());
  const text = `${hostileText}\r\n.\r\nMAIL FROM:<evil@example.org>`;
  await channel.send(
    messageOf(
      { title: hostileText, text },
      {
        id: "x>\r\nBcc: victim@example.org",
        kind: "a\r\nBcc: victim@example.org",
        labels: { [hostileText]: hostileText },
      },
    ),
  );
  expect(server.mails).toHaveLength(1);
  const [mail] = server.mails;
  expect(mail?.to).toEqual(addresses.to);
  const [head = ""] = mail?.source.split("\r\n\r\n", 1) ?? [];
  expect(head.split("\r\n").filter((line) => /^bcc/iu.test(line))).toEqual([]);
  expect(head).not.toContain("\u001b");
  expect(head.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/u);
});

it.each([
  ["a line break", "ops@example.org\r\nBcc: victim@example.org"],
  ["two addresses", "ops@example.org, victim@example.org"],
  ["a name", "Ops <ops@example.org>"],
  ["a group", "ops:victim@example.org;"],
  ["a quoted part", '"victim@example.org x"@example.org'],
  ["a space", "ops @example.org"],
  ["no host", "ops"],
])("takes no address with %s", (_, address) => {
  const open = () => email.open({ host: "mail.example.org", from: address, to: [address] }, effectsOf());
  expect(open).toThrow(code("SETTINGS_INVALID"));
});

it("takes no password that it would send in the clear, and does not repeat it", () => {
  const settings = {
    host: "mail.example.org",
    security: "none",
    username: "u",
    password: "opensesame",
    ...addresses,
  };
  const open = () => email.open(settings, effectsOf());
  expect(open).toThrow(code("SETTINGS_INVALID", { message: expect.not.stringContaining("opensesame") }));
});

it("tells a wrong password by the server's own words", async () => {
  await using server = await listenSmtp();
  const channel = email.open(
    { host: "localhost", port: server.port, username: "u", password: "wrong-one", ...addresses },
    effectsOf(),
  );
  const result = await channel.test();
  expect(result).toEqual({
    ok: false,
    error: expect.objectContaining({
      code: "CHANNEL_REFUSED",
      status: 535,
      remoteText: expect.stringContaining("Invalid username or password"),
    }),
  });
  expect(JSON.stringify(result)).not.toContain("wrong-one");
  // Somebody puts the password right, and the mail is sent then.
  await expect(channel.send(messageOf())).rejects.toMatchObject({ status: 535, permanent: false });
});

it("tells which recipients were refused", async () => {
  await using server = await listenSmtp({
    onRcptTo: ({ address }, _session, callback) =>
      callback(address.startsWith("ops") ? null : new Error("no such user")),
  });
  const channel = email.open({ host: "localhost", port: server.port, ...addresses }, effectsOf());
  expect((await channel.send(messageOf())).answer).toContain("refused for payments@example.org");
});

it("gives up on a server that says nothing", async () => {
  await using server = await listenStream({ tls: false });
  const channel = email.open(
    { host: "127.0.0.1", port: server.port, ...addresses },
    effectsOf({ deadlineMs: 100 }),
  );
  await expect(channel.send(messageOf())).rejects.toEqual(code("CHANNEL_TIMED_OUT"));
});

it("connects to no address that the operator does not permit", async () => {
  await using server = await listenSmtp();
  for (const host of ["127.0.0.1", "localhost", "2130706433", "169.254.169.254"]) {
    const channel = email.open({ host, port: server.port, ...addresses }, effectsOf({ addresses: "public" }));
    await expect(channel.send(messageOf())).rejects.toEqual(code("ADDRESS_FORBIDDEN"));
  }
});

it("tells when nobody listens", async () => {
  const channel = email.open({ host: "127.0.0.1", port: 1, ...addresses }, effectsOf());
  await expect(channel.send(messageOf())).rejects.toEqual(code("CHANNEL_UNREACHABLE"));
});
