import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { listenForLines } from "./line-socket.ts";
import { reloadGate } from "./reload-gate.ts";

it("resolves when the gate has read its state", async () => {
  using directory = tempDirectory();
  const heard: unknown[] = [];
  const socket = directory.at("gate.sock");
  const gate = await listenForLines(socket, async (request) => {
    heard.push(request);
    return { ok: true };
  });
  await reloadGate(socket);
  gate.close();
  expect(heard).toEqual([{ command: "reload" }]);
});

it.each([
  [
    "the gate cannot read it",
    async () => ({ ok: false, error: "the file is damaged" }),
    /: the file is damaged$/u,
  ],
  [
    "the gate closes the connection",
    async () => Promise.reject(new Error("no")),
    /: the connection was closed$/u,
  ],
])("rejects where %s", async (_, answer, message) => {
  using directory = tempDirectory();
  const socket = directory.at("gate.sock");
  const gate = await listenForLines(socket, answer);
  await expect(reloadGate(socket)).rejects.toMatchObject({
    code: "GATE_UNAVAILABLE",
    message: expect.stringMatching(message),
  });
  gate.close();
});

it("rejects where there is no gate", async () => {
  using directory = tempDirectory();
  await expect(reloadGate(directory.at("gate.sock"))).rejects.toMatchObject({ code: "GATE_UNAVAILABLE" });
});
