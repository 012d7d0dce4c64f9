import type { Attack } from "./attack.ts";
import { credentialsAttacks } from "./attacks/credentials.ts";
import { escapeAttacks } from "./attacks/escape.ts";
import { evasionAttacks } from "./attacks/evasion.ts";
import { executionAttacks } from "./attacks/execution.ts";
import { injectionAttacks } from "./attacks/injection.ts";
import { kernelAttacks } from "./attacks/kernel.ts";
import { networkAttacks } from "./attacks/network.ts";
import { persistenceAttacks } from "./attacks/persistence.ts";
import { privilegeAttacks } from "./attacks/privilege.ts";
import { upstreamAttacks } from "./attacks/upstream.ts";

/** Every attack that we know, by subject. */
export const attacks: readonly Attack[] = [
  ...escapeAttacks,
  ...kernelAttacks,
  ...injectionAttacks,
  ...executionAttacks,
  ...privilegeAttacks,
  ...credentialsAttacks,
  ...persistenceAttacks,
  ...networkAttacks,
  ...evasionAttacks,
  ...upstreamAttacks,
];

/** Rules of Falco's project that no attack here can set off, and why. */
export const upstreamRulesWithoutAttack: Readonly<Record<string, string>> = {
  "Contact K8S API Server From Container": "needs a name that only a cluster resolves",
  "Detect outbound connections to common miner pool ports":
    "needs names of pools that only the internet resolves",
  "Launch Disallowed Container": "allows every container until a user says otherwise",
  "Network Connection outside Local Subnet": "names no namespace of a cluster until a user says otherwise",
};
