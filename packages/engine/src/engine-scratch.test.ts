import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { expect, it } from "vitest";
import { EngineScratch } from "./engine-scratch.ts";

const ID = "c".repeat(64);
const IMAGE = `sha256:${"1".repeat(64)}`;
/** Longer than what is told of other failures. */
const REFUSAL = `authorization denied by plugin pratique: ${"a rule, ".repeat(100)}and another`;
const MADE = `sha256:${"2".repeat(64)}`;

it("says in its own words that no engine answers, whatever was to be sent", async () => {
  const scratch = new EngineScratch({
    address: { kind: "unix", socketPath: "/nonexistent/engine.sock" },
    run: "selftest",
  });
  const { signal } = new AbortController();
  const refused = {
    code: "ENGINE_UNREACHABLE",
    message: expect.stringContaining("the socket does not exist"),
  };
  await expect(scratch.importImage([Buffer.alloc(1)], "selftest:1", signal)).rejects.toMatchObject(refused);
  await expect(scratch.start("c1", signal)).rejects.toMatchObject(refused);
});

/** An engine that has one image by the name `shop:1`; gives what it was asked. */
async function engineWith(image: string) {
  const directory = mkdtempSync(path.join(tmpdir(), "pratique-test-"));
  const socketPath = path.join(directory, "engine.sock");
  const asked: string[] = [];
  const answers: Readonly<Record<string, object>> = {
    "POST /containers/create": { Id: ID },
    [`GET /containers/${ID}/json`]: { Image: image },
    "POST /commit": { Id: MADE },
    "POST /containers/refused/start": { message: REFUSAL },
  };
  const server = createServer(async (request, response) => {
    const what = `${request.method} ${request.url?.replace(/\?.*$/u, "")}`;
    const body = await buffer(request);
    asked.push(what.endsWith("/archive") ? `${what} ${body.toString()}` : what);
    if (what === "POST /containers/refused/start") response.statusCode = 403;
    response.end(JSON.stringify(answers[what] ?? {}));
  });
  await once(server.listen(socketPath), "listening");
  return {
    asked,
    scratch: new EngineScratch({ address: { kind: "unix", socketPath }, run: "run" }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), "close");
      rmSync(directory, { recursive: true });
    },
  };
}

const addition = { image: IMAGE, name: "shop:1", files: [Buffer.from("tar")], reference: "trial:1" };

it("makes an image of another one with files added, by a container that never runs", async () => {
  await using engine = await engineWith(IMAGE);
  expect(await engine.scratch.addToImage(addition, AbortSignal.timeout(10_000))).toBe(MADE);
  expect(engine.asked).toEqual([
    "POST /containers/create",
    `GET /containers/${ID}/json`,
    `PUT /containers/${ID}/archive tar`,
    "POST /commit",
    `DELETE /containers/${ID}`,
  ]);
});

it("makes none where the name is that of another image by now, and leaves nothing", async () => {
  await using engine = await engineWith(MADE);
  await expect(engine.scratch.addToImage(addition, AbortSignal.timeout(10_000))).rejects.toMatchObject({
    code: "IMAGE_NOT_FOUND",
    message: "shop:1 is another image by now",
  });
  expect(engine.asked.at(-1)).toBe(`DELETE /containers/${ID}`);
  expect(engine.asked).not.toContain("POST /commit");
});

it("tells a gate's refusal from all else that goes wrong, and all that it says", async () => {
  await using engine = await engineWith(IMAGE);
  const refused = { code: "SCRATCH_REFUSED", message: REFUSAL };
  await expect(engine.scratch.start("refused", AbortSignal.timeout(10_000))).rejects.toMatchObject(refused);
});
