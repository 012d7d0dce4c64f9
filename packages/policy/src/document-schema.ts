import { isDigest, severities } from "@pratique/core";
import { z } from "zod";
import { assessmentCodes } from "./assessment-codes.ts";
import { MAX_EXPRESSION_LENGTH } from "./cel/expression.ts";

const MAX_NAME_LENGTH = 100;
const MAX_TEXT_LENGTH = 2000;
const MAX_LIST_LENGTH = 500;

/** More rules than this in one policy are more than anybody reads. */
const MAX_RULES = 500;

const name = z
  .string()
  .max(MAX_NAME_LENGTH)
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/u, "expected lower-case letters, digits, dots and dashes");
const text = z.string().max(MAX_TEXT_LENGTH);
const expression = z.string().min(1).max(MAX_EXPRESSION_LENGTH);
const words = z.array(z.string().min(1).max(MAX_TEXT_LENGTH)).max(MAX_LIST_LENGTH);
const someWords = words.min(1);
const enforcement = z.enum(["enforce", "warn", "dry-run"]);
const stage = z.enum(["build", "launch"]);
const metadata = z.strictObject({ name, description: text.optional() });
const header = { apiVersion: z.literal("pratique/v1"), metadata };

const rule = z
  .strictObject({
    name,
    description: text.optional(),
    stages: z.array(stage).min(1).max(2).optional(),
    enforcement: enforcement.optional(),
    onRestart: enforcement.optional(),
    when: expression.optional(),
    forEach: z.record(z.string(), expression).optional(),
    deny: expression,
    max: z.int().min(0).max(1_000_000).optional(),
    message: text.min(1),
    value: text.min(1),
    fix: text.min(1),
  })
  .refine(({ max, forEach }) => max === undefined || forEach !== undefined, {
    path: ["max"],
    message: '"max" counts items, so it needs "forEach"',
  });

const policy = z.strictObject({
  ...header,
  kind: z.literal("Policy"),
  spec: z.strictObject({ when: expression.optional(), rules: z.array(rule).min(1).max(MAX_RULES) }),
});

const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: "expected a date, 2027-01-31, or a moment, 2027-01-31T12:00:00Z",
});
const digest = z.string().refine(isDigest, "expected sha256: and 64 hexadecimal digits");

const exception = z.strictObject({
  ...header,
  kind: z.literal("Exception"),
  spec: z.strictObject({
    rules: someWords,
    // Without a scope it would lift the rule everywhere, by an oversight.
    scope: z
      .strictObject({
        images: someWords.optional(),
        digests: z.array(digest).min(1).max(MAX_LIST_LENGTH).optional(),
        vulnerabilities: someWords.optional(),
        hosts: someWords.optional(),
      })
      .refine(
        (scope) => Object.keys(scope).length > 0,
        "expected at least one of images, digests, vulnerabilities, hosts",
      ),
    reason: text.min(1),
    owner: text.min(1),
    expires: moment,
  }),
});

const labels = z.record(z.string(), z.string());

const findingOverride = z.strictObject({
  id: z.string(),
  aliases: words.optional(),
  package: z.string().optional(),
  version: z.string().optional(),
  type: z.enum(["deb", "apk", "npm", "pypi"]).optional(),
  severity: z.enum(severities).optional(),
  status: z
    .enum(["fixed", "affected", "will-not-fix", "fix-deferred", "under-investigation", "end-of-life"])
    .optional(),
  fixedVersion: z.string().optional(),
  knownExploited: z.boolean().optional(),
  epss: z.number().min(0).max(1).optional(),
  confidence: z.enum(["high", "low"]).optional(),
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
});

const confinement = z.enum(["default", "unconfined", "custom"]);

const mountOverride = z.strictObject({
  kind: z.enum(["bind", "volume", "tmpfs", "image", "cluster", "npipe", "other"]).optional(),
  source: z.string().optional(),
  target: z.string().optional(),
  readOnly: z.boolean().optional(),
  device: z.string().optional(),
  engineSocket: z.boolean().optional(),
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

const policyTest = z.strictObject({
  ...header,
  kind: z.literal("PolicyTest"),
  spec: z.strictObject({ ...situation, cases: z.array(testCase).min(1).max(MAX_LIST_LENGTH) }),
});

/** The three kinds of documents. */
export const schemas = { Policy: policy, Exception: exception, PolicyTest: policyTest } as const;

export type PolicyBody = z.infer<typeof policy>;
export type ExceptionBody = z.infer<typeof exception>;
export type PolicyTestBody = z.infer<typeof policyTest>;
export type RuleBody = z.infer<typeof rule>;
export type Situation = Pick<z.infer<typeof testCase>, keyof typeof situation>;
export type TestCaseBody = z.infer<typeof testCase>;
