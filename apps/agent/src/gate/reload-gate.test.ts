import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { listenForLines } from "../line-socket.ts";
import { reloadGate } from "./reload-gate.ts";

const SOON_MS = 200;

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

it("asks again where the gate opens its doors anew, and closes the connection for that", async () => {
  using directory = tempDirectory();
  let asked = 0;
  const socket = directory.at("gate.sock");
  const gate = await listenForLines(socket, async () => {
    asked += 1;
    if (asked === 1) throw new Error("closed");
    return { ok: true };
  });
  await reloadGate(socket);
  gate.close();
  expect(asked).toBe(2);
});

it("rejects at once where the gate cannot read its state", async () => {
  using directory = tempDirectory();
  const socket = directory.at("gate.sock");
  const gate = await listenForLines(socket, async () => ({ ok: false, error: "the file is damaged" }));
  await expect(reloadGate(socket)).rejects.toMatchObject({
    code: "GATE_UNAVAILABLE",
    message: expect.stringMatching(/: the file is damaged$/u),
  });
  gate.close();
});

it("rejects where no gate answers in time", async () => {
  using directory = tempDirectory();
  await expect(reloadGate(directory.at("gate.sock"), SOON_MS)).rejects.toMatchObject({
    code: "GATE_UNAVAILABLE",
  });
});
