import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { SoughtList } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { PoliciesInForce } from "./policies-in-force.ts";

let directory: ReturnType<typeof tempDirectory>;
let happened: string[];

beforeEach(() => {
  directory = tempDirectory();
  mkdirSync(at("policies"));
  happened = [];
});
afterEach(() => directory[Symbol.dispose]());

const at = (...names: readonly string[]) => path.join(directory.path, ...names);
const gateState = () => at("gate", "state.json");

function policiesInForce(sought: readonly SoughtList[] = []): PoliciesInForce {
  return new PoliciesInForce({
    directory: at("policies"),
    gateState: gateState(),
    wanted: () => ({ revision: "", labels: {}, documents: [] }),
    besides: () => ({
      mode: "enforce",
      host: { name: "web-1", labels: {}, kernel: "", engineVersion: "" },
      scanBudgetMs: 1000,
      actions: {},
    }),
    sought: new Set(sought),
    onTold: () => happened.push("told"),
    onInForce: ({ policies }) => happened.push(`in force: ${policies.map(({ name }) => name).join(", ")}`),
    onMoreSought: () => happened.push("more sought"),
    onStatus: () => undefined,
    log: { info: () => undefined, warn: (_, message) => happened.push(message) },
  });
}

function write(name: string, condition: string): void {
  const text = `apiVersion: pratique/v1
kind: Policy
metadata: { name: ${name} }
spec:
  rules:
    - name: one
      deny: ${condition}
      message: refused
      value: '"true"'
      fix: do not
`;
  writeFileSync(at("policies", `${name}.yaml`), text);
}

/** As a full disk does, whoever the test runs as: a directory lies where the new text would be written first. */
const blocked = () => `${gateState()}.${process.pid}.tmp`;

it("tells the gate, and says what is in force", () => {
  write("mine", "launch.privileged");
  const policies = policiesInForce();
  policies.refresh();
  expect(happened).toEqual(["told", "in force: mine"]);
  expect(policies.status).toMatchObject({ names: ["mine"], errors: [] });
  expect(readFileSync(gateState(), "utf8")).toContain("launch.privileged");
  policies.refresh();
  expect(happened).toHaveLength(2);
});

it("claims nothing that the gate could not be told, and tells it once it can", () => {
  write("first", "launch.privileged");
  const policies = policiesInForce();
  policies.refresh();
  happened = [];
  mkdirSync(blocked());
  write("second", "launch.privileged");
  policies.refresh();
  policies.refresh();
  expect(happened).toEqual(["the gate cannot be told what changed"]);
  expect(policies.status.names).toEqual(["first"]);
  expect(policies.status.errors).toEqual([policies.gateProblem]);
  expect(policies.gateProblem).toMatch(/^the gate goes on as before, for it cannot be told what changed: /u);
  rmSync(blocked(), { recursive: true });
  policies.refresh();
  expect(happened.slice(1)).toEqual(["told", "in force: first, second"]);
  expect(policies.status).toMatchObject({ names: ["first", "second"], errors: [] });
});

it("leaves the last good ones in force, and says what is wrong with the new ones", () => {
  write("mine", "launch.privileged");
  const policies = policiesInForce();
  policies.refresh();
  write("mine", "launch.nothing-of-the-kind(");
  policies.refresh();
  expect(policies.status.names).toEqual(["mine"]);
  expect(policies.status.errors).not.toEqual([]);
  expect(readFileSync(gateState(), "utf8")).toContain("launch.privileged");
});

it.each([
  [[], ["more sought"]],
  [["secrets"], []],
] as const)("says when more is sought than the operator's %j", (sought, expected) => {
  const policies = policiesInForce(sought);
  policies.refresh();
  happened = [];
  write("mine", "image.secrets.size() > 0");
  policies.refresh();
  expect(happened.filter((each) => each === "more sought")).toEqual(expected);
  expect([...policies.sought]).toContain("secrets");
});
