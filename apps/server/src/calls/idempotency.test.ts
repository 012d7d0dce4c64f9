import { createAccount } from "@pratique/api";
import fastify from "fastify";
import { expect, it } from "vitest";
import { nobodyAt } from "./caller.ts";
import { type AnswerMemory, runOnce } from "./idempotency.ts";

/** Runs a call with a key, from a memory that cannot keep what it is told. */
async function callsOf(failing: "run" | "keep"): Promise<readonly string[]> {
  const said: string[] = [];
  const memory: AnswerMemory = {
    take: async () => "taken",
    keep: async () => {
      if (failing === "keep") throw new Error("the disk is full");
    },
    release: async () => void said.push("released"),
  };
  const run = async () => {
    said.push("run");
    if (failing === "run") throw new Error("it cannot be done");
    return { status: 200, body: "{}" };
  };
  await using app = fastify();
  const caller = { ...nobodyAt(""), kind: "account" as const, id: "ann", session: "s-1" };
  app.post("/", async (request) => await runOnce(memory, { endpoint: createAccount, caller, request }, run));
  const reply = await app.inject({ method: "POST", url: "/", headers: { "idempotency-key": "k" } });
  expect(reply.statusCode).toBe(500);
  return said;
}

it("lets go of the key of a call that failed", async () => {
  expect(await callsOf("run")).toEqual(["run", "released"]);
});

it("keeps the key of a call that has happened, where its answer cannot be kept", async () => {
  expect(await callsOf("keep")).toEqual(["run"]);
});
