import { getPriority, setPriority } from "node:os";
import { defaultPolicies } from "@pratique/policy";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, expect, it } from "vitest";
import { layoutOf } from "../layout.ts";
import { askLine } from "../line-socket.ts";
import { GateProcess } from "./gate-process.ts";
import { type GateMode, writeGateState } from "./gate-state.ts";

const signal = AbortSignal.timeout(20_000);
const priority = getPriority();

// A gate runs before all others, and this process with it.
afterEach(() => setPriority(priority));

it("opens its doors anew once, however many ask it at once to read another mode", async () => {
  using directory = tempDirectory();
  const layout = layoutOf({ data: directory.at("data"), run: directory.at("run") });
  const tell = (mode: GateMode) =>
    writeGateState(layout.gateState, {
      mode,
      host: { name: "host", labels: {}, kernel: "", engineVersion: "" },
      scanBudgetMs: 1000,
      actions: {},
      documents: defaultPolicies,
    });
  tell("observe");
  const gate = new GateProcess({
    layout,
    engineAddress: { kind: "unix", socketPath: directory.at("no-engine.sock") },
    pluginSocket: directory.at("plugin.sock"),
    now: () => new Date(),
    elapsedMs: () => performance.now(),
    sleep: async () => undefined,
    processId: 7,
    log: { info: () => undefined, warn: () => undefined },
  });
  await gate.start();
  tell("enforce");
  const ask = (command: string) => askLine(layout.gateControlSocket, { command }, signal);
  // Those by whose connection the doors are closed hear nothing more.
  await Promise.allSettled([ask("reload"), ask("reload"), ask("reload")]);
  await ask("reload");
  expect(await ask("status")).toMatchObject({ instance: "7-1", mode: "enforce" });
  await gate.stop();
});
