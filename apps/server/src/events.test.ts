import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { changeEvent, listGrants } from "@pratique/api";
import { expect, it } from "vitest";
import { administrator, person } from "./testdata/people.ts";
import { detectionData, responseData, runtimeChainOf, sampleHost, sampleReport } from "./testdata/samples.ts";
import { type TestServer, testServer } from "./testdata/test-server.ts";

async function openStream(
  server: TestServer,
  { cookie: given, ...headers }: Record<string, string> = {},
): Promise<IncomingMessage> {
  const { hostname, port } = new URL(server.running.url);
  const cookie = given ?? (await server.signIn());
  const outgoing = request({
    hostname,
    port,
    path: "/api/v1/events",
    rejectUnauthorized: false,
    agent: false,
    headers: { cookie, ...headers },
  });
  outgoing.end();
  const [response]: IncomingMessage[] = await once(outgoing, "response");
  if (response === undefined) throw new Error("no response");
  response.setEncoding("utf8");
  return response;
}

/** Reads until as many events have come as are asked for. */
async function readEvents(stream: IncomingMessage, wanted: number) {
  const events: { kind: string; sequence: number; subject: string }[] = [];
  let text = "";
  for await (const piece of stream.iterator({ destroyOnReturn: false })) {
    text += piece;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = /^data: (?<json>.*)$/mu.exec(block)?.groups?.json;
      if (data !== undefined) events.push(changeEvent.parse(JSON.parse(data)));
    }
    if (events.length >= wanted) break;
  }
  return events;
}

const putHost = (server: TestServer) => server.agent("/agent/v1/host", { method: "PUT", body: sampleHost });

it("streams changes as they come", async () => {
  await using server = await testServer();
  const stream = await openStream(server);
  expect(stream.headers["content-type"]).toBe("text/event-stream");
  expect(stream.headers["content-security-policy"]).toContain("default-src 'self'");
  const report = sampleReport("nginx:1.27");
  await server.agent(`/agent/v1/images/${report.target.imageId}`, { method: "PUT", body: report });
  await putHost(server);
  expect(await readEvents(stream, 2)).toMatchObject([
    { kind: "image", subject: report.target.imageId },
    { kind: "host", subject: "web-1" },
  ]);
  stream.destroy();
});

it("tells of what they may read, and to whom sees a part of the fleet not the name", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const permissions = { "overview.read": "allow", "hosts.read": "allow" };
  const role = { description: "", permissions };
  await admin.call("PUT", "/api/v1/roles/watcher", role, { "if-none-match": "*" });
  const whole = await person(server, admin, { login: "whole", held: [{ role: "watcher" }] });
  const scope = { hosts: ["web-*"] };
  const part = await person(server, admin, { login: "part", held: [{ role: "watcher", scope }] });
  const streams = await Promise.all(
    [whole, part].map(({ headers }) => openStream(server, { cookie: headers.cookie ?? "" })),
  );
  const report = sampleReport("nginx:1.27");
  await server.agent(`/agent/v1/images/${report.target.imageId}`, { method: "PUT", body: report });
  await putHost(server);
  const heard = await Promise.all(streams.map((stream) => readEvents(stream, 1)));
  expect(heard.map((events) => events.map(({ kind, subject }) => [kind, subject]))).toEqual([
    [["host", "web-1"]],
    [["host", ""]],
  ]);
  for (const stream of streams) stream.destroy();
});

it("tells of detections, and of what was done, to those who may read of them", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const role = { description: "", permissions: { "overview.read": "allow", "hosts.read": "allow" } };
  await admin.call("PUT", "/api/v1/roles/watcher", role, { "if-none-match": "*" });
  const blind = await person(server, admin, { login: "blind", held: [{ role: "watcher" }] });
  const viewer = await person(server, admin, { login: "viewer", held: [{ role: "viewer" }] });
  const streams = await Promise.all(
    [viewer, blind].map(({ headers }) => openStream(server, { cookie: headers.cookie ?? "" })),
  );
  const send = async (host: string, records: Parameters<typeof runtimeChainOf>[0]) => {
    const body = { logId: `log-${host}`, host, records: runtimeChainOf(records) };
    await server.agent("/agent/v1/records", { method: "POST", body });
  };
  await send("web-1", [{ class: "detection", data: detectionData("app:1") }]);
  await send("web-2", [{ class: "response", data: responseData("app:1") }]);
  await putHost(server);
  const heard = await Promise.all(streams.map((stream, at) => readEvents(stream, at === 0 ? 3 : 1)));
  expect(heard.map((events) => events.map(({ kind, subject }) => [kind, subject]))).toEqual([
    [
      ["detection", "log-web-1.1"],
      ["detection", ""],
      ["host", "web-1"],
    ],
    [["host", "web-1"]],
  ]);
  for (const stream of streams) stream.destroy();
});

