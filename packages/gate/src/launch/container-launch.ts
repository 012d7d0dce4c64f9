import type { Launch, LaunchMount } from "@pratique/core";
import {
  type Fields,
  flagIn,
  isListIn,
  listIn,
  numberIn,
  objectIn,
  objectsIn,
  textIn,
  textMapIn,
  textsIn,
  wordsIn,
} from "../json-fields.ts";
import { readPorts } from "./ports.ts";
import { readSecurityOptions, type SecurityOptions } from "./security-options.ts";

/** One container, asked for or existing, in the engine's own words. */
export interface ContainerWords {
  readonly action: Launch["action"];
  readonly name: string;
  readonly containerId: string;
  /** The portable configuration, completed with that of the image. */
  readonly config: Fields;
  readonly hostConfig: Fields;
  readonly hostNamespaces: readonly string[];
  readonly joinedContainers: readonly string[];
  readonly joinedPrivileged: readonly string[];
  readonly mounts: readonly LaunchMount[];
  readonly devices: readonly string[];
  readonly runsAsRoot: boolean;
  readonly caller: string;
  readonly ranBefore: boolean;
}

/** Brings a container to the form that policies know. */
export function containerLaunch(words: ContainerWords): Launch {
  const { action, name, containerId, config, hostConfig, runsAsRoot, caller, ranBefore } = words;
  return {
    action,
    name,
    containerId,
    image: textIn(config, "Image"),
    user: textIn(config, "User"),
    runsAsRoot,
    privileged: flagIn(hostConfig, "Privileged"),
    capAdd: textsIn(hostConfig, "CapAdd").map((capability) => normalCapability(capability)),
    capDrop: textsIn(hostConfig, "CapDrop").map((capability) => normalCapability(capability)),
    readOnlyRoot: flagIn(hostConfig, "ReadonlyRootfs"),
    hostNamespaces: words.hostNamespaces,
    joinedContainers: words.joinedContainers,
    joinedPrivileged: words.joinedPrivileged,
    mounts: words.mounts,
    volumesFrom: textsIn(hostConfig, "VolumesFrom").map((text) => text.split(":", 1)[0] ?? ""),
    devices: words.devices,
    deviceCgroupRules: textsIn(hostConfig, "DeviceCgroupRules"),
    deviceRequests: deviceRequests(hostConfig),
    ...confinement(hostConfig),
    unmaskedPaths:
      unmasked(hostConfig, "MaskedPaths", MASKED) || unmasked(hostConfig, "ReadonlyPaths", READ_ONLY),
    sysctls: textMapIn(hostConfig, "Sysctls"),
    ports: readPorts(hostConfig),
    publishAllPorts: flagIn(hostConfig, "PublishAllPorts"),
    groupAdd: textsIn(hostConfig, "GroupAdd"),
    runtime: textIn(hostConfig, "Runtime"),
    cgroupParent: textIn(hostConfig, "CgroupParent"),
    restartPolicy: textIn(objectIn(hostConfig, "RestartPolicy"), "Name"),
    memoryLimitBytes: Math.max(0, numberIn(hostConfig, "Memory")),
    pidsLimit: Math.max(0, numberIn(hostConfig, "PidsLimit")),
    cpuLimit: cpuLimit(hostConfig),
    entrypoint: wordsIn(config, "Entrypoint"),
    command: wordsIn(config, "Cmd"),
    environmentNames: environmentNames(textsIn(config, "Env")),
    labels: textMapIn(config, "Labels"),
    caller,
    ranBefore,
  };
}

/** `cap_sys_admin` and `sys_admin` are `SYS_ADMIN`. */
export function normalCapability(capability: string): string {
  return capability.toUpperCase().replace(/^CAP_/u, "");
}

/** `NAME=value` and `NAME`, by name. */
export function environmentNames(environment: readonly string[]): readonly string[] {
  return [...new Set(environment.map((entry) => entry.split("=", 1)[0] ?? ""))];
}

/** What every engine since 20.10 hides; newer ones add to it, so that only what is missing here tells. */
const MASKED = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/sys/firmware"];
const READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** A list in place of the engine's own, which lacks some of it; an absent one means the engine's own. */
function unmasked(hostConfig: Fields, name: string, expected: readonly string[]): boolean {
  if (!isListIn(hostConfig, name)) return false;
  const given = new Set(textsIn(hostConfig, name));
  return expected.some((hidden) => !given.has(hidden));
}

function deviceRequests(hostConfig: Fields): readonly string[] {
  const names = objectsIn(hostConfig, "DeviceRequests").flatMap((request) => {
    const alternatives = listIn(request, "Capabilities").flat();
    const capabilities = alternatives.filter((item) => typeof item === "string");
    return [textIn(request, "Driver"), ...capabilities];
  });
  return [...new Set(names)].filter((name) => name !== "");
}

/** The engine switches labels off by itself for whoever shares processes or memory with the host. */
function confinement(hostConfig: Fields): SecurityOptions {
  const options = readSecurityOptions(textsIn(hostConfig, "SecurityOpt"));
  const shares =
    flagIn(hostConfig, "Privileged") ||
    textIn(hostConfig, "PidMode") === "host" ||
    textIn(hostConfig, "IpcMode") === "host";
  return { ...options, selinuxDisabled: options.selinuxDisabled || shares };
}

const NANO = 1e9;
const DEFAULT_PERIOD_US = 100_000;

function cpuLimit(hostConfig: Fields): number {
  const nano = numberIn(hostConfig, "NanoCpus");
  if (nano > 0) return nano / NANO;
  const quota = numberIn(hostConfig, "CpuQuota");
  return quota > 0 ? quota / (numberIn(hostConfig, "CpuPeriod") || DEFAULT_PERIOD_US) : 0;
}
