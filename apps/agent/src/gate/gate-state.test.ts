import { readFileSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { type GateState, GateStateFile, writeGateState } from "./gate-state.ts";

const STATE: GateState = {
  mode: "enforce",
  host: { name: "h", labels: {}, kernel: "", engineVersion: "" },
  scanBudgetMs: 1000,
  documents: [],
  actions: { "swarm.join": "allow", build: "deny" },
};

/** A state file, what a gate reads from it, and the errors that it met. */
function stage(state: GateState = STATE) {
  const directory = tempDirectory();
  const file = directory.at("state.json");
  writeGateState(file, state);
  const errors: unknown[] = [];
  const read = new GateStateFile(file, (error) => errors.push(error));
  return { file, read, errors, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}

it("gives what was written", () => {
  using staged = stage();
  expect(staged.read.current).toEqual(STATE);
});

it("follows the file", () => {
  using staged = stage();
  expect(staged.read.current.actions).toEqual(STATE.actions);
  writeGateState(staged.file, { ...STATE, actions: { "plugin.change": "allow" } });
  expect(staged.read.current.actions).toEqual({ "plugin.change": "allow" });
});

it("says nothing of actions where nothing is said, and takes that for no word on them", () => {
  using staged = stage({ ...STATE, actions: {} });
  expect(readFileSync(staged.file, "utf8")).not.toContain("actions");
  expect(staged.read.current.actions).toEqual({});
});

it.each([
  ["an action that it does not know", { actions: { "swarm.jion": "allow" } }],
  ["a rule that it does not know", { actions: { build: "maybe" } }],
  ["a key that it does not know", { bogus: true }],
])("keeps what was in force where the file holds %s", (_, wrong) => {
  using staged = stage();
  const before = staged.read.current;
  writeFileSync(staged.file, JSON.stringify({ form: 1, ...STATE, ...wrong }));
  expect(staged.read.current).toEqual(before);
  expect(staged.errors).toHaveLength(1);
});

it("throws where there never was a state", () => {
  using directory = tempDirectory();
  const read = new GateStateFile(directory.at("state.json"), () => undefined);
  expect(() => read.current).toThrow(expect.objectContaining({ code: "STATE_UNREADABLE" }));
});
