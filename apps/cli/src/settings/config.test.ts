import { expect, it } from "vitest";
import { checkConfig, parseConfig } from "./config.ts";

const read = (text: string) => parseConfig("/etc/pratique.yaml", text);

const invalid = (message: RegExp) =>
  expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) });

it("takes an empty file", () => {
  expect(read("")).toEqual({});
  expect(read("# nothing\n")).toEqual({});
});

it("reads what is set", () => {
  expect(read("data: /srv\ngate: {mode: observe, scanBudgetSeconds: 5}\n")).toEqual({
    data: "/srv",
    gate: { mode: "observe", scanBudgetSeconds: 5 },
  });
});

it.each([
  ["a document that is no mapping", "[1]", /the document/u],
  ["text", "hello", /the document/u],
  ["broken YAML", "a: [1", /pratique\.yaml/u],
  ["an alias", "data: &a /x\nrun: *a\n", /pratique\.yaml/u],
  ["an unknown key", "bogus: 1", /bogus/u],
  ["an unknown key further in", "gate: {bogus: 1}", /gate: .*bogus/u],
  ["an empty directory", "data: ''", /data: /u],
  ["a listen address without a port", "listen: here", /listen: expected ADDRESS:PORT/u],
  ["a mode that does not exist", "gate: {mode: maybe}", /gate\.mode/u],
  ["a budget of nothing", "gate: {scanBudgetSeconds: 0}", /gate\.scanBudgetSeconds/u],
  ["a budget without end", "gate: {scanBudgetSeconds: .inf}", /gate\.scanBudgetSeconds/u],
  [
    "an action that does not exist",
    "gate: {actions: {swarm.jion: allow}}",
    /gate\.actions\.swarm\.jion: unknown action, .*swarm\.join/u,
  ],
  ["a rule for an action that does not exist", "gate: {actions: {build: maybe}}", /gate\.actions\.build: /u],
  ["containers that are none to prevent in", "runtime: {prevent: mine}", /runtime\.prevent/u],
  ["a harder end of channels than the agent knows", "runtime: {channel: kill}", /runtime\.channel/u],
  [
    "packets of which nothing is kept",
    "runtime: {capture: {snapLength: 20}}",
    /runtime\.capture\.snapLength/u,
  ],
  ["a recorder without end", "runtime: {capture: {seconds: 1e9}}", /runtime\.capture\.seconds/u],
  ["an age that is no number", "advisories: {staleAfterDays: .nan}", /advisories\.staleAfterDays/u],
  ["a feed without a place", "intel: {feeds: [maltrail]}", /intel\.feeds\.0: expected FEED:PATH_OR_URL/u],
  ["an expiry of less than two days", "intel: {expireDays: {domain: 1}}", /intel\.expireDays\.domain/u],
  ["an expiry of what is no indicator", "intel: {expireDays: {mail: 9}}", /intel\.expireDays: .*mail/u],
  ["a confidence over a hundred", "intel: {blockFromConfidence: 101}", /intel\.blockFromConfidence/u],
  ["scanners without vulnerabilities", "scanners: [license]", /scanners: vuln cannot be left out/u],
  ["a scanner that does not exist", "scanners: [vuln, licence]", /scanners\.1: .*"license"/u],
  ["a plug-in with a path for a name", "gate: {plugin: ../x}", /gate\.plugin: expected a short/u],
])("refuses %s", (_, text, message) => {
  expect(() => read(text)).toThrow(invalid(message));
});

it("names every error, in one line", () => {
  const bad = { data: 1, listen: "x", gate: { mode: "y" }, advisories: { staleAfterDays: -1 }, bogus: true };
  const message =
    /^here: [^\n]*data: [^\n]*listen: [^\n]*gate\.mode: [^\n]*staleAfterDays: [^\n]*bogus[^\n]*$/u;
  expect(() => checkConfig("here", bad)).toThrow(invalid(message));
});
