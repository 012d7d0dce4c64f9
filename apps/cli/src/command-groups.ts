import type { CommandGroup } from "./command-group.ts";
import { advisories } from "./program/advisories.ts";
import { agent } from "./program/agent.ts";
import { audit } from "./program/audit.ts";
import { doctor } from "./program/doctor.ts";
import { gate } from "./program/gate.ts";
import { gateProcess } from "./program/gate-process.ts";
import { image } from "./program/image.ts";
import { intel } from "./program/intel.ts";
import { policy } from "./program/policy.ts";
import { profile } from "./program/profile.ts";
import { registry } from "./program/registry.ts";
import { registryScanner } from "./program/registry-scanner.ts";
import { rules } from "./program/rules.ts";
import { runtime } from "./program/runtime.ts";
import { scanWorker } from "./program/scan-worker.ts";
import { selftest } from "./program/selftest.ts";
import { server } from "./program/server.ts";
import { statistics } from "./program/statistics.ts";
import { up } from "./program/up.ts";
import { worker } from "./program/worker.ts";

/** All groups of commands, in the order of the help. A test fails when a file in `program/` is missing here. */
export const commandGroups: readonly CommandGroup[] = [
  image,
  registry,
  advisories,
  intel,
  policy,
  rules,
  runtime,
  profile,
  gate,
  audit,
  statistics,
  up,
  doctor,
  selftest,
  server,
  agent,
  gateProcess,
  worker,
  scanWorker,
  registryScanner,
];
