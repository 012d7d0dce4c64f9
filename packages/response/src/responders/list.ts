import type { ChannelAction } from "@pratique/core";
import { cut } from "./cut/cut.ts";
import { kill } from "./kill/kill.ts";
import { pause } from "./pause/pause.ts";
import { quarantine } from "./quarantine/quarantine.ts";
import { report } from "./report/report.ts";
import type { Power, Responder, Scene } from "./responder.ts";
import { stop } from "./stop/stop.ts";

/** Every way to respond, sorted. A test fails when a folder beside this file is missing here. */
export const responders: readonly Responder[] = [cut, kill, pause, quarantine, report, stop];

export function responderOf(action: ChannelAction): Responder {
  const found = responders.find((responder) => responder.action === action);
  // The contract test lists one for each action.
  if (found === undefined) throw new Error(`there is no responder for ${action}`);
  return found;
}

/** What is missing for an action, for people; empty where it can be done. */
export function missingPowers(
  responder: Responder,
  scene: Pick<Scene, "peers" | "powers">,
): readonly string[] {
  return responder
    .needs(scene)
    .filter((either) => !either.some((power) => scene.powers.has(power)))
    .map((either: readonly Power[]) => either.join(" or "));
}
