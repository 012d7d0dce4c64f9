import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { Engine } from "@pratique/engine";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { GateInstaller, readGateInstall } from "./gate-install.ts";

/** A file of the kernel's that nobody may read, not even root. */
const DENIED = "/proc/sys/net/ipv4/route/flush";

it("knows of no installation where there is no file", () => {
  using directory = tempDirectory();
  expect(readGateInstall(directory.at("gate.json"))).toBeUndefined();
});

it.each([
  ["may not be read", () => DENIED, /cannot be read as this user$/u],
  ["is no file", (at: (name: string) => string) => made(at("directory")), /cannot be read: EISDIR/u],
  [
    "is cut short",
    (at: (name: string) => string) => written(at("cut"), '{"engineSocket":"/s"'),
    /in its form/u,
  ],
  [
    "lacks a part",
    (at: (name: string) => string) => written(at("part"), '{"engineSocket":"/s"}'),
    /in its form/u,
  ],
])("does not take one that %s for none", (_, make, message) => {
  using directory = tempDirectory();
  const file = make((name) => directory.at(name));
  expect(() => readGateInstall(file)).toThrow(
    expect.objectContaining({ code: "GATE_INSTALL_UNREADABLE", message: expect.stringMatching(message) }),
  );
});

it("takes nothing away on the strength of a file that cannot be read", async () => {
  await using engine = new Engine({ address: { kind: "unix", socketPath: "/nowhere" } });
  const installer = installerOf(engine, DENIED, "/nowhere");
  await expect(installer.uninstall()).rejects.toMatchObject({ code: "GATE_INSTALL_UNREADABLE" });
});

it("leaves an engine alone that has the gate on its command line, and does not say that it asks no more", async () => {
  using directory = tempDirectory();
  const [file, socketPath, config] = [
    directory.at("gate.json"),
    directory.at("d.sock"),
    directory.at("d.json"),
  ];
  await using engine = new Engine({ address: { kind: "unix", socketPath } });
  const flags = [`--host=unix://${socketPath}`, "--authorization-plugin=pratique", `--config-file=${config}`];
  const daemon = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "--", ...flags], {
    argv0: "/usr/bin/dockerd",
    stdio: "ignore",
  });
  try {
    await once(daemon, "spawn");
    const installer = installerOf(engine, file, socketPath);
    expect(await installer.install()).toMatchObject({ by: "command-line" });
    expect([existsSync(file), existsSync(config)]).toEqual([false, false]);
    await expect(installer.uninstall()).rejects.toMatchObject({ code: "GATE_ON_COMMAND_LINE" });
  } finally {
    daemon.kill("SIGKILL");
  }
});

function installerOf(engine: Engine, file: string, engineSocket: string): GateInstaller {
  return new GateInstaller({
    file,
    engine,
    engineSocket,
    plugin: "pratique",
    audit: { append: () => expect.unreachable() },
    actor: "uid:0",
    now: () => 0,
    sleep: async () => undefined,
    countCalls: async () => 0,
  });
}

function made(directory: string): string {
  mkdirSync(directory);
  return directory;
}

function written(file: string, text: string): string {
  writeFileSync(file, text);
  return file;
}
