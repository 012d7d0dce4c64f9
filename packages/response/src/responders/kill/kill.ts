import { deadChecks, holdDown, letRestart, planOf, startAgain } from "../../container-steps.ts";
import type { Responder, Scene, Step } from "../responder.ts";

/** Ends every process of the container at once. */
export const kill: Responder = {
  action: "kill",
  version: 1,
  needs: () => [["kill"]],
  otherwise: ["stop", "pause", "cut", "report"],
  renews: false,
  stands: ({ running }) => !running,
  plan: planOf,
  steps: (scene) => [killContainer(scene), holdDown(scene)],
  checks: deadChecks,
  undo: (scene, plan) => [letRestart(scene, plan), startAgain(scene, plan)],
};

function killContainer({ host, container, view }: Scene): Step {
  return {
    name: "kill",
    essential: true,
    run: async (signal) => {
      if (!view.running) return "it did not run";
      await host.control.kill(container, signal);
      return "killed";
    },
  };
}
