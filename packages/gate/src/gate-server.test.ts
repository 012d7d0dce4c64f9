import { once } from "node:events";
import { link, mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, it } from "vitest";
import { GateServer } from "./gate-server.ts";
import { stage } from "./testdata/ports.ts";

let directory: string;
let pluginSocket: string;
let controlSocket: string;
let reloads = 0;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "gate-"));
  pluginSocket = path.join(directory, "plugins/gate.sock");
  controlSocket = path.join(directory, "run/control.sock");
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function started(instance: string): Promise<GateServer> {
  const server = new GateServer({
    decisions: stage().service,
    pluginSocket,
    controlSocket,
    reload: async () => {
      reloads += 1;
    },
    instance,
  });
  await server.listen();
  return server;
}

interface Answer {
  readonly status: number;
  readonly connection: string | undefined;
  readonly text: string;
}

async function ask(
  target: string,
  body: string | Uint8Array = "{}",
  agent: Agent | false = false,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const call = request({ socketPath: pluginSocket, path: target, method: "POST", agent }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    const { statusCode: status = 0, headers } = response;
    response.on("end", () => resolve({ status, connection: headers.connection, text }));
  });
  call.on("error", reject).end(body);
  return promise;
}

async function control(...lines: readonly string[]): Promise<readonly unknown[]> {
  const socket = connect(controlSocket);
  socket.write(`${lines.join("\n")}\n`);
  const answers: unknown[] = [];
  for await (const line of createInterface({ input: socket })) {
    answers.push(JSON.parse(line));
    if (answers.length === lines.length) break;
  }
  socket.destroy();
  return answers;
}

it("speaks the engine's plugin protocol", async () => {
  await using _server = await started("1");
  expect(JSON.parse((await ask("/Plugin.Activate")).text)).toEqual({ Implements: ["authz"] });
  expect(JSON.parse((await ask("/AuthZPlugin.AuthZRes")).text)).toEqual({ Allow: true });
  const read = JSON.stringify({ RequestMethod: "GET", RequestUri: "/info" });
  expect(JSON.parse((await ask("/AuthZPlugin.AuthZReq", read)).text)).toEqual({ Allow: true });
  const other = JSON.stringify({ RequestMethod: "POST", RequestUri: "/nowhere" });
  expect(JSON.parse((await ask("/AuthZPlugin.AuthZReq", other)).text)).toMatchObject({ Allow: false });
  expect(JSON.parse((await ask("/AuthZPlugin.AuthZReq", "x")).text)).toMatchObject({
    Allow: false,
    Msg: "no verdict: expected JSON from the engine",
  });
  expect((await ask("/Other")).status).toBe(404);
});

it("denies a message that is too large to be of the engine", async () => {
  await using _server = await started("1");
  const { text } = await ask("/AuthZPlugin.AuthZReq", new Uint8Array(9 * 1024 * 1024));
  expect(JSON.parse(text)).toMatchObject({ Allow: false, Msg: expect.stringContaining("larger than") });
});

it.each([
  ["long", new Uint8Array(9 * 1024 * 1024)],
  ["empty", ""],
  ["malformed", "{"],
])("is content with the end of a call whose report is %s", async (_, report) => {
  await using _server = await started("1");
  expect(JSON.parse((await ask("/AuthZPlugin.AuthZRes", report)).text)).toEqual({ Allow: true });
});

/** Sends bytes on one connection, each part after the answer to the one before, until the gate closes it. */
async function answersTo(...parts: readonly string[]): Promise<readonly string[]> {
  const socket = connect(pluginSocket).setEncoding("latin1");
  const [first = "", ...others] = parts;
  socket.write(first);
  const answers: string[] = [];
  for await (const answer of socket) {
    answers.push(answer);
    const next = others.shift();
    if (next !== undefined) socket.write(next);
  }
  return answers;
}

const ACTIVATE = "POST /Plugin.Activate HTTP/1.1\r\nContent-Length: 0\r\n\r\n";

it("refuses what the engine would not send, and closes the connection behind it", async () => {
  await using _server = await started("1");
  const answers = await answersTo(ACTIVATE, ACTIVATE, "GET / HTTP/1.1\r\n\r\n");
  expect(answers.map((answer) => answer.split("\r\n", 1)[0])).toEqual([
    "HTTP/1.1 200 OK",
    "HTTP/1.1 200 OK",
    "HTTP/1.1 400 Bad Request",
  ]);
  expect(answers.at(-1)).toContain("Connection: close");
});

it("answers nobody who asks again before he was answered", async () => {
  await using _server = await started("1");
  expect(await answersTo(`${ACTIVATE}${ACTIVATE}`)).toEqual([expect.stringContaining("400 Bad Request")]);
});

it("outlives whoever goes in the middle of a question", async () => {
  await using _server = await started("1");
  const socket = connect(pluginSocket);
  socket.end("POST /AuthZPlugin.AuthZReq HTTP/1.1\r\nContent-Length: 9\r\n\r\nx");
  await once(socket.resume(), "close");
  expect(JSON.parse((await ask("/Plugin.Activate")).text)).toEqual({ Implements: ["authz"] });
});

it("lets nobody but its owner at its sockets", async () => {
  await using _server = await started("1");
  for (const socket of [pluginSocket, controlSocket]) expect((await stat(socket)).mode & 0o777).toBe(0o600);
});

