import { allow, channelChecks, cutSteps, denyingPower } from "../../flows/flow-steps.ts";
import type { Responder } from "../responder.ts";

/** Ends the container's channels to its peers, and keeps them closed. */
export const cut: Responder = {
  action: "cut",
  version: 1,
  needs: ({ peers }) => [[denyingPower(peers), "destroy"]],
  otherwise: ["report"],
  renews: true,
  stands: () => true,
  plan: ({ powers, peers }) => ({ denied: powers.has(denyingPower(peers)) }),
  steps: cutSteps,
  checks: channelChecks,
  // Also where the sensor is away: what it left in the kernel may still be in force.
  undo: (scene, plan) => (plan.denied === true ? [allow(scene)] : []),
};
