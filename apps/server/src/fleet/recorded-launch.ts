import type { Host, Launch } from "@pratique/core";
import { z } from "zod";

const text = z.string();
const texts = z.array(text);
const words = z.record(text, text);
const confinement = z.enum(["default", "unconfined", "custom"]);

/** A launch as core declares it and as gates record it. Records come from hosts: what is not in this form is none. */
const launch: z.ZodType<Launch> = z.object({
  action: z.enum(["create", "start", "exec", "service"]),
  name: text,
  containerId: text,
  image: text,
  user: text,
  runsAsRoot: z.boolean(),
  privileged: z.boolean(),
  capAdd: texts,
  capDrop: texts,
  readOnlyRoot: z.boolean(),
  hostNamespaces: texts,
  joinedContainers: texts,
  // It is missing from records from before gates looked.
  joinedPrivileged: texts.default([]),
  mounts: z.array(
    z.object({
      kind: z.enum(["bind", "volume", "tmpfs", "image", "cluster", "npipe", "other"]),
      source: text,
      target: text,
      readOnly: z.boolean(),
      device: text,
      engineSocket: z.boolean(),
      // It is missing from records from before gates looked.
      exchangeable: z.boolean().default(false),
      propagation: text,
    }),
  ),
  volumesFrom: texts,
  devices: texts,
  deviceCgroupRules: texts,
  deviceRequests: texts,
  seccomp: confinement,
  apparmor: confinement,
  selinuxDisabled: z.boolean(),
  noNewPrivileges: z.boolean(),
  unmaskedPaths: z.boolean(),
  sysctls: words,
  ports: z.array(z.object({ hostIp: text, hostPort: z.number(), containerPort: z.number(), protocol: text })),
  publishAllPorts: z.boolean(),
  groupAdd: texts,
  runtime: text,
  cgroupParent: text,
  restartPolicy: text,
  memoryLimitBytes: z.number(),
  pidsLimit: z.number(),
  cpuLimit: z.number(),
  entrypoint: texts,
  command: texts,
  environmentNames: texts,
  labels: words,
  caller: text,
  ranBefore: z.boolean(),
});

const host: z.ZodType<Host> = z.object({ name: text, labels: words, kernel: text, engineVersion: text });

/** What of a record is needed to judge its launch anew. */
export const recordedLaunch = z.object({ launch, host, decidedAt: z.iso.datetime() });
