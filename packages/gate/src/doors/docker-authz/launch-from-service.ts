import type { ImageConfig, Launch, LaunchPort } from "@pratique/core";
import {
  type Fields,
  fieldsOf,
  flagIn,
  numberIn,
  objectIn,
  objectsIn,
  textIn,
  textMapIn,
} from "../../json-fields.ts";
import { containerLaunch } from "../../launch/container-launch.ts";
import { completeConfig } from "../../launch/image-words.ts";
import type { LaunchContext } from "../../launch/launch-context.ts";
import { askedMount, resolveMounts } from "../../launch/mounts.ts";
import { isRootUser } from "../../launch/user.ts";

export interface ServiceWords {
  /** The body of the request, read by the shape `service`. */
  readonly body: Fields;
  readonly caller: string;
  readonly imageConfig: ImageConfig | undefined;
  readonly rootAccounts: readonly string[];
}

/** What each task of a Swarm service asks of the node it will run on. */
export async function launchFromService(words: ServiceWords, context: LaunchContext): Promise<Launch> {
  const { body, caller, imageConfig, rootAccounts } = words;
  const task = objectIn(body, "TaskTemplate");
  const spec = objectIn(task, "ContainerSpec");
  const limits = objectIn(objectIn(task, "Resources"), "Limits");
  const config = completeConfig(
    {
      Image: spec.Image,
      User: spec.User,
      Env: spec.Env,
      Labels: { ...textMapIn(body, "Labels"), ...textMapIn(spec, "Labels") },
      Entrypoint: spec.Command,
      Cmd: spec.Args,
    },
    imageConfig,
  );
  const onHost = await joinsHostNetwork(
    [...objectsIn(task, "Networks"), ...objectsIn(body, "Networks")],
    context,
  );
  const asked = objectsIn(spec, "Mounts").map((mount) => askedMount(mount));
  const launch = containerLaunch({
    action: "service",
    name: textIn(body, "Name"),
    containerId: "",
    config,
    hostConfig: {
      CapAdd: spec.CapabilityAdd,
      CapDrop: spec.CapabilityDrop,
      ReadonlyRootfs: spec.ReadOnly,
      SecurityOpt: securityOptions(objectIn(spec, "Privileges")),
      Sysctls: spec.Sysctls,
      GroupAdd: spec.Groups,
      Memory: limits.MemoryBytes,
      NanoCpus: limits.NanoCPUs,
      PidsLimit: limits.Pids,
      RestartPolicy: { Name: textIn(objectIn(task, "RestartPolicy"), "Condition") },
    },
    hostNamespaces: onHost ? ["network"] : [],
    joinedContainers: [],
    joinedPrivileged: [],
    mounts: await resolveMounts(asked, context),
    devices: [],
    runsAsRoot: isRootUser(textIn(config, "User"), rootAccounts),
    caller,
    ranBefore: false,
  });
  return { ...launch, ports: servicePorts(body) };
}

/** The command line sends the id of the network `host`, not its name. */
async function joinsHostNetwork(networks: readonly Fields[], { view }: LaunchContext): Promise<boolean> {
  for (const network of networks) {
    const target = textIn(network, "Target");
    if (target === "host") return true;
    const inspected = fieldsOf(await view.inspectNetwork(target));
    if (textIn(inspected, "Driver") === "host" || textIn(inspected, "Name") === "host") return true;
  }
  return false;
}

function securityOptions(privileges: Fields): readonly string[] {
  const seccomp = objectIn(privileges, "Seccomp");
  const mode = textIn(seccomp, "Mode");
  const selinux = objectIn(privileges, "SELinuxContext");
  return [
    ...(mode === "unconfined" ? ["seccomp=unconfined"] : []),
    ...(mode === "custom"
      ? [`seccomp=${Buffer.from(textIn(seccomp, "Profile"), "base64").toString() || "{}"}`]
      : []),
    ...(textIn(objectIn(privileges, "AppArmor"), "Mode") === "disabled" ? ["apparmor=unconfined"] : []),
    ...(flagIn(selinux, "Disable") ? ["label=disable"] : []),
    ...(textIn(selinux, "Type") === "" ? [] : [`label=type:${textIn(selinux, "Type")}`]),
    ...(flagIn(privileges, "NoNewPrivileges") ? ["no-new-privileges"] : []),
  ];
}

function servicePorts(body: Fields): readonly LaunchPort[] {
  return objectsIn(objectIn(body, "EndpointSpec"), "Ports").map((port) => ({
    hostIp: "",
    hostPort: numberIn(port, "PublishedPort"),
    containerPort: numberIn(port, "TargetPort"),
    protocol: textIn(port, "Protocol") || "tcp",
  }));
}
