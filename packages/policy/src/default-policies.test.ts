import type { AssessmentCode, AssessmentState, Launch, LaunchMount, Verdict } from "@pratique/core";
import { expect, it } from "vitest";
import { defaultPolicies } from "./default-policies.ts";
import { evaluate } from "./evaluate.ts";
import { HARMLESS_HOST, HARMLESS_IMAGE, HARMLESS_LAUNCH } from "./harmless.ts";
import type { FindingFacts, ImageFacts } from "./image-facts.ts";
import { lint } from "./lint.ts";
import { loadPolicies } from "./policy-set.ts";
import { finding } from "./testdata/documents.ts";

const set = loadPolicies(defaultPolicies);
const now = new Date("2026-06-01T00:00:00Z");

function launchVerdict(change: Partial<Launch>, image: ImageFacts | undefined = HARMLESS_IMAGE): Verdict {
  const launch = { ...HARMLESS_LAUNCH, ...change };
  return evaluate(set, { stage: "launch", image, launch, host: HARMLESS_HOST, now });
}

function buildVerdict(change: Partial<ImageFacts>): Verdict {
  return evaluate(set, { stage: "build", image: { ...HARMLESS_IMAGE, ...change }, now });
}

function said(verdict: Verdict): readonly string[] {
  return verdict.violations.map(({ rule, enforcement }) => `${enforcement} ${rule}`);
}

function mount(change: Partial<LaunchMount>): Partial<Launch> {
  const plain: LaunchMount = {
    kind: "bind",
    source: "/srv/data",
    target: "/data",
    readOnly: false,
    device: "",
    engineSocket: false,
    exchangeable: false,
    propagation: "rprivate",
  };
  return { mounts: [{ ...plain, ...change }] };
}

it("has no errors and no warnings", () => {
  expect(lint(defaultPolicies, { now })).toEqual([]);
});

it("lets a harmless launch pass without a word", () => {
  expect(launchVerdict({})).toMatchObject({ decision: "allow", violations: [] });
  expect(buildVerdict({})).toMatchObject({ decision: "allow", violations: [] });
});

it.each([
  ["/usr/share/zoneinfo/Etc/UTC", "mount it read-only (:ro)"],
  ["/etc/ssl/certs", "mount it read-only (:ro)"],
  ["/etc", "mount the one directory that is needed"],
  ["/", "mount the one directory that is needed"],
])("says of a mount of %s how it would pass", (source, fix) => {
  expect(launchVerdict(mount({ source })).violations).toMatchObject([{ fix: expect.stringContaining(fix) }]);
});

it.each<[string, Partial<Launch>, readonly string[]]>([
  ["root by silence", { user: "", runsAsRoot: true }, ["enforce no-root-user"]],
  ["privileged", { privileged: true }, ["enforce no-privileged"]],
  ["the host's processes", { hostNamespaces: ["pid"] }, ["enforce no-host-namespaces"]],
  ["the host's shared memory", { hostNamespaces: ["ipc"] }, ["enforce no-host-namespaces"]],
  ["the host's network", { hostNamespaces: ["network"] }, ["enforce no-host-namespaces"]],
  ["the host's name", { hostNamespaces: ["uts"] }, ["enforce no-host-namespaces"]],
  ["the host's users", { hostNamespaces: ["user"] }, ["enforce no-host-namespaces"]],
  ["the host's cgroups", { hostNamespaces: ["cgroup"] }, ["enforce no-host-namespaces"]],
  [
    "the engine's socket",
    mount({ source: "/run/docker.sock", engineSocket: true }),
    ["enforce no-engine-socket"],
  ],
  ["shared propagation", mount({ propagation: "rshared" }), ["enforce no-shared-propagation"]],
  ["every capability", { capAdd: ["ALL"] }, ["enforce no-dangerous-capabilities", "warn few-capabilities"]],
  ["network administration", { capAdd: ["NET_ADMIN"] }, ["warn few-capabilities"]],
  ["no seccomp", { seccomp: "unconfined" }, ["enforce no-unconfined"]],
  ["no AppArmor", { apparmor: "unconfined" }, ["enforce no-unconfined"]],
  ["no SELinux", { selinuxDisabled: true }, ["enforce no-unconfined"]],
  ["unmasked paths", { unmaskedPaths: true }, ["enforce no-unconfined"]],
  ["its own seccomp profile", { seccomp: "custom" }, ["warn custom-seccomp"]],
  ["a device", { devices: ["/dev/sda"] }, ["enforce no-devices"]],
  ["a device cgroup rule", { deviceCgroupRules: ["a *:* rwm"] }, ["enforce no-devices"]],
  ["a GPU", { deviceRequests: ["gpu"] }, ["warn device-requests"]],
  ["another container's network", { joinedContainers: ["other"] }, ["warn joined-containers"]],
  [
    "a privileged container's processes",
    { joinedContainers: ["other"], joinedPrivileged: ["other"] },
    ["enforce no-joined-privileged", "warn joined-containers"],
  ],
  ["another container's volumes", { volumesFrom: ["other"] }, ["warn joined-containers"]],
  ["raised privileges", { noNewPrivileges: false }, ["dry-run no-new-privileges"]],
  ["a writable root", { readOnlyRoot: false }, ["dry-run read-only-root"]],
  ["all memory", { memoryLimitBytes: 0 }, ["dry-run resource-limits"]],
  ["all processes", { pidsLimit: 0 }, ["dry-run resource-limits"]],
])("speaks of %s", (_, change, expected) => {
  const verdict = launchVerdict(change);
  expect(said(verdict)).toEqual(expected);
  expect(verdict.decision).toBe(expected.some((text) => text.startsWith("enforce")) ? "deny" : "allow");
});

