import type { ImageConfig, Launch } from "@pratique/core";
import { type Fields, fieldsOf, objectIn, objectsIn, textIn, textsIn } from "../../json-fields.ts";
import { containerLaunch } from "../../launch/container-launch.ts";
import { completeConfig } from "../../launch/image-words.ts";
import type { LaunchContext } from "../../launch/launch-context.ts";
import { askedMounts, resolveMounts } from "../../launch/mounts.ts";
import { readNamespaces } from "../../launch/namespaces.ts";
import { isRootUser } from "../../launch/user.ts";
import { inheritedMounts } from "../../launch/volumes-from.ts";

export interface CreateWords {
  /** The body of the request, read by the shape `containerCreate`. */
  readonly body: Fields;
  /** The query parameter `name`. */
  readonly name: string;
  readonly caller: string;
  /** Undefined where the engine does not have the image. */
  readonly imageConfig: ImageConfig | undefined;
  readonly rootAccounts: readonly string[];
}

/** What a request to create a container asks for. Throws GateError for what the engine could not read either. */
export async function launchFromCreate(words: CreateWords, context: LaunchContext): Promise<Launch> {
  const { body, name, caller, imageConfig, rootAccounts } = words;
  const config = completeConfig(body, imageConfig);
  const hostConfig = objectIn(body, "HostConfig");
  const endpoints = Object.keys(objectIn(objectIn(body, "NetworkingConfig"), "EndpointsConfig"));
  const networks = await networkNames([textIn(hostConfig, "NetworkMode"), ...endpoints], context);
  const namespaces = await readNamespaces(hostConfig, networks, context);
  const asked = askedMounts(hostConfig, Object.keys(objectIn(config, "Volumes")));
  return containerLaunch({
    action: "create",
    name,
    containerId: "",
    config,
    hostConfig,
    ...namespaces,
    mounts: [
      ...(await resolveMounts(asked, context)),
      ...(await inheritedMounts(textsIn(hostConfig, "VolumesFrom"), context)),
    ],
    devices: hostDevices(hostConfig, context),
    runsAsRoot: isRootUser(textIn(config, "User"), rootAccounts),
    caller,
    ranBefore: false,
  });
}

/** The engine takes any beginning of an id for a network's name; once the container exists it tells the name. */
async function networkNames(
  networks: readonly string[],
  { view }: LaunchContext,
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const network of networks) {
    const found = ID_PREFIX.test(network) ? await view.inspectNetwork(network) : undefined;
    names.push(found === undefined ? network : textIn(found, "Name"));
  }
  return names;
}

const ID_PREFIX = /^[0-9a-f]{1,64}$/u;

/** The devices that a host configuration names, with symlinks resolved. */
export function hostDevices(hostConfig: Fields, { paths }: LaunchContext): readonly string[] {
  return objectsIn(fieldsOf(hostConfig), "Devices").map((device) =>
    paths.resolve(textIn(device, "PathOnHost")),
  );
}
