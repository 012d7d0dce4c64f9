import { writeFileSync } from "node:fs";
import path from "node:path";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { GateArming, type GateArmingOptions } from "./gate-arming.ts";

let directory: ReturnType<typeof tempDirectory>;
let happened: string[];

beforeEach(() => {
  directory = tempDirectory();
  happened = [];
});
afterEach(() => directory[Symbol.dispose]());

const installFile = () => path.join(directory.path, "install.json");
const installed = { engineSocket: "/s", configFile: "/c", backup: "/b", plugin: "pratique" };

function arming(change: Partial<GateArmingOptions> = {}): GateArming {
  return new GateArming({
    installFile: installFile(),
    installer: {
      arm: async ({ plugin }) => void happened.push(`arm ${plugin}`),
      disarm: async (_, why) => void happened.push(`disarm: ${why}`),
    },
    ownEngine: false,
    sleep: async (_, signal) => signal.throwIfAborted(),
    onArmed: () => happened.push("armed"),
    log: { info: () => undefined, warn: (_, message) => happened.push(message) },
    ...change,
  });
}

it("has the engine ask until the agent stops", async () => {
  writeFileSync(installFile(), JSON.stringify(installed));
  const armed = Promise.withResolvers<void>();
  const gate = arming({ onArmed: armed.resolve });
  expect(gate.isArmed).toBe(true);
  gate.arm();
  await armed.promise;
  await gate.stop();
  expect(happened).toEqual(["arm pratique", "disarm: the agent stops"]);
});

it("tries again until the engine can be reached", async () => {
  writeFileSync(installFile(), JSON.stringify(installed));
  const armed = Promise.withResolvers<void>();
  const failures = [new Error("no engine"), new Error("no engine")];
  const arm = async () => {
    const failure = failures.pop();
    if (failure !== undefined) throw failure;
  };
  const gate = arming({ installer: { arm, disarm: async () => undefined }, onArmed: armed.resolve });
  gate.arm();
  await armed.promise;
  const said = "the gate is installed, but the engine does not ask it yet";
  expect(happened).toEqual([said, said]);
});

it("takes the gate away after what was putting it there, and puts none there afterwards", async () => {
  writeFileSync(installFile(), JSON.stringify(installed));
  const reload = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const gate = arming({
    installer: {
      arm: async () => {
        begun.resolve();
        await reload.promise;
        happened.push("arm");
      },
      disarm: async () => void happened.push("disarm"),
    },
  });
  gate.arm();
  gate.arm();
  await begun.promise;
  const stopped = gate.stop();
  reload.resolve();
  await stopped;
  expect(happened).toEqual(["arm", "armed", "disarm"]);
});

it("puts the gate back no more after it was taken away, until it is told to", async () => {
  writeFileSync(installFile(), JSON.stringify(installed));
  const begun = Promise.withResolvers<void>();
  const reload = Promise.withResolvers<void>();
  const failures = [new Error("no engine")];
  const gate = arming({
    installer: {
      arm: async () => {
        begun.resolve();
        await reload.promise;
        happened.push("arm");
        const failure = failures.pop();
        if (failure !== undefined) throw failure;
      },
      disarm: async (_, why) => void happened.push(`disarm: ${why}`),
    },
  });
  gate.arm();
  await begun.promise;
  const disarmed = gate.disarm("the gate cannot be kept alive");
  reload.resolve();
  await disarmed;
  expect(happened).toEqual([
    "arm",
    "the gate is installed, but the engine does not ask it yet",
    "disarm: the gate cannot be kept alive",
  ]);
  gate.arm();
  await gate.disarm("again");
  expect(happened.slice(3)).toEqual(["disarm: again"]);
});

it("takes the gate away before it puts it there again", async () => {
  writeFileSync(installFile(), JSON.stringify(installed));
  const armed = Promise.withResolvers<void>();
  const reload = Promise.withResolvers<void>();
  const gate = arming({
    installer: {
      arm: async () => void happened.push("arm"),
      disarm: async () => {
        await reload.promise;
        happened.push("disarm");
      },
    },
    onArmed: armed.resolve,
  });
  const disarmed = gate.disarm("the gate cannot be kept alive");
  gate.arm();
  reload.resolve();
  await Promise.all([disarmed, armed.promise]);
  expect(happened).toEqual(["disarm", "arm"]);
});

it("leaves an engine alone that was not installed, or is our own", async () => {
  const gate = arming();
  gate.arm();
  await gate.stop();
  expect([gate.isArmed, happened]).toEqual([false, []]);
  const own = arming({ ownEngine: true });
  await own.stop();
  expect([own.isArmed, happened]).toEqual([true, []]);
});

it("says once what cannot be read of an installation, and arms nothing", async () => {
  writeFileSync(installFile(), "{");
  const gate = arming();
  gate.arm();
  await gate.stop();
  expect([gate.isArmed, happened]).toEqual([false, ["the gate's installation cannot be read"]]);
  expect(gate.problem).toMatch(/install\.json/u);
});

it("arms once an installation can be read again", async () => {
  writeFileSync(installFile(), "{");
  const armed = Promise.withResolvers<void>();
  const sleep = async () => writeFileSync(installFile(), JSON.stringify(installed));
  const gate = arming({ sleep, onArmed: armed.resolve });
  gate.arm();
  await armed.promise;
  expect([gate.isArmed, gate.problem]).toEqual([true, ""]);
  expect(happened).toEqual(["the gate's installation cannot be read", "arm pratique"]);
});

it("takes away what it put there, though the installation cannot be read any more", async () => {
  writeFileSync(installFile(), JSON.stringify(installed));
  const armed = Promise.withResolvers<void>();
  const gate = arming({ onArmed: armed.resolve });
  gate.arm();
  await armed.promise;
  writeFileSync(installFile(), "{");
  await gate.stop();
  expect(happened.at(-1)).toBe("disarm: the agent stops");
});

it("goes on where the engine cannot be told to stop asking", async () => {
  writeFileSync(installFile(), JSON.stringify(installed));
  const disarm = async () => await Promise.reject(new Error("gone"));
  await arming({ installer: { arm: async () => undefined, disarm } }).stop();
  expect(happened).toEqual(["the engine could not be told to stop asking"]);
});
