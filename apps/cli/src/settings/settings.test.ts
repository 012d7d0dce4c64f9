import { mkdirSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { type GlobalFlags, readSettings } from "./settings.ts";

type Environment = Readonly<Record<string, string>>;

/** Settings of a user without any file of their own. */
async function settingsOf(environment: Environment, flags: GlobalFlags = {}, isRoot = false) {
  using directory = tempDirectory();
  return await readSettings(flags, { environment, isRoot, homeDirectory: directory.path });
}

/** Settings with the text as `pratique.yaml`, which a flag names. */
async function settingsFrom(text: string, environment: Environment = {}, flags: GlobalFlags = {}) {
  using directory = tempDirectory();
  const config = directory.at("pratique.yaml");
  writeFileSync(config, text);
  return await readSettings(
    { ...flags, config },
    { environment, isRoot: false, homeDirectory: directory.path },
  );
}

describe("precedence", () => {
  const file = "data: /file\nlisten: 127.0.0.1:1\ngate: {mode: observe, plugin: file}\n";
  const variables = { PRATIQUE_DATA: "/variable", PRATIQUE_LISTEN: "127.0.0.1:2" };

  it("is file, then variable, then flag", async () => {
    expect((await settingsFrom(file)).layout.data).toBe("/file");
    expect((await settingsFrom(file, variables)).layout.data).toBe("/variable");
    expect((await settingsFrom(file, variables, { data: "/flag" })).layout.data).toBe("/flag");
    expect((await settingsFrom(file)).listen).toEqual({ host: "127.0.0.1", port: 1 });
    expect((await settingsFrom(file, variables)).listen).toEqual({ host: "127.0.0.1", port: 2 });
    expect((await settingsFrom(file, variables, { listen: "0.0.0.0:3" })).listen).toEqual({
      host: "0.0.0.0",
      port: 3,
    });
  });

  it("holds member by member", async () => {
    const { gate } = await settingsFrom(file, { PRATIQUE_GATE_MODE: "enforce" });
    expect([gate.mode, gate.plugin]).toEqual(["enforce", "file"]);
  });

  it("leaves what the file says of actions in force beside variables", async () => {
    const text = "gate: {actions: {swarm.join: allow, build: deny}}\n";
    const { gate } = await settingsFrom(text, { PRATIQUE_GATE_MODE: "observe" });
    expect([gate.mode, gate.actions]).toEqual(["observe", { "swarm.join": "allow", build: "deny" }]);
  });

  it("leaves the witnesses that the file names in force beside a variable with the log's key", async () => {
    const text = "audit: {keyFile: /file.pem, witnesses: ['https://w.example#w+1+B']}\n";
    const { server } = await settingsFrom(text, { PRATIQUE_AUDIT_KEY_FILE: "/variable.pem" });
    const witnesses = [{ url: "https://w.example", key: "w+1+B" }];
    expect([server.auditKeyFile, server.witnesses]).toEqual(["/variable.pem", witnesses]);
    expect((await settingsFrom(text)).server.auditKeyFile).toBe("/file.pem");
    expect((await settingsOf({})).server.auditKeyFile).toBeUndefined();
  });

  it("takes an empty variable for an absent one", async () => {
    expect((await settingsFrom(file, { PRATIQUE_DATA: "" })).layout.data).toBe("/file");
  });

  it("takes the file that a variable names", async () => {
    using directory = tempDirectory();
    writeFileSync(directory.at("other.yaml"), "host: {name: other}\n");
    expect((await settingsOf({ PRATIQUE_CONFIG: directory.at("other.yaml") })).hostName).toBe("other");
  });
});

describe("defaults", () => {
  it("are those of the system for root", async () => {
    const config = "/dev/null";
    const { layout, listen, gate, staleAfterMs } = await settingsOf({ PRATIQUE_CONFIG: config }, {}, true);
    expect(layout.data).toBe("/var/lib/pratique");
    expect(layout.agentSocket).toMatch(/^\/run\/pratique\//u);
    expect(listen).toEqual({ host: "127.0.0.1", port: 8443 });
    expect(gate).toEqual({
      mode: undefined,
      scanBudgetMs: 30_000,
      whenDead: "closed",
      whenUnproved: "refuse",
      plugin: "pratique",
      actions: {},
    });
    expect(staleAfterMs).toBe(5 * 86_400_000);
  });

  it("are the XDG directories for everybody else", async () => {
    const environment = { XDG_DATA_HOME: "/xdg/data", XDG_RUNTIME_DIR: "/xdg/run" };
    expect((await settingsOf(environment)).layout.data).toBe("/xdg/data/pratique");
    expect((await settingsOf(environment)).layout.agentSocket).toMatch(/^\/xdg\/run\/pratique\//u);
    expect((await settingsOf({})).layout.data).toMatch(/\/\.local\/share\/pratique$/u);
  });

  it("find the configuration in the XDG directory", async () => {
    using directory = tempDirectory();
    mkdirSync(directory.at("pratique"));
    writeFileSync(directory.at("pratique", "pratique.yaml"), "host: {name: mine, labels: {team: a}}\n");
    const { hostName, hostLabels } = await settingsOf({ XDG_CONFIG_HOME: directory.path });
    expect([hostName, hostLabels]).toEqual(["mine", { team: "a" }]);
  });
});

describe("the engine", () => {
  it.each<[string, Environment, GlobalFlags, string | undefined]>([
    ["nothing", {}, {}, undefined],
    ["Docker's own variable", { DOCKER_HOST: "unix:///a" }, {}, "/a"],
    ["ours over Docker's", { DOCKER_HOST: "unix:///a", PRATIQUE_ENGINE: "unix:///b" }, {}, "/b"],
    [
      "the flag over both",
      { DOCKER_HOST: "unix:///a", PRATIQUE_ENGINE: "unix:///b" },
      { engine: "unix:///c" },
      "/c",
    ],
    ["an empty one", { DOCKER_HOST: "" }, {}, undefined],
  ])("is named by %s", async (_, environment, flags, expected) => {
    const { engine } = await settingsOf(environment, flags);
    expect(engine?.kind === "unix" ? engine.socketPath : engine).toBe(expected);
  });

  it("is refused in a form that is not spoken", async () => {
    await expect(settingsOf({ DOCKER_HOST: "ssh://host" })).rejects.toThrow(
      expect.objectContaining({ code: "ENGINE_ADDRESS_MALFORMED" }),
    );
  });
});

describe("what is not in its form", () => {
  it.each<[string, Environment, RegExp]>([
    ["a mode", { PRATIQUE_GATE_MODE: "maybe" }, /gate\.mode/u],
    ["a number", { PRATIQUE_STALE_AFTER_DAYS: "old" }, /advisories\.staleAfterDays/u],
    ["a number below the least", { PRATIQUE_SCAN_BUDGET_SECONDS: "-1" }, /gate\.scanBudgetSeconds/u],
    ["an address", { PRATIQUE_LISTEN: "here" }, /listen/u],
    ["a name", { PRATIQUE_GATE_PLUGIN: "a/b" }, /gate\.plugin/u],
  ])("is refused: %s", async (_, environment, message) => {
    await expect(settingsOf(environment)).rejects.toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) }),
    );
  });

  it("is named, each, at once", async () => {
    const environment = { PRATIQUE_GATE_MODE: "maybe", PRATIQUE_LISTEN: "here" };
    await expect(settingsOf(environment)).rejects.toThrow(/listen: .*; gate\.mode: /u);
  });

  it("is told where a flag says it", async () => {
    await expect(settingsOf({}, { listen: "here" })).rejects.toThrow(/^the flags: listen: /u);
  });
});

