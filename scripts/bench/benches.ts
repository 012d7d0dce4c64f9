import { auditLog } from "./audit-log.ts";
import type { Bench } from "./bench.ts";
import { channelSet } from "./channel-set.ts";
import { consolePages } from "./console-pages.ts";
import { fleet } from "./fleet.ts";
import { fleetLists } from "./fleet-lists.ts";
import { gateLatency } from "./gate-latency.ts";
import { hostileShapes } from "./hostile-shapes.ts";
import { hunt } from "./hunt.ts";
import { intelBuild } from "./intel-build.ts";
import { licenseTexts } from "./license-texts.ts";
import { readImage } from "./read-image.ts";
import { registryQueue } from "./registry-queue.ts";
import { registryScan } from "./registry-scan.ts";
import { rematch } from "./rematch.ts";
import { ruleEngine } from "./rule-engine.ts";
import { secondOpinion } from "./second-opinion.ts";
import { sensorCost } from "./sensor-cost.ts";
import { sensorEvents } from "./sensor-events.ts";
import { sensorLoad } from "./sensor-load.ts";
import { checks, startUp } from "./start-up.ts";

/** In the order in which they are run: the longest last. */
export const benches: readonly Bench[] = [
  startUp,
  ruleEngine,
  sensorEvents,
  gateLatency,
  readImage,
  hostileShapes,
  secondOpinion,
  licenseTexts,
  intelBuild,
  hunt,
  channelSet,
  sensorLoad,
  sensorCost,
  consolePages,
  registryQueue,
  registryScan,
  auditLog,
  rematch,
  fleetLists,
  fleet,
  checks,
];
