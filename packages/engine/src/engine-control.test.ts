import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { EngineControl } from "./index.ts";
import { type Answer, json, listen } from "./testdata/loopback-engine.ts";

const id = "0123456789abcdef".repeat(4);

/** Answers with a status and a message, and notes what was asked for. */
function noting(calls: string[], status: number, message = ""): Answer {
  return async (request, response) => {
    calls.push(`${request.method} ${request.url} ${await text(request)}`);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(status === 204 ? "" : JSON.stringify({ message }));
  };
}

it.each<[string, (control: EngineControl) => Promise<void>, string]>([
  ["pauses", (control) => control.pause(id), `POST /v1.45/containers/${id}/pause `],
  ["unpauses", (control) => control.unpause(id), `POST /v1.45/containers/${id}/unpause `],
  ["stops", (control) => control.stop(id, { graceSeconds: 1.5 }), `POST /v1.45/containers/${id}/stop?t=2 `],
  ["kills", (control) => control.kill(id), `POST /v1.45/containers/${id}/kill `],
  ["starts", (control) => control.start(id), `POST /v1.45/containers/${id}/start `],
  [
    "sets the restart policy",
    (control) => control.setRestartPolicy(id, { name: "no", maximumRetries: 0 }),
    `POST /v1.45/containers/${id}/update {"RestartPolicy":{"Name":"no","MaximumRetryCount":0}}`,
  ],
  [
    "disconnects",
    (control) => control.disconnect(id, "shop"),
    `POST /v1.45/networks/shop/disconnect {"Container":"${id}","Force":true}`,
  ],
  [
    "connects",
    (control) => control.connect(id, { network: "shop", settings: { Aliases: ["db"] } }),
    `POST /v1.45/networks/shop/connect {"Container":"${id}","EndpointConfig":{"Aliases":["db"]}}`,
  ],
])("%s", async (_, act, expected) => {
  const calls: string[] = [];
  await using server = await listen(noting(calls, 204));
  await using control = new EngineControl({ address: { kind: "unix", socketPath: server.socketPath } });
  await act(control);
  expect(calls).toEqual([expected]);
});

it.each<[string, number, string, (control: EngineControl) => Promise<void>]>([
  ["paused", 409, `Container ${id} is already paused`, (control) => control.pause(id)],
  ["running", 500, `Container ${id} is not paused`, (control) => control.unpause(id)],
  ["dead", 409, `container ${id} is not running`, (control) => control.kill(id)],
  ["stopped", 304, "", (control) => control.stop(id, { graceSeconds: 1 })],
  ["away", 500, `container ${id} is not connected to network a`, (control) => control.disconnect(id, "a")],
])("takes a container that is %s already for success", async (_, status, message, act) => {
  await using server = await listen(noting([], status, message));
  await using control = new EngineControl({ address: { kind: "unix", socketPath: server.socketPath } });
  await expect(act(control)).resolves.toBeUndefined();
});

it.each([
  [404, `No such container: ${id}`, "CONTAINER_NOT_FOUND"],
  [404, "network shop not found", "NETWORK_NOT_FOUND"],
  [403, "authorization denied by plugin", "ENGINE_REFUSED"],
  [409, "cannot disconnect container from host network", "ENGINE_REFUSED"],
])("tells of %i %s", async (status, message, code) => {
  await using server = await listen(noting([], status, message));
  await using control = new EngineControl({ address: { kind: "unix", socketPath: server.socketPath } });
  await expect(control.disconnect(id, "shop")).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

it("sends what changes something only once", async () => {
  let calls = 0;
  await using server = await listen((request) => {
    calls += 1;
    request.socket.destroy();
  });
  await using control = new EngineControl({ address: { kind: "unix", socketPath: server.socketPath } });
  await expect(control.stop(id, { graceSeconds: 1 })).rejects.toMatchObject({ code: "ENGINE_MALFORMED" });
  expect(calls).toBe(1);
});

it("refuses a name that leads elsewhere", async () => {
  const control = new EngineControl({ address: { kind: "unix", socketPath: "/nowhere" } });
  await expect(control.kill("../../images/prune")).rejects.toMatchObject({ code: "ENGINE_REFUSED" });
  await control[Symbol.asyncDispose]();
});

it("reads what a container changed", async () => {
  await using server = await listen(
    json([
      { Path: "/tmp", Kind: 0 },
      { Path: "/tmp/x", Kind: 1 },
      { Path: "/etc/motd", Kind: 2 },
    ]),
  );
  await using control = new EngineControl({ address: { kind: "unix", socketPath: server.socketPath } });
  expect(await control.changes(id)).toEqual([
    { path: "/tmp", kind: "changed" },
    { path: "/tmp/x", kind: "added" },
    { path: "/etc/motd", kind: "removed" },
  ]);
});

it("takes an engine without changes for an empty list", async () => {
  await using server = await listen(json(null));
  await using control = new EngineControl({ address: { kind: "unix", socketPath: server.socketPath } });
  expect(await control.changes(id)).toEqual([]);
});