it.each<[string, Partial<Launch>, string]>([
  ["a privileged container", { selinuxDisabled: true }, "SELinux off"],
  ["two options", { seccomp: "unconfined", unmaskedPaths: true }, "seccomp off, /proc and /sys unmasked"],
  ["AppArmor", { apparmor: "unconfined" }, "AppArmor off"],
])("names what is off, and nothing that is on: %s", (_, change, value) => {
  expect(launchVerdict(change).violations).toMatchObject([{ rule: "no-unconfined", value }]);
});

it.each(["SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF", "PERFMON", "ALL"])(
  "refuses the capability %s",
  (name) => {
    expect(launchVerdict({ capAdd: ["CHOWN", name] }).violations[0]).toMatchObject({
      rule: "no-dangerous-capabilities",
      value: name,
    });
  },
);

it("lets the engine's default capabilities pass", () => {
  expect(said(launchVerdict({ capAdd: ["CHOWN", "NET_BIND_SERVICE", "SETUID"] }))).toEqual([]);
});

it.each<[string, Partial<LaunchMount>]>([
  ["the root", { source: "/" }],
  ["a parent of the engine's data", { source: "/var" }],
  ["a parent, one level up", { source: "/var/lib" }],
  ["the engine's data", { source: "/var/lib/docker" }],
  ["a volume's directory", { source: "/var/lib/docker/volumes/x/_data" }],
  ["passwords", { source: "/etc/shadow", readOnly: true }],
  ["a detour", { source: "/srv/../etc//./shadow" }],
  ["more steps up than there are", { source: "/../../etc" }],
  ["a slash at the end", { source: "/etc/" }],
  ["processes", { source: "/proc", readOnly: true }],
  ["the kernel's switches", { source: "/sys/kernel" }],
  ["devices", { source: "/dev" }],
  ["the boot files", { source: "/boot" }],
  ["root's home", { source: "/root/.ssh" }],
  ["everybody's home", { source: "/home" }],
  ["a home with its keys", { source: "/home/ada", readOnly: true }],
  ["the keys of a home", { source: "/home/ada/.ssh", readOnly: true }],
  ["one of these keys", { source: "/home/ada/.ssh/authorized_keys" }],
  ["what systemd keeps", { source: "/var/lib/systemd", readOnly: true }],
  ["what the cloud told the host", { source: "/var/lib/cloud/instance/user-data.txt", readOnly: true }],
  ["root's home itself", { source: "/root", readOnly: true }],
  ["what cron runs", { source: "/var/spool/cron/crontabs", readOnly: true }],
  ["kernel modules, to be written", { source: "/lib/modules" }],
  ["local programs, to be written", { source: "/usr/local" }],
  ["more programs, to be written", { source: "/opt/tool/bin" }],
  ["snaps, to be written", { source: "/snap" }],
  ["the run directory", { source: "/var/run" }],
  ["our own data", { source: "/var/lib/pratique" }],
  ["a volume whose driver binds a directory", { kind: "volume", source: "vol", device: "/etc" }],
  ["programs, to be written", { source: "/usr/local/bin" }],
  ["certificates, to be written", { source: "/etc/ssl/certs" }],
])("refuses a mount of %s", (_, change) => {
  expect(said(launchVerdict(mount(change)))).toEqual(["enforce no-sensitive-mounts"]);
});

