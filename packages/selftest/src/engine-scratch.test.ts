import { expect, it } from "vitest";
import { EngineScratch } from "./engine-scratch.ts";

it("says in its own words that no engine answers, whatever was to be sent", async () => {
  const scratch = new EngineScratch({ socketPath: "/nonexistent/engine.sock", run: "selftest" });
  const { signal } = new AbortController();
  const refused = { code: "SCRATCH_FAILED", message: expect.stringContaining("no answer of the engine") };
  await expect(scratch.importImage([Buffer.alloc(1)], "selftest:1", signal)).rejects.toMatchObject(refused);
  await expect(scratch.start("c1", signal)).rejects.toMatchObject(refused);
});
