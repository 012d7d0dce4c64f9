import type { Responder } from "../responder.ts";

/** Tells, and changes nothing. */
export const report: Responder = {
  action: "report",
  version: 1,
  needs: () => [],
  otherwise: [],
  renews: false,
  stands: () => true,
  plan: () => ({}),
  steps: () => [],
  checks: () => [],
  undo: () => [],
};
