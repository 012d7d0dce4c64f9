import {
  assessmentCodes,
  licenseCategories,
  packageTypes,
  secretCategories,
  secretPlaces,
  severities,
} from "@pratique/core";
import { BOOL, DOUBLE, INT, listOf, mapOf, oneOf, STRING, TIMESTAMP, type Type } from "./cel-type.ts";

const STRINGS = listOf(STRING);

/** One finding of the image. */
export const FINDING: Type = {
  kind: "object",
  name: "finding",
  fields: {
    id: STRING,
    aliases: STRINGS,
    package: STRING,
    version: STRING,
    type: oneOf(...packageTypes, ""),
    severity: { kind: "string", words: severities, unordered: true },
    status: oneOf("fixed", "affected", "will-not-fix", "fix-deferred", "under-investigation", "end-of-life"),
    fixedVersion: STRING,
    fixable: BOOL,
    knownExploited: BOOL,
    epss: DOUBLE,
    confidence: oneOf("high", "low"),
    source: STRING,
    advisory: STRING,
  },
};

/** One secret that lies in the image. */
export const SECRET: Type = {
  kind: "object",
  name: "secret",
  fields: {
    rule: STRING,
    title: STRING,
    category: oneOf(...secretCategories, ""),
    severity: { kind: "string", words: severities, unordered: true },
    confidence: oneOf("high", "low"),
    where: oneOf(...secretPlaces),
    path: STRING,
    line: INT,
    layer: STRING,
    deleted: BOOL,
    match: STRING,
    fingerprint: STRING,
  },
};

/** One licence that packages of the image have. */
export const LICENSE: Type = {
  kind: "object",
  name: "license",
  fields: {
    id: STRING,
    category: oneOf(...licenseCategories),
    severity: { kind: "string", words: severities, unordered: true },
    packages: STRINGS,
    packageCount: INT,
  },
};

const REASON: Type = {
  kind: "object",
  name: "reason",
  fields: { code: STRING, message: STRING, path: STRING },
};

const ADVISORY_SOURCE: Type = {
  kind: "object",
  name: "advisory source",
  fields: { source: STRING, builtAt: STRING, stale: BOOL, coverage: oneOf("full", "starter") },
};

const ASSESSMENT_CODE = oneOf(...assessmentCodes);

const IMAGE: Type = {
  kind: "object",
  name: "image",
  fields: {
    known: BOOL,
    reference: STRING,
    registry: STRING,
    repository: STRING,
    tag: STRING,
    id: STRING,
    digest: STRING,
    platform: STRING,
    distro: { kind: "object", name: "image.distro", fields: { id: STRING, version: STRING } },
    user: STRING,
    runsAsRoot: BOOL,
    created: STRING,
    ageDays: INT,
    labels: mapOf(STRING),
    packageCount: INT,
    suppressedCount: INT,
    secrets: listOf(SECRET),
    secretsState: oneOf("found", "none", "not-looked"),
    licenses: listOf(LICENSE),
    licensesState: oneOf("found", "none", "not-looked"),
    scannedAt: STRING,
    assessment: {
      kind: "object",
      name: "image.assessment",
      fields: {
        state: oneOf("complete", "partial", "none"),
        codes: listOf(ASSESSMENT_CODE),
        reasons: listOf(REASON),
        advisories: listOf(ADVISORY_SOURCE),
      },
    },
  },
};

const MOUNT: Type = {
  kind: "object",
  name: "mount",
  fields: {
    kind: oneOf("bind", "volume", "tmpfs", "image", "cluster", "npipe", "other"),
    source: STRING,
    target: STRING,
    readOnly: BOOL,
    device: STRING,
    engineSocket: BOOL,
    exchangeable: BOOL,
    propagation: STRING,
    hostPath: STRING,
  },
};

const PORT: Type = {
  kind: "object",
  name: "port",
  fields: { hostIp: STRING, hostPort: INT, containerPort: INT, protocol: STRING },
};

const CONFINEMENT = oneOf("default", "unconfined", "custom");

const LAUNCH: Type = {
  kind: "object",
  name: "launch",
  fields: {
    action: oneOf("create", "start", "exec", "service"),
    name: STRING,
    containerId: STRING,
    image: STRING,
    user: STRING,
    runsAsRoot: BOOL,
    privileged: BOOL,
    capAdd: STRINGS,
    capDrop: STRINGS,
    readOnlyRoot: BOOL,
    hostNamespaces: listOf(oneOf("pid", "ipc", "network", "uts", "user", "cgroup")),
    joinedContainers: STRINGS,
    joinedPrivileged: STRINGS,
    mounts: listOf(MOUNT),
    volumesFrom: STRINGS,
    devices: STRINGS,
    deviceCgroupRules: STRINGS,
    deviceRequests: STRINGS,
    seccomp: CONFINEMENT,
    apparmor: CONFINEMENT,
    selinuxDisabled: BOOL,
    noNewPrivileges: BOOL,
    unmaskedPaths: BOOL,
    sysctls: mapOf(STRING),
    ports: listOf(PORT),
    publishAllPorts: BOOL,
    groupAdd: STRINGS,
    runtime: STRING,
    cgroupParent: STRING,
    restartPolicy: STRING,
    memoryLimitBytes: INT,
    pidsLimit: INT,
    cpuLimit: DOUBLE,
    entrypoint: STRINGS,
    command: STRINGS,
    environmentNames: STRINGS,
    labels: mapOf(STRING),
    caller: STRING,
    ranBefore: BOOL,
  },
};

const HOST: Type = {
  kind: "object",
  name: "host",
  fields: { name: STRING, labels: mapOf(STRING), kernel: STRING, engineVersion: STRING },
};

/** The variables that every condition may use. */
export const VARIABLES = {
  image: IMAGE,
  findings: listOf(FINDING),
  launch: LAUNCH,
  host: HOST,
  now: TIMESTAMP,
} as const satisfies Readonly<Record<string, Type>>;

/** Parts of the image that depend on the moment or on the launch; what reads them cannot be kept. */
export const VOLATILE_READS: ReadonlySet<string> = new Set([
  "image.reference",
  "image.registry",
  "image.repository",
  "image.tag",
  "image.ageDays",
]);
