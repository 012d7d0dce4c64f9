import { writeFileSync } from "node:fs";
import path from "node:path";
import { MAX_POLICY_FILES } from "@pratique/policy";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { describePolicyError, policyStamp, readPolicyFiles } from "./policy-files.ts";

const own = `apiVersion: pratique/v1
kind: Policy
metadata: { name: team }
spec:
  rules:
    - name: no-privileged
      deny: launch.privileged
      message: the container would be privileged
      value: "privileged"
      fix: leave out --privileged
`;

const exception = `apiVersion: pratique/v1
kind: Exception
metadata: { name: ex-1 }
spec:
  rules: [no-root]
  scope: { images: ["shop:*"] }
  reason: until the port is moved
  owner: ann
  expires: 2030-01-01T00:00:00Z
`;

it("takes the built-in set where there is no policy, exceptions or not", async () => {
  using directory = tempDirectory();
  const builtIn = readPolicyFiles(directory.path).set;
  expect(builtIn.policies.length).toBeGreaterThan(0);
  writeFileSync(path.join(directory.path, "ex.yaml"), exception);
  const { set } = readPolicyFiles(directory.path);
  expect(set.policies).toEqual(builtIn.policies);
  expect(set.exceptions.map(({ id }) => id)).toEqual(["ex-1"]);
});

it("takes the user's own policies in place of the built-in set", async () => {
  using directory = tempDirectory();
  writeFileSync(path.join(directory.path, "team.yaml"), own);
  expect(readPolicyFiles(directory.path).set.policies.map(({ name }) => name)).toEqual(["team"]);
});

it("notices that a file has changed", async () => {
  using directory = tempDirectory();
  const empty = policyStamp(directory.path);
  writeFileSync(path.join(directory.path, "team.yaml"), own);
  const written = policyStamp(directory.path);
  writeFileSync(path.join(directory.path, "team.yaml"), `${own}\n`);
  expect(new Set([empty, written, policyStamp(directory.path)]).size).toBe(3);
});

it("names the file and the line of what is wrong", async () => {
  using directory = tempDirectory();
  const file = path.join(directory.path, "team.yaml");
  writeFileSync(file, own.replace("launch.privileged", "launch.priviledged"));
  let thrown: unknown;
  try {
    readPolicyFiles(directory.path);
  } catch (error) {
    thrown = error;
  }
  expect(describePolicyError(thrown).join("\n")).toContain(`${file}:7`);
});

it("refuses more files than are read, and leaves none out", async () => {
  using directory = tempDirectory();
  for (let number = 0; number <= MAX_POLICY_FILES; number += 1)
    writeFileSync(path.join(directory.path, `${number}.yaml`), "");
  expect(() => readPolicyFiles(directory.path)).toThrow(`expected at most ${MAX_POLICY_FILES} files`);
});
