import type { Launch, LaunchMount } from "@pratique/core";
import { type Fields, objectIn, textIn } from "../../json-fields.ts";
import { containerLaunch } from "../../launch/container-launch.ts";
import type { LaunchContext } from "../../launch/launch-context.ts";
import { askedMounts, effectiveMounts, resolveMounts } from "../../launch/mounts.ts";
import { readNamespaces } from "../../launch/namespaces.ts";
import { isRenamedUser, isRootUser } from "../../launch/user.ts";
import { hostDevices } from "./launch-from-create.ts";

export interface InspectWords {
  /** What the engine answers to `GET /containers/{id}/json`. */
  readonly container: Fields;
  readonly caller: string;
  readonly rootAccounts: readonly string[];
}

/** Go's zero time: the container never ran. */
const NEVER = "0001-01-01T00:00:00Z";

/** What a container is, by the engine's own word. This is what a start is judged by. */
export async function launchFromInspect(words: InspectWords, context: LaunchContext): Promise<Launch> {
  const { container, caller, rootAccounts } = words;
  const config = objectIn(container, "Config");
  const hostConfig = objectIn(container, "HostConfig");
  const networks = Object.keys(objectIn(objectIn(container, "NetworkSettings"), "Networks"));
  const namespaces = await readNamespaces(hostConfig, networks, context);
  const user = textIn(config, "User");
  const startedAt = textIn(objectIn(container, "State"), "StartedAt");
  return containerLaunch({
    action: "start",
    name: textIn(container, "Name").replace(/^\//u, ""),
    containerId: textIn(container, "Id"),
    config,
    hostConfig,
    ...namespaces,
    mounts: await mountsOf(container, context),
    devices: hostDevices(hostConfig, context),
    runsAsRoot: isRootUser(user, rootAccounts) || isRenamedUser(user, container, context),
    caller,
    ranBefore: startedAt !== "" && startedAt !== NEVER,
  });
}

/** What was asked for, and what the engine has besides: inherited and anonymous volumes. */
export async function mountsOf(container: Fields, context: LaunchContext): Promise<readonly LaunchMount[]> {
  const asked = askedMounts(objectIn(container, "HostConfig"), []);
  // A tmpfs that is asked for hides no inherited mount: the engine has both, and `docker cp` reaches the other one.
  const known = new Set(asked.map(({ kind, target }) => `${kind} ${target}`));
  const others = effectiveMounts(container).filter(({ kind, target }) => !known.has(`${kind} ${target}`));
  return resolveMounts([...asked, ...others], context);
}