it("answers its supervisor, in order, and stays connected after nonsense", async () => {
  await using _server = await started("1");
  const answers = await control(
    '{"command":"ping"}',
    "nonsense",
    '{"command":"x"}',
    '{"command":"status"}',
    '{"command":"reload"}',
  );
  expect(answers).toEqual([
    { ok: true },
    { ok: false, error: expect.any(String) },
    { ok: false, error: "expected one of the commands ping, status, reload" },
    expect.objectContaining({
      ok: true,
      mode: "enforce",
      policyRevision: expect.stringMatching(/^sha256:/u),
    }),
    { ok: true },
  ]);
  expect(reloads).toBe(1);
});

it("tells its supervisor of its end by closing the connection", async () => {
  const server = await started("1");
  const socket = connect(controlSocket);
  const closed = Promise.withResolvers<void>();
  socket.once("close", () => closed.resolve());
  socket.write('{"command":"ping"}\n');
  socket.once("data", () => void server[Symbol.asyncDispose]());
  await closed.promise;
  await expect(stat(controlSocket)).rejects.toMatchObject({ code: "ENOENT" });
});

it("takes over from an older gate without a gap, which then leaves the new socket alone", async () => {
  const older = await started("1");
  await using _newer = await started("2");
  await older[Symbol.asyncDispose]();
  expect(JSON.parse((await ask("/Plugin.Activate")).text)).toEqual({ Implements: ["authz"] });
  expect(await control('{"command":"ping"}')).toEqual([{ ok: true }]);
});

it("still answers, for the last time, on a connection that the engine has kept", async () => {
  const older = await started("1");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect((await ask("/Plugin.Activate", "", agent)).connection).toBe("keep-alive");
  await using _newer = await started("2");
  const ended = older[Symbol.asyncDispose]();
  expect(await ask("/Plugin.Activate", "", agent)).toMatchObject({ status: 200, connection: "close" });
  await ended;
  expect((await ask("/Plugin.Activate", "", agent)).connection).toBe("keep-alive");
  agent.destroy();
});

it("goes on as before until the engine is silent, where no other gate has taken its place", async () => {
  const server = await started("1");
  const ended = server[Symbol.asyncDispose]();
  for (const _ of [1, 2]) expect((await ask("/AuthZPlugin.AuthZRes")).status).toBe(200);
  await ended;
  await expect(ask("/AuthZPlugin.AuthZRes")).rejects.toMatchObject({ code: "ENOENT" });
});

it("refuses to take the engine from a gate of another control socket, which stays as it is", async () => {
  await using _first = await started("1");
  const firstControl = controlSocket;
  controlSocket = path.join(directory, "other/control.sock");
  await expect(started("2")).rejects.toMatchObject({
    code: "SOCKET_UNUSABLE",
    message: `another gate answers on ${JSON.stringify(pluginSocket)}: end it, or give this one another plugin name`,
  });
  controlSocket = firstControl;
  expect(await control('{"command":"status"}')).toMatchObject([{ instance: "1", listening: true }]);
  expect(JSON.parse((await ask("/Plugin.Activate")).text)).toEqual({ Implements: ["authz"] });
});

it("refuses it also where its own older gate has lost the socket to another, or holds a different one", async () => {
  await using _own = await started("1");
  const [ownPlugin, ownControl] = [pluginSocket, controlSocket];
  pluginSocket = path.join(directory, "plugins/second.sock");
  controlSocket = path.join(directory, "other/control.sock");
  await using _other = await started("2");
  controlSocket = ownControl;
  await expect(started("3")).rejects.toMatchObject({ code: "SOCKET_UNUSABLE" });
  await rename(pluginSocket, ownPlugin);
  pluginSocket = ownPlugin;
  await expect(started("4")).rejects.toMatchObject({ code: "SOCKET_UNUSABLE" });
});

it("takes over from a gate of its own control socket that hangs", async () => {
  await using _older = await started("1");
  await rm(controlSocket);
  const silent = createServer((socket) => socket.destroy());
  silent.listen(controlSocket);
  await once(silent, "listening");
  try {
    await using _newer = await started("2");
    expect(await control('{"command":"status"}')).toMatchObject([{ instance: "2", listening: true }]);
  } finally {
    silent.close();
  }
});

it("takes the place of a gate that was killed, whose sockets nobody answers", async () => {
  await mkdir(path.dirname(pluginSocket));
  const dead = createServer().listen(`${pluginSocket}.dead`);
  await once(dead, "listening");
  await link(`${pluginSocket}.dead`, pluginSocket);
  dead.close();
  await once(dead, "close");
  await using _server = await started("1");
  expect(JSON.parse((await ask("/Plugin.Activate")).text)).toEqual({ Implements: ["authz"] });
});

it("tells its supervisor when its plugin socket is gone, or is another's", async () => {
  await using _server = await started("1");
  const status = '{"command":"status"}';
  expect(await control(status)).toMatchObject([{ listening: true, pluginSocket }]);
  await rm(pluginSocket);
  expect(await control(status)).toMatchObject([{ listening: false }]);
  await writeFile(pluginSocket, "");
  expect(await control(status)).toMatchObject([{ listening: false }]);
});

it("says where it cannot listen", async () => {
  pluginSocket = `${directory}/${"x".repeat(200)}.sock`;
  await expect(started("1")).rejects.toMatchObject({ code: "SOCKET_UNUSABLE" });
});