it.each<[string, Partial<LaunchMount>]>([
  ["a directory of one's own", { source: "/srv/data" }],
  ["a name that only begins alike", { source: "/etcetera" }],
  ["a project at home", { source: "/home/ada/project" }],
  ["a name that only begins like keys", { source: "/home/ada/.sshd" }],
  ["more programs, to be read", { source: "/opt/tool", readOnly: true }],
  ["snaps, to be read", { source: "/snap/core", readOnly: true }],
  ["the time zone, to be read", { source: "/etc/localtime", readOnly: true }],
  ["certificates, to be read", { source: "/etc/ssl/certs", readOnly: true }],
  ["kernel modules, to be read", { source: "/lib/modules", readOnly: true }],
  ["a named volume", { kind: "volume", source: "etc" }],
  ["memory", { kind: "tmpfs", source: "", target: "/etc" }],
])("lets pass a mount of %s", (_, change) => {
  expect(said(launchVerdict(mount(change)))).toEqual([]);
});

it.each<[string, Partial<FindingFacts>, readonly string[]]>([
  ["a fixable critical", {}, ["enforce no-fixable-critical"]],
  ["a critical without a fix", { status: "affected", fixedVersion: "" }, []],
  ["a critical that is only guessed", { confidence: "low" }, []],
  ["a critical of the kernel's headers", { package: "linux-libc-dev" }, []],
  ["a fixable high", { severity: "high" }, ["warn no-fixable-high"]],
  ["a medium", { severity: "medium" }, []],
  ["a known exploited low", { severity: "low", knownExploited: true }, ["enforce no-known-exploited"]],
  [
    "a known exploited one without a fix",
    { severity: "medium", knownExploited: true, status: "affected", fixedVersion: "" },
    ["enforce no-known-exploited"],
  ],
  [
    "a known exploited one that is only guessed",
    { severity: "low", knownExploited: true, confidence: "low" },
    [],
  ],
])("judges %s at both stages", (_, facts, expected) => {
  const findings = [finding(facts)];
  expect(said(buildVerdict({ findings }))).toEqual(expected);
  expect(said(launchVerdict({}, { ...HARMLESS_IMAGE, findings }))).toEqual(expected);
});

it.each<[AssessmentState, readonly AssessmentCode[], readonly string[]]>([
  ["complete", [], []],
  ["none", [], ["enforce assessed"]],
  ["none", ["DISTRO_UNSUPPORTED"], ["enforce assessed"]],
  ["none", ["ADVISORIES_STARTER_ONLY"], ["enforce assessed", "warn advisories-fresh"]],
  ["partial", [], ["enforce assessed"]],
  ["partial", ["PACKAGE_DATABASE_UNREADABLE"], ["enforce assessed"]],
  ["partial", ["ADVISORIES_STARTER_ONLY"], ["warn advisories-fresh"]],
  ["partial", ["ADVISORIES_STALE", "ADVISORIES_STARTER_ONLY"], ["warn advisories-fresh"]],
  ["partial", ["DISTRO_END_OF_LIFE"], ["warn distro-supported"]],
  ["partial", ["DISTRO_END_OF_LIFE", "ADVISORIES_MISSING"], ["enforce assessed", "warn distro-supported"]],
  ["partial", ["ADVISORIES_STARTER_ONLY", "ADVISORIES_MISSING"], ["warn advisories-fresh"]],
  ["partial", ["ADVISORIES_MISSING"], ["enforce assessed"]],
  ["partial", ["ADVISORIES_MISSING", "ADVISORIES_STALE"], ["enforce assessed", "warn advisories-fresh"]],
  ["none", ["ADVISORIES_MISSING", "ADVISORIES_STARTER_ONLY"], ["enforce assessed", "warn advisories-fresh"]],
  ["partial", ["ADVISORIES_STALE", "VERSION_UNPARSED"], ["enforce assessed", "warn advisories-fresh"]],
])("judges an assessment that is %s for %j", (state, codes, expected) => {
  const reasons = codes.map((code) => ({ code, message: "reason" }));
  const assessment = { state, reasons, advisories: [] };
  expect(said(buildVerdict({ assessment }))).toEqual(expected);
  expect(said(launchVerdict({}, { ...HARMLESS_IMAGE, assessment }))).toEqual(expected);
});

