import type { AgentOptions } from "./agent-options.ts";
import { engineCgroup } from "./engine/engine-cgroup.ts";
import { pinsOf } from "./runtime/prevention/pinned.ts";
import type { RuleSources } from "./runtime/rules/rule-files.ts";
import type { RuntimeSettings } from "./runtime/runtime-messages.ts";

/** Where rules for running containers come from; undefined where this host watches none. */
export function ruleSourcesOf({ runtime, layout }: AgentOptions): RuleSources | undefined {
  if (runtime === undefined) return undefined;
  return { directory: layout.rules, builtIn: runtime.builtInRules, hardened: runtime.hardened };
}

/** What the thread that watches running containers is started with; undefined where this host watches none. */
export function runtimeSettingsOf(options: AgentOptions): RuntimeSettings | undefined {
  const { runtime, layout, engineAddress, identity, hostName, gate, ownEngine } = options;
  const rules = ruleSourcesOf(options);
  if (runtime === undefined || rules === undefined) return undefined;
  return {
    sensor: runtime.sensor,
    engineAddress,
    ...(identity !== undefined && { server: identity.url }),
    hostName,
    auditDirectory: layout.audit,
    maxRecordBytes: options.spoolLimitBytes,
    rules,
    prevent: runtime.prevent,
    channel: runtime.channel,
    capture: runtime.capture,
    captureDirectory: layout.captures,
    survive: runtime.survive,
    pins: pinsOf(layout.data),
    neverCut: runtime.neverCut,
    engineCgroup: ownEngine ? engineCgroup(gate.plugin) : undefined,
    intelDirectory: layout.intel,
    channelState: layout.channelState,
    responses: {
      policyFile: layout.responsePolicy,
      stateFile: layout.responseState,
      evidenceDirectory: layout.runtimeEvidence,
    },
    profiles: runtime.learning ? layout.profiles : undefined,
    past: runtime.past === undefined ? undefined : { directory: layout.past, limits: runtime.past },
    socketPath: layout.runtimeSocket,
  };
}