it("ends the stream of a session that was ended, and of who lost the role", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const held = [{ role: "viewer" }];
  const [left, robbed] = [
    await person(server, admin, { login: "left", held }),
    await person(server, admin, { login: "robbed", held }),
  ];
  const streams = await Promise.all(
    [left, robbed].map(({ headers }) => openStream(server, { cookie: headers.cookie ?? "" })),
  );
  const ended = streams.map((stream) => once(stream.resume(), "end"));
  expect((await left.call("DELETE", "/api/v1/session")).status).toBe(204);
  const { items } = listGrants.reply.parse((await admin.call("GET", "/api/v1/grants")).json);
  const grant = items.find(({ holder }) => holder.id === robbed.id);
  expect((await admin.call("DELETE", `/api/v1/grants/${grant?.id}`)).status).toBe(204);
  await Promise.all(ended);
  expect(streams.map(({ readableEnded }) => readableEnded)).toEqual([true, true]);
});

it("narrows the stream of who holds less than before, from the next change on", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const role = (permissions: object) => ({ description: "", permissions });
  const whole = role({ "overview.read": "allow", "hosts.read": "allow", "images.read": "allow" });
  const { headers } = await admin.call("PUT", "/api/v1/roles/watcher", whole, { "if-none-match": "*" });
  const reader = await person(server, admin, { login: "reader", held: [{ role: "watcher" }] });
  const stream = await openStream(server, { cookie: reader.headers.cookie ?? "" });
  const less = role({ "overview.read": "allow", "images.read": "allow" });
  const changed = await admin.call("PUT", "/api/v1/roles/watcher", less, { "if-match": headers.etag ?? "" });
  expect(changed.status).toBe(200);
  await putHost(server);
  const report = sampleReport("nginx:1.27");
  await server.agent(`/agent/v1/images/${report.target.imageId}`, { method: "PUT", body: report });
  expect((await readEvents(stream, 1)).map(({ kind }) => kind)).toEqual(["image"]);
  stream.destroy();
});

it("leaves streams to others, however many somebody opens", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const held = [{ role: "viewer" }];
  const greedy = await person(server, admin, { login: "greedy", held });
  const other = await person(server, admin, { login: "other", held });
  const open = async ({ headers }: { readonly headers: Readonly<Record<string, string>> }) =>
    await openStream(server, { cookie: headers.cookie ?? "" });
  const streams: IncomingMessage[] = [];
  for (let count = 0; count <= 20; count += 1) streams.push(await open(greedy));
  streams.push(await open(other));
  expect(streams.map(({ statusCode }) => statusCode)).toEqual([...Array(20).fill(200), 429, 200]);
  for (const stream of streams) stream.destroy();
});

it("resumes after the last event that was seen", async () => {
  await using server = await testServer();
  for (let round = 0; round < 4; round += 1) await putHost(server);
  // The four come last, after what a server changes when it starts.
  const stream = await openStream(server, { "last-event-id": "4" });
  const resumed = (await readEvents(stream, 2)).map(({ sequence }) => sequence);
  expect(resumed.slice(0, 2)).toEqual([5, 6]);
  stream.destroy();
});

it("tells a reader from another time to read everything again", async () => {
  await using server = await testServer();
  await putHost(server);
  const stream = await openStream(server, { "last-event-id": "99" });
  expect(await readEvents(stream, 1)).toMatchObject([{ kind: "reset", subject: "" }]);
  stream.destroy();
});

it("ends the streams when it closes, at once, and opens again on the same directory", async () => {
  const server = await testServer();
  const stream = await openStream(server);
  const ended = once(stream, "close");
  stream.resume();
  await server.running.close();
  await ended;
  expect(stream.destroyed).toBe(true);
  await expect(server.call("/healthz")).rejects.toThrow("ECONNREFUSED");
  await expect(server.agent("/agent/v1/acknowledged?logId=a")).rejects.toThrow("ENOENT");
  server.directory[Symbol.dispose]();
});
