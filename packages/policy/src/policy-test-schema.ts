import {
  assessmentCodes,
  licenseCategories,
  packageTypes,
  secretCategories,
  secretPlaces,
  severities,
} from "@pratique/core";
import { z } from "zod";
import { MAX_PACKAGES_NAMED } from "./image-facts.ts";
import { digest, header, MAX_LIST_LENGTH, MAX_TEXT_LENGTH, moment, stage, words } from "./schema-parts.ts";

const labels = z.record(z.string(), z.string());

const findingOverride = z.strictObject({
  id: z.string(),
  aliases: words.optional(),
  package: z.string().optional(),
  version: z.string().optional(),
  type: z.enum(packageTypes).optional(),
  severity: z.enum(severities).optional(),
  status: z
    .enum(["fixed", "affected", "will-not-fix", "fix-deferred", "under-investigation", "end-of-life"])
    .optional(),
  fixedVersion: z.string().optional(),
  knownExploited: z.boolean().optional(),
  epss: z.number().min(0).max(1).optional(),
  confidence: z.enum(["high", "low"]).optional(),
});

const secretOverride = z.strictObject({
  rule: z.string(),
  title: z.string().optional(),
  category: z.enum(secretCategories).optional(),
  severity: z.enum(severities).optional(),
  confidence: z.enum(["high", "low"]).optional(),
  where: z.enum(secretPlaces).optional(),
  path: z.string().optional(),
  line: z.int().min(0).optional(),
  layer: digest.optional(),
  deleted: z.literal(true).optional(),
  match: z.string().optional(),
  fingerprint: z.string().optional(),
});

const licenseOverride = z.strictObject({
  id: z.string(),
  category: z.enum(licenseCategories).optional(),
  severity: z.enum(severities).optional(),
  packages: z.array(z.string()).max(MAX_PACKAGES_NAMED).optional(),
  packageCount: z.int().min(0).optional(),
});

const reasonCode = z.enum(assessmentCodes);

const imageOverride = z.strictObject({
  reference: z.string().optional(),
  imageId: digest.optional(),
  digest: digest.optional(),
  distro: z.strictObject({ id: z.string(), version: z.string() }).optional(),
  user: z.string().optional(),
  rootAccounts: words.optional(),
  created: z.string().optional(),
  labels: labels.optional(),
  assessment: z
    .strictObject({ state: z.enum(["complete", "partial", "none"]), codes: z.array(reasonCode).optional() })
    .optional(),
  findings: z.array(findingOverride).max(MAX_LIST_LENGTH).optional(),
  secrets: z.union([z.array(secretOverride).max(MAX_LIST_LENGTH), z.literal("not-looked")]).optional(),
  licenses: z.union([z.array(licenseOverride).max(MAX_LIST_LENGTH), z.literal("not-looked")]).optional(),
});

const confinement = z.enum(["default", "unconfined", "custom"]);

const mountOverride = z.strictObject({
  kind: z.enum(["bind", "volume", "tmpfs", "image", "cluster", "npipe", "other"]).optional(),
  source: z.string().optional(),
  target: z.string().optional(),
  readOnly: z.boolean().optional(),
  device: z.string().optional(),
  engineSocket: z.boolean().optional(),
  exchangeable: z.boolean().optional(),
  propagation: z.string().optional(),
});

const portOverride = z.strictObject({
  hostIp: z.string().optional(),
  hostPort: z.int().optional(),
  containerPort: z.int().optional(),
  protocol: z.string().optional(),
});

const launchOverride = z
  .strictObject({
    action: z.enum(["create", "start", "exec", "service"]),
    name: z.string(),
    image: z.string(),
    user: z.string(),
    runsAsRoot: z.boolean(),
    privileged: z.boolean(),
    capAdd: words,
    capDrop: words,
    readOnlyRoot: z.boolean(),
    hostNamespaces: z.array(z.enum(["pid", "ipc", "network", "uts", "user", "cgroup"])),
    joinedContainers: words,
    joinedPrivileged: words,
    mounts: z.array(mountOverride).max(MAX_LIST_LENGTH),
    volumesFrom: words,
    devices: words,
    deviceCgroupRules: words,
    deviceRequests: words,
    seccomp: confinement,
    apparmor: confinement,
    selinuxDisabled: z.boolean(),
    noNewPrivileges: z.boolean(),
    unmaskedPaths: z.boolean(),
    sysctls: labels,
    ports: z.array(portOverride).max(MAX_LIST_LENGTH),
    publishAllPorts: z.boolean(),
    groupAdd: words,
    runtime: z.string(),
    cgroupParent: z.string(),
    restartPolicy: z.string(),
    memoryLimitBytes: z.number(),
    pidsLimit: z.number(),
    cpuLimit: z.number(),
    entrypoint: words,
    command: words,
    environmentNames: words,
    labels,
    caller: z.string(),
    ranBefore: z.boolean(),
  })
  .partial();

const hostOverride = z
  .strictObject({ name: z.string(), labels, kernel: z.string(), engineVersion: z.string() })
  .partial();

const situation = {
  image: z.union([imageOverride, z.literal("unknown")]).optional(),
  launch: launchOverride.optional(),
  host: hostOverride.optional(),
  now: moment.optional(),
};

const testCase = z.strictObject({
  name: z.string().min(1).max(MAX_TEXT_LENGTH),
  stage: stage.optional(),
  ...situation,
  expect: z.strictObject({
    decision: z.enum(["allow", "deny"]),
    denies: words.optional(),
    warns: words.optional(),
    waived: words.optional(),
  }),
});

/** `kind: PolicyTest`: every field but a few is what a case changes of a harmless situation. */
export const policyTest = z.strictObject({
  ...header,
  kind: z.literal("PolicyTest"),
  spec: z.strictObject({ ...situation, cases: z.array(testCase).min(1).max(MAX_LIST_LENGTH) }),
});

/** What a case is about. */
export type Situation = Pick<z.infer<typeof testCase>, keyof typeof situation>;
export type TestCaseBody = z.infer<typeof testCase>;