it.each([
  ["where nothing says otherwise", "", true],
  ["unless it is off", "runtime: {learning: off}", false],
])("learns what containers do, %s", async (_, text, learning) => {
  expect((await settingsFrom(text)).runtime).toMatchObject({ learning });
});

it.each([
  ["no packets, where nothing says otherwise", "", undefined],
  [
    "packets where that is wanted",
    "runtime: {capture: {packets: true}}",
    { snapLength: 256, perContainerPerSecond: 200 },
  ],
  [
    "as much of packets as is wanted",
    "runtime: {capture: {packets: true, snapLength: 96, packetsPerContainer: 5}}",
    { snapLength: 96, perContainerPerSecond: 5 },
  ],
])("keeps %s", async (_, text, packets) => {
  expect((await settingsFrom(text)).runtime?.capture).toMatchObject({ seconds: 60, packets });
});

it.each([
  [
    "from warnings on, where nothing says otherwise",
    "",
    { from: "warning", afterMs: 5000, maxCaptures: 100, maxBytes: 256 * 1024 * 1024 },
  ],
  [
    "as is wanted",
    "runtime: {capture: {save: rules, saveAfterSeconds: 0, keep: 5, keepMegabytes: 16}}",
    { from: "rules", afterMs: 0, maxCaptures: 5, maxBytes: 16 * 1024 * 1024 },
  ],
  ["never", "runtime: {capture: {save: off}}", undefined],
])("saves what containers did %s", async (_, text, saving) => {
  expect((await settingsFrom(text)).runtime?.capture.saving).toEqual(saving);
});
