import { type CelMap, type CelValue, celList, celMap } from "@bufbuild/cel";
import type { Host, Launch, LaunchMount } from "@pratique/core";
import { record } from "./image-values.ts";

export function launchValue(launch: Launch): CelMap {
  const members: Record<string, CelValue> = {};
  for (const [key, value] of Object.entries(launch)) members[key] = plainValue(value);
  return record({
    ...members,
    mounts: celList(launch.mounts.map(mountValue)),
    ports: celList(
      launch.ports.map(({ hostIp, hostPort, containerPort, protocol }) =>
        record({ hostIp, hostPort: whole(hostPort), containerPort: whole(containerPort), protocol }),
      ),
    ),
    sysctls: celMap(new Map(Object.entries(launch.sysctls))),
    labels: celMap(new Map(Object.entries(launch.labels))),
    memoryLimitBytes: whole(launch.memoryLimitBytes),
    pidsLimit: whole(launch.pidsLimit),
    cpuLimit: launch.cpuLimit,
  });
}

export function hostValue({ name, labels, kernel, engineVersion }: Host): CelMap {
  return record({ name, labels: celMap(new Map(Object.entries(labels))), kernel, engineVersion });
}

function mountValue(mount: LaunchMount): CelMap {
  const { kind, source, target, readOnly, device, engineSocket, exchangeable, propagation } = mount;
  return record({
    kind,
    source,
    target,
    readOnly,
    device,
    engineSocket,
    exchangeable,
    propagation,
    hostPath: hostPathOf(mount),
  });
}

/** The host path that a mount reaches, without `.`, `..` and doubled slashes; empty where there is none. */
function hostPathOf({ kind, source, device }: LaunchMount): string {
  const path = device !== "" ? device : kind === "bind" ? source : "";
  if (!path.startsWith("/")) return "";
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}

/** Integers must be BigInt to be integers in CEL. What is no number counts as 0, which means "no limit". */
function whole(number: number): bigint {
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n;
}

function plainValue(value: unknown): CelValue {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return celList(value.filter((item) => typeof item === "string"));
  return "";
}
