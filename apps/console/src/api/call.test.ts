import { listOwnSessions, listRoles } from "@pratique/api";
import { afterEach, expect, it, vi } from "vitest";
import { call } from "./call.ts";

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
