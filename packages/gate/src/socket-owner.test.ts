import { once } from "node:events";
import { existsSync, linkSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { removeDeadSocket } from "./socket-owner.ts";

it("removes a socket that nobody listens to, and no other", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "gate-"));
  const at = (name: string) => path.join(directory, name);
  const [held, dead, nowhere] = [at("held"), at("dead"), at("nowhere")];
  const gone = createServer().listen(`${dead}.first`);
  const alive = createServer().listen(held);
  await Promise.all([once(gone, "listening"), once(alive, "listening")]);
  linkSync(`${dead}.first`, dead);
  gone.close();
  await once(gone, "close");
  for (const socket of [held, dead, nowhere]) await removeDeadSocket(socket);
  expect([held, dead].map((socket) => existsSync(socket))).toEqual([true, false]);
  alive.close();
  rmSync(directory, { recursive: true });
});
