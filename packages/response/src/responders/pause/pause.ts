import { frozenChecks, pauseContainer, planOf, unpauseContainer } from "../../container-steps.ts";
import type { Responder } from "../responder.ts";

/** Freezes the container, memory and all. */
export const pause: Responder = {
  action: "pause",
  version: 1,
  needs: () => [["pause"]],
  otherwise: ["cut", "report"],
  renews: false,
  stands: ({ running, paused }) => !running || paused,
  plan: planOf,
  steps: (scene) => [pauseContainer(scene)],
  checks: frozenChecks,
  undo: (scene, plan) => (plan.wasPaused === true ? [] : [unpauseContainer(scene)]),
};
