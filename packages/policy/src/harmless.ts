import type { Host, Launch } from "@pratique/core";
import type { ImageFacts } from "./image-facts.ts";

/** What policy tests start from: a fully assessed image without findings that does not run as root. */
export const HARMLESS_IMAGE: ImageFacts = {
  reference: "registry.example/app:1",
  distro: { id: "debian", version: "12.5" },
  user: "1000",
  rootAccounts: [],
  labels: {},
  packageCount: 1,
  assessment: { state: "complete", reasons: [], advisories: [] },
  findings: [],
  suppressedCount: 0,
  secrets: [],
  licenses: [],
  scannedAt: "2026-01-01T00:00:00Z",
};

/** A first start that asks nothing of the host. */
export const HARMLESS_LAUNCH: Launch = {
  action: "start",
  name: "app",
  containerId: "",
  image: "registry.example/app:1",
  user: "1000",
  runsAsRoot: false,
  privileged: false,
  capAdd: [],
  capDrop: [],
  readOnlyRoot: true,
  hostNamespaces: [],
  joinedContainers: [],
  joinedPrivileged: [],
  mounts: [],
  volumesFrom: [],
  devices: [],
  deviceCgroupRules: [],
  deviceRequests: [],
  seccomp: "default",
  apparmor: "default",
  selinuxDisabled: false,
  noNewPrivileges: true,
  unmaskedPaths: false,
  sysctls: {},
  ports: [],
  publishAllPorts: false,
  groupAdd: [],
  runtime: "",
  cgroupParent: "",
  restartPolicy: "",
  memoryLimitBytes: 268_435_456,
  pidsLimit: 100,
  cpuLimit: 1,
  entrypoint: [],
  command: [],
  environmentNames: [],
  labels: {},
  caller: "",
  ranBefore: false,
};

export const HARMLESS_HOST: Host = { name: "host", labels: {}, kernel: "", engineVersion: "" };
