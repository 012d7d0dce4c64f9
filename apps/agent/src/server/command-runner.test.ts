import { writeFileSync } from "node:fs";
import type { AgentCommand } from "@pratique/api";
import { parseDigest } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { CommandMemory } from "./command-memory.ts";
import { CommandRunner } from "./command-runner.ts";

const NOW = Date.parse("2026-11-25T12:00:00Z");
const kill = (id: string, expiresAt = "2026-11-25T13:00:00Z"): AgentCommand => ({
  id,
  kind: "respond",
  containerId: "c1",
  action: "kill",
  reason: "it mines",
  by: "ann",
  expiresAt,
});

/** An agent that may start anew; the server loses as many reports as it is told. */
function agent(directory: string, { lose = 0, fail = "" } = {}) {
  const memory = new CommandMemory(directory, () => NOW);
  const killed: string[] = [];
  const released: unknown[] = [];
  const told: string[] = [];
  const reports: unknown[] = [];
  const errors: unknown[] = [];
  let left = lose;
  const runner = new CommandRunner({
    memory,
    server: {
      sendOutcome: async (id, outcome) => {
        if (left > 0) {
          left -= 1;
          throw new Error("lost");
        }
        reports.push([id, outcome.state]);
      },
    },
    respond: async ({ containerId }) => {
      if (fail !== "") throw new Error(fail);
      killed.push(containerId);
      return "c1: kill was done";
    },
    scan: async () => undefined,
    setGateMode: async () => undefined,
    release: async (what) => {
      if (fail !== "") throw new Error(fail);
      released.push(what);
    },
    profile: async (command) => {
      if (fail !== "") throw new Error(fail);
      told.push(command.kind);
    },
    onDone: () => undefined,
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const take = async (...commands: AgentCommand[]) => {
    runner.take(commands, (error) => errors.push(error));
    await settled();
  };
  return { killed, released, told, reports, errors, runner, take };
}

it("carries a command out once, however often it comes, and says so each time", async () => {
  using directory = tempDirectory();
  const first = agent(directory.path);
  await first.take(kill("a"), kill("a"));
  await first.take(kill("a"));
  expect([first.killed, first.reports]).toEqual([
    ["c1"],
    [
      ["a", "done"],
      ["a", "done"],
    ],
  ]);
  const second = agent(directory.path);
  await second.take(kill("a"));
  expect([second.killed, second.reports]).toEqual([[], [["a", "done"]]]);
});

it("reports later what could not be reported, also after a restart", async () => {
  using directory = tempDirectory();
  const first = agent(directory.path, { lose: 1 });
  await first.take(kill("a"));
  expect([first.killed, first.reports, first.errors.length]).toEqual([["c1"], [], 1]);
  const second = agent(directory.path);
  await second.runner.report();
  expect(second.reports).toEqual([["a", "done"]]);
  await second.runner.report();
  expect(second.reports).toHaveLength(1);
});

it("does it once, and says so, also where nothing can be written", async () => {
  using directory = tempDirectory();
  // A file where the directory would have to be.
  writeFileSync(directory.at("state"), "");
  const full = agent(directory.at("state"));
  await full.take(kill("a"));
  await full.take(kill("a"));
  expect([full.killed, full.reports.length > 0]).toEqual([["c1"], true]);
  expect(full.errors.length).toBeGreaterThan(0);
});

it("does what the server hands out though it is over by the clock of this host, and says what failed", async () => {
  using directory = tempDirectory();
  const ahead = agent(directory.path);
  await ahead.take(kill("a", "2026-11-25T11:00:00Z"));
  expect([ahead.killed, ahead.reports]).toEqual([["c1"], [["a", "done"]]]);
  const failing = agent(directory.path, { fail: "no such container" });
  await failing.take(kill("b"));
  expect(failing.reports).toEqual([["b", "failed"]]);
});

it("has what was done about a container undone, once, and says so where it cannot be", async () => {
  using directory = tempDirectory();
  const release = (id: string, more = {}): AgentCommand => {
    const expiresAt = "2026-11-25T13:00:00Z";
    return { id, kind: "release-response", containerId: "c1", expiresAt, ...more };
  };
  const first = agent(directory.path);
  await first.take(release("a"), release("b", { act: "act-1", by: "anna" }));
  await first.take(release("a"));
  expect(first.released).toEqual([
    { containerId: "c1", act: undefined, by: "server" },
    { containerId: "c1", act: "act-1", by: "person anna" },
  ]);
  const failing = agent(directory.path, { fail: "no act is in force" });
  await failing.take(release("c"));
  expect(failing.reports).toEqual([["c", "failed"]]);
});

it("tells the watch what people say of profiles, and the server what came of it", async () => {
  using directory = tempDirectory();
  const imageId = parseDigest(`sha256:${"a".repeat(64)}`);
  const shared = { imageId, by: "account:ann", expiresAt: "2026-11-25T13:00:00Z" };
  const mode: AgentCommand = { id: "m", kind: "set-profile-mode", mode: "watch", ...shared };
  const item: AgentCommand = {
    id: "i",
    kind: "decide-profile-item",
    item: "write:/data",
    verdict: "accepted",
    ...shared,
  };
  const one = agent(directory.at("one"));
  await one.take(mode, item);
  expect(one.told).toEqual(["set-profile-mode", "decide-profile-item"]);
  const other = agent(directory.at("other"), { fail: "nothing was learned of it" });
  await other.take(mode);
  expect(other.reports).toEqual([["m", "failed"]]);
});
