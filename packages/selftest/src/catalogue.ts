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
