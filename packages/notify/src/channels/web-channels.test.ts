import { expect, it } from "vitest";
import { NotifyError, verifySignature } from "../index.ts";
import { hostileText, messageOf } from "../testdata/messages.ts";
import { effectsOf, listenHttp } from "../testdata/peers.ts";
import { slack } from "./slack.ts";
import { teams } from "./teams.ts";
import { webhook } from "./webhook.ts";

const secret = "a shared secret of some length";
const kinds = [
  { kind: slack, more: {} },
  { kind: teams, more: {} },
  { kind: webhook, more: { secret } },
].map((each) => ({ ...each, name: each.kind.name }));

function code(expected: string, more: object = {}) {
  return expect.objectContaining({ name: "NotifyError", code: expected, ...more });
}

/** All texts in a JSON value. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

it.each(kinds)("$name posts JSON and brings the answer and the peer", async ({ kind, more }) => {
  await using server = await listenHttp((response) => response.writeHead(200).end("ok"));
  const channel = kind.open({ url: `${server.url}/services/T0/B0/token`, ...more }, effectsOf());
  const result = await channel.test();
  expect(result).toEqual({
    ok: true,
    receipt: expect.objectContaining({
      status: 200,
      answer: "ok",
      messageId: "test-1",
      peer: expect.objectContaining({
        address: "127.0.0.1",
        tls: expect.objectContaining({ verified: true, subject: "localhost", protocol: "TLSv1.3" }),
      }),
    }),
  });
  expect(server.requests).toEqual([
    expect.objectContaining({ method: "POST", path: "/services/T0/B0/token" }),
  ]);
  expect(textsIn(JSON.parse(server.requests[0]?.body ?? "")).join()).toContain("Test message from Pratique");
});

it.each(kinds)("$name tells a refusal in the other end's words, on one line", async ({ kind, more }) => {
  await using server = await listenHttp((response) => response.writeHead(404).end("no_service\n\u001b[2J"));
  const channel = kind.open({ url: `${server.url}/secret-path?sig=secret-query`, ...more }, effectsOf());
  const failure = await channel.send(messageOf()).catch((thrown: unknown) => thrown);
  expect(failure).toEqual(
    code("CHANNEL_REFUSED", { status: 404, remoteText: "no_service\\u000a\\u001b[2J" }),
  );
  expect(String(failure)).not.toMatch(/secret-/u);
});

it.each([
  ["the receiver is away", 404, false],
  ["a credential is not right any more", 401, false],
  ["the other end has an error", 500, false],
  ["the message is not in its form", 400, true],
  ["the message is too large", 413, true],
])("gives up a message where %s (%i): %s", async (_, status, permanent) => {
  await using server = await listenHttp((response) => response.writeHead(status).end());
  const channel = webhook.open({ url: server.url, secret }, effectsOf());
  await expect(channel.send(messageOf())).rejects.toEqual(code("CHANNEL_REFUSED", { status, permanent }));
});

it.each(kinds)("$name brings how long the other end asks to wait", async ({ kind, more }) => {
  await using server = await listenHttp((response) => response.writeHead(429, { "retry-after": "7" }).end());
  const channel = kind.open({ url: server.url, ...more }, effectsOf());
  await expect(channel.send(messageOf())).rejects.toEqual(
    code("CHANNEL_REFUSED", { status: 429, retryAfterMs: 7000 }),
  );
  expect(server.requests).toHaveLength(1);
});

it.each(kinds)("$name follows no redirect, to metadata least of all", async ({ kind, more }) => {
  for (const location of ["https://169.254.169.254/latest/meta-data/", "/elsewhere"]) {
    await using server = await listenHttp((response) => response.writeHead(302, { location }).end());
    const channel = kind.open({ url: server.url, ...more }, effectsOf());
    await expect(channel.send(messageOf())).rejects.toEqual(code("CHANNEL_REFUSED"));
    expect(server.requests).toHaveLength(1);
  }
});

it.each(kinds)("$name connects to no address that the operator does not permit", async ({ kind, more }) => {
  await using server = await listenHttp((response) => response.end());
  const { port } = new URL(server.url);
  for (const host of ["127.0.0.1", "localhost", "[::ffff:7f00:1]", "2130706433", "169.254.169.254"]) {
    const channel = kind.open(
      { url: `https://${host}:${port}/secret-path`, ...more },
      effectsOf({ addresses: "public" }),
    );
    const failure = await channel.send(messageOf()).catch((thrown: unknown) => thrown);
    expect(failure).toEqual(code("ADDRESS_FORBIDDEN"));
    expect(String(failure)).not.toContain("secret-path");
  }
  expect(server.requests).toHaveLength(0);
});

it.each(kinds)("$name gives up on a server that does not answer", async ({ kind, more }) => {
  await using server = await listenHttp(() => undefined);
  const channel = kind.open({ url: server.url, ...more }, effectsOf({ deadlineMs: 200 }));
  await expect(channel.send(messageOf())).rejects.toEqual(code("CHANNEL_TIMED_OUT"));
});

it.each(kinds)("$name ends with its caller", async ({ kind, more }) => {
  await using server = await listenHttp(() => undefined);
  const channel = kind.open({ url: server.url, ...more }, effectsOf());
  await expect(channel.send(messageOf(), AbortSignal.abort())).rejects.toEqual(code("ABORTED"));
});

it.each(kinds)("$name gives nothing to a server that nobody vouches for", async ({ kind, more }) => {
  await using server = await listenHttp((response) => response.end());
  const channel = kind.open({ url: server.url, ...more }, effectsOf({ extraCertificates: [] }));
  await expect(channel.send(messageOf())).rejects.toEqual(code("CHANNEL_UNTRUSTED"));
  expect(server.requests).toHaveLength(0);
});

it.each(kinds)("$name refuses settings, and repeats no secret of them", ({ kind, more }) => {
  for (const settings of [
    { url: "http://hooks.example/secret-path", ...more },
    { url: "https://u:secret-word@hooks.example/", ...more },
    { url: "file:///etc/secret-file", ...more },
    { url: "https://hooks.example/", ...more, unknown: "secret-field" },
    {},
    null,
  ]) {
    const open = () => kind.open(settings, effectsOf());
    expect(open).toThrow(code("SETTINGS_INVALID", { message: expect.not.stringContaining("secret-") }));
  }
});

it("signs web hooks so that a receiver can tell them from forgeries and repetitions", async () => {
  await using server = await listenHttp((response) => response.writeHead(202).end(), { tls: false });
  const channel = webhook.open({ url: server.url, secret, allowPlainHttp: true }, effectsOf());
  await channel.send(messageOf());
  const { headers = {}, body = "" } = server.requests[0] ?? {};
  expect(headers["pratique-delivery"]).toBe("delivery-1");
  const timestamp = Number(headers["pratique-timestamp"]);
  const parts = { timestamp, body, signature: String(headers["pratique-signature"]) };
  const nowSeconds = timestamp + 10;
  expect(verifySignature(secret, parts, { nowSeconds })).toBe(true);
  expect(verifySignature("another secret", parts, { nowSeconds })).toBe(false);
  expect(verifySignature(secret, { ...parts, body: `${body} ` }, { nowSeconds })).toBe(false);
  expect(verifySignature(secret, { ...parts, timestamp: timestamp + 1 }, { nowSeconds })).toBe(false);
  expect(verifySignature(secret, { ...parts, signature: "v1=" }, { nowSeconds })).toBe(false);
  expect(verifySignature(secret, parts, { nowSeconds: timestamp + 301 })).toBe(false);
  expect(verifySignature(secret, parts, { nowSeconds: Number.NaN })).toBe(false);
});

it("shows hostile text in Slack as text", async () => {
  await using server = await listenHttp((response) => response.end("ok"));
  const channel = slack.open({ url: server.url }, effectsOf());
  await channel.send(messageOf({ title: hostileText, text: hostileText, link: "https://x.example/a|b>c&d" }));
  const body = JSON.parse(server.requests[0]?.body ?? "");
  expect(body.text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)|@here|@channel/u);
  const elements = JSON.stringify(body.blocks.slice(0, -1));
  expect(elements).not.toContain("mrkdwn");
  expect(elements).not.toMatch(/@here|@channel/u);
  expect(body.blocks.at(-1).text.text).toBe("<https://x.example/a%7Cb%3Ec&amp;d|Open in Pratique>");
});

it("shows hostile text in Teams as text", async () => {
  await using server = await listenHttp((response) => response.writeHead(202).end());
  const channel = teams.open({ url: server.url }, effectsOf());
  await channel.send(messageOf({ title: hostileText, text: hostileText }, { labels: { a: hostileText } }));
  const card = JSON.parse(server.requests[0]?.body ?? "").attachments[0].content;
  const types = card.body.map(({ type }: { readonly type: string }) => type);
  expect(new Set(types)).toEqual(new Set(["RichTextBlock"]));
  expect(JSON.stringify(card)).not.toMatch(/\{\{DATE|<at>|@here|"msteams"/u);
});

it.each(kinds)("$name cuts huge texts to what the other end takes", async ({ kind, more }) => {
  await using server = await listenHttp((response) => response.end());
  const channel = kind.open({ url: server.url, ...more }, effectsOf());
  const huge = "ü😀".repeat(50_000);
  const labels = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`l${index}`, huge.slice(0, 200)]),
  );
  await channel.send(messageOf({ title: huge.slice(0, 500), text: huge.slice(0, 20_000) }, { labels }));
  const body = server.requests[0]?.body ?? "";
  expect(Buffer.byteLength(body)).toBeLessThan(kind === webhook ? 256_000 : 28_000);
  const blocks = kind === slack ? JSON.parse(body).blocks : [];
  expect(textsIn(blocks).every((text) => text.length <= 3000 && text.isWellFormed())).toBe(true);
});

it("fails with one class of error only", async () => {
  const channel = slack.open({ url: "https://127.0.0.1:1/" }, effectsOf());
  const failure = await channel.send(messageOf()).catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(NotifyError);
  expect(failure).toEqual(code("CHANNEL_UNREACHABLE"));
});

it.each(kinds)("$name tells whom it met when a trial fails", async ({ kind, more }) => {
  await using server = await listenHttp((response) => response.writeHead(403).end("invalid_token"));
  const result = await kind.open({ url: server.url, ...more }, effectsOf()).test();
  expect(result).toEqual({
    ok: false,
    error: expect.objectContaining({
      code: "CHANNEL_REFUSED",
      status: 403,
      remoteText: "invalid_token",
      peer: expect.objectContaining({
        address: "127.0.0.1",
        tls: expect.objectContaining({ verified: true, subject: "localhost" }),
      }),
    }),
  });
});

it("claims no more for Teams than that a workflow took the card", async () => {
  await using server = await listenHttp((response) => response.writeHead(202).end());
  const { answer } = await teams.open({ url: server.url }, effectsOf()).send(messageOf());
  expect(answer).toContain("does not say");
});

it("connects to no name that resolves to loopback, however it resolved before", async () => {
  await using server = await listenHttp((response) => response.end());
  const answers = ["8.8.8.8", "127.0.0.1"];
  const effects = effectsOf({
    addresses: "public",
    resolve: async () => [{ address: answers.pop() ?? "", family: 4 }],
  });
  const url = `https://rebinding.example:${new URL(server.url).port}/`;
  await expect(slack.open({ url }, effects).send(messageOf())).rejects.toEqual(code("ADDRESS_FORBIDDEN"));
  expect(answers).toEqual(["8.8.8.8"]);
  expect(server.requests).toHaveLength(0);
});