it("refuses an image of which nothing is known, and says how to mend it", () => {
  const verdict = evaluate(set, {
    stage: "launch",
    image: undefined,
    launch: { ...HARMLESS_LAUNCH, image: "nginx:1.27" },
    host: HARMLESS_HOST,
    now,
  });
  expect(verdict.decision).toBe("deny");
  expect(verdict.assessment.state).toBe("none");
  expect(verdict.violations).toEqual([
    {
      policy: "images",
      rule: "assessed",
      enforcement: "enforce",
      message: "the image could not be fully assessed",
      value: "the image has not been scanned",
      fix: "scan the image: pratique image scan nginx:1.27",
    },
  ]);
});

it("says of what an image could not be judged by, what keeps it out", () => {
  const reasons = [
    { code: "ADVISORIES_STALE", message: "advisories of Debian are 9 days old" },
    { code: "ADVISORIES_MISSING", message: 'no advisories for "npm": 3 packages are unassessed' },
  ] as const;
  const image = { ...HARMLESS_IMAGE, assessment: { state: "partial", reasons, advisories: [] } } as const;
  expect(launchVerdict({}, image).violations.find(({ rule }) => rule === "assessed")?.value).toBe(
    'assessment partial: ADVISORIES_STALE, ADVISORIES_MISSING; no advisories for "npm": 3 packages are unassessed',
  );
});

it.each([
  ["", [], ["warn image-user"]],
  ["root", [], ["warn image-user"]],
  ["0:0", [], ["warn image-user"]],
  ["toor", ["toor"], ["warn image-user"]],
  ["1000:0", [], []],
  ["app", ["toor"], []],
])("warns at the build stage of the user %j", (user, rootAccounts, expected) => {
  expect(said(buildVerdict({ user, rootAccounts }))).toEqual(expected);
});

it("judges a root image by the user that the launch chooses", () => {
  const image = { ...HARMLESS_IMAGE, user: "" };
  expect(launchVerdict({ user: "", runsAsRoot: true }, image).decision).toBe("deny");
  expect(launchVerdict({ user: "1000" }, image).decision).toBe("allow");
});

it("asks of a command in a running container only what the command brings", () => {
  const bad = { ...HARMLESS_IMAGE, findings: [finding()] };
  const inside = { action: "exec", ranBefore: true, hostNamespaces: ["pid"], devices: ["/dev/sda"] } as const;
  expect(said(launchVerdict({ ...inside, runsAsRoot: true }, bad))).toEqual(["dry-run root-exec"]);
  expect(launchVerdict({ ...inside, privileged: true }, bad)).toMatchObject({
    decision: "deny",
    violations: [{ rule: "no-privileged-exec" }],
  });
});

it("does not lock out what already ran", () => {
  const bad = { ...HARMLESS_IMAGE, findings: [finding({ knownExploited: true })] };
  const verdict = launchVerdict({ ranBefore: true, privileged: true, runsAsRoot: true }, bad);
  expect(verdict.decision).toBe("allow");
  expect(said(verdict)).toEqual([
    "warn no-known-exploited",
    "warn no-fixable-critical",
    "warn no-root-user",
    "warn no-privileged",
  ]);
});

it.each<[string, Partial<LaunchMount>, readonly string[]]>([
  ["a sensitive directory", { source: "/etc" }, ["enforce no-sensitive-mounts"]],
  ["an engine's socket", { source: "/run/x.sock", engineSocket: true }, ["enforce no-engine-socket"]],
  ["propagation, which its making fixed", { propagation: "shared" }, ["warn no-shared-propagation"]],
])("judges at a restart what a mount has come to lead to: %s", (_, change, expected) => {
  const verdict = launchVerdict({ ...mount(change), ranBefore: true });
  expect(said(verdict)).toEqual(expected);
  expect(verdict.decision).toBe(expected.some((text) => text.startsWith("enforce")) ? "deny" : "allow");
});
