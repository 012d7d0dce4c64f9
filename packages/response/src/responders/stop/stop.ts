import { deadChecks, holdDown, letRestart, planOf, startAgain } from "../../container-steps.ts";
import type { Responder, Scene, Step } from "../responder.ts";

/** Has the container end by itself, and ends it where it does not. */
export const stop: Responder = {
  action: "stop",
  version: 1,
  needs: () => [["stop"]],
  otherwise: ["pause", "cut", "report"],
  renews: false,
  stands: ({ running }) => !running,
  plan: planOf,
  steps: (scene) => [stopContainer(scene), holdDown(scene)],
  checks: deadChecks,
  undo: (scene, plan) => [letRestart(scene, plan), startAgain(scene, plan)],
};

function stopContainer({ host, container, graceSeconds, view }: Scene): Step {
  return {
    name: "stop",
    essential: true,
    extraMs: graceSeconds * 1000,
    run: async (signal) => {
      if (!view.running) return "it did not run";
      await host.control.stop(container, graceSeconds, signal);
      return "stopped";
    },
  };
}
