import { type Fields, fieldsOf, objectIn, textIn, textMapIn } from "../../json-fields.ts";
import { volumeDevices } from "../../launch/volume-device.ts";
import type { ReadRequest } from "./request.ts";
import { parameter } from "./target.ts";

/** What may be asked of the engine beside launches, and is decided by a switch rather than by policies. */
export const engineActions = [
  "build",
  "build.host-network",
  "build.security-options",
  "build.session",
  "checkpoint.create",
  "checkpoint.directory",
  "checkpoint.restore",
  "container.archive-put",
  "container.attach",
  "container.commit",
  "container.rename",
  "container.stop",
  "container.update",
  "image.change",
  "image.in",
  "login",
  "network.change",
  "network.create",
  "plugin.change",
  "plugin.remove",
  "prune",
  "service.plugin",
  "swarm.change",
  "swarm.join",
  "volume.change",
  "volume.create",
  "volume.host-path",
] as const;

export type EngineAction = (typeof engineActions)[number];

export type EngineActionRule = "allow" | "deny";

/** What the operator says of actions; where nothing is said, {@link ruleOf} has a default. */
export type EngineActionRules = Readonly<Partial<Record<EngineAction, EngineActionRule>>>;

/**
 * A build runs commands, and on the network of the host, or of another container, it is what policies refuse a
 * launch; plugins are root code and can disable the gate; a checkpoint brings the memory of a foreign process, and one in a
 * directory of the host is written, listed or removed there as root; the members of a swarm are told what to run by its managers, past this engine's HTTP.
 */
const DENIED: ReadonlySet<EngineAction> = new Set<EngineAction>([
  "build.host-network",
  "build.security-options",
  "checkpoint.directory",
  "checkpoint.restore",
  "plugin.change",
  "plugin.remove",
  "service.plugin",
  "swarm.join",
]);

/** What holds for an action. `allow` is recorded all the same. */
export function ruleOf(action: EngineAction, rules: EngineActionRules): EngineActionRule {
  return rules[action] ?? (DENIED.has(action) ? "deny" : "allow");
}

/** The actions that a call comes to; none for a call that only reads. Launches are decided by policies besides. */
export function actionsOf({ target, body }: ReadRequest): readonly EngineAction[] {
  const fields = fieldsOf(body);
  switch (target.route.routeClass) {
    case "read":
    case "archive-get":
    case "create":
    case "exec-create":
    case "exec-start":
      return [];
    case "start":
      return restores(parameter(target, "checkpoint"), parameter(target, "checkpoint-dir"));
    case "service":
      return isPluginService(fields) ? ["service.plugin"] : [];
    case "build":
      return buildActions(parameter(target, "networkmode"), flagged(parameter(target, "securityopt")));
    case "session":
      return ["build.session"];
    case "volume-create":
      return volumeDevices(textIn(fields, "Driver"), textMapIn(fields, "DriverOpts")).length > 0
        ? ["volume.create", "volume.host-path"]
        : ["volume.create"];
    case "swarm":
      return target.path === "/swarm/init" || target.path === "/swarm/join"
        ? ["swarm.join"]
        : ["swarm.change"];
    case "image-in":
      return ["image.in"];
    case "image-change":
      return ["image.change"];
    case "attach":
      return ["container.attach"];
    case "update":
      return ["container.update"];
    case "rename":
      return ["container.rename"];
    case "stop":
      return ["container.stop"];
    case "archive-put":
      return ["container.archive-put"];
    case "commit":
      return ["container.commit"];
    case "checkpoint":
      return ["checkpoint.create", ...directoryActions(textIn(fields, "CheckpointDir"))];
    case "checkpoint-list":
      return directoryActions(parameter(target, "dir"));
    case "checkpoint-remove":
      return ["container.stop", ...directoryActions(parameter(target, "dir"))];
    case "volume-change":
      return ["volume.change"];
    case "network-create":
      return ["network.create"];
    case "network-change":
      return ["network.change"];
    case "plugin":
      return ["plugin.change"];
    case "plugin-remove":
      return ["plugin.remove"];
    case "login":
      return ["login"];
    case "prune":
      return ["prune"];
  }
}

/** Without the context, so that nobody takes a build for more than what the gate saw of it. */
function buildActions(networkMode: string, security: boolean): readonly EngineAction[] {
  return [
    "build",
    ...(networkMode === "host" || networkMode.startsWith("container:")
      ? (["build.host-network"] as const)
      : []),
    ...(security ? (["build.security-options"] as const) : []),
  ];
}

function flagged(json: string): boolean {
  return !["", "null", "[]"].includes(json.trim());
}

function directoryActions(directory: string): readonly EngineAction[] {
  return directory === "" ? [] : ["checkpoint.directory"];
}

function restores(checkpoint: string, directory: string): readonly EngineAction[] {
  return checkpoint === "" && directory === "" ? [] : ["checkpoint.restore"];
}

function isPluginService(service: Fields): boolean {
  const task = objectIn(service, "TaskTemplate");
  const plugin = Object.keys(objectIn(task, "PluginSpec")).length > 0;
  return plugin || textIn(task, "Runtime").toLowerCase() === "plugin";
}
