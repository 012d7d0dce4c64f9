import { listOwnSessions, listRoles } from "@pratique/api";
import { afterEach, expect, it, vi } from "vitest";
import { call } from "./call.ts";
import { faultsIn } from "./call-error.ts";

afterEach(() => vi.unstubAllGlobals());

const answerWith = (body: string, status = 200) =>
  vi.stubGlobal("fetch", async () => new Response(body, { status }));

it.each([
  ["has a member that the contract does not name", '{"items":[],"more":1}'],
  ["lacks what the contract demands", "{}"],
  ["is no JSON", "<html>"],
  ["is empty", ""],
])("says one plain sentence of an answer that %s", async (_, body) => {
  answerWith(body);
  await expect(call(listRoles)).rejects.toMatchObject({
    code: "UNREACHABLE",
    message: "the server's answer is not one that this page understands; reload the page",
  });
});

it("says the same of an answer that waits for nothing that is known", async () => {
  answerWith('{"approval":7}', 202);
  await expect(call(listRoles)).rejects.toThrow("not one that this page understands");
});

it("gives an answer that keeps to the contract", async () => {
  answerWith('{"items":[]}');
  expect(await call(listOwnSessions)).toEqual({ items: [] });
});

it("tells of a refusal what the server says", async () => {
  answerWith("nothing of the kind", 500);
  await expect(call(listRoles)).rejects.toThrow("the server answered 500");
});

it("tells which members of a request are wrong, the first thing of each", async () => {
  const errors = [
    { path: "body.address", message: "expected HOST or HOST:PORT" },
    { path: "body.include.0", message: "expected a pattern" },
    { path: "body.include.1", message: "expected another one" },
  ];
  const title = "The settings have errors";
  const problem = { type: "urn:x", title, status: 422, code: "SETTINGS_INVALID", errors };
  answerWith(JSON.stringify(problem), 422);
  const refused = await call(listRoles).catch((thrown) => thrown);
  expect(faultsIn(refused)).toEqual({
    address: "Expected HOST or HOST:PORT",
    include: "Expected a pattern",
  });
  expect(faultsIn(new Error("not of the server"))).toEqual({});
  expect(faultsIn(null)).toEqual({});
});
