import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  dockerRunFlags,
  formatCompose,
  formatNetworkPolicy,
  formatPodSpec,
  formatSeccomp,
} from "./export.ts";
import { hardeningOf } from "./hardening.ts";
import { item, pathItem } from "./item.ts";
import { Profile } from "./profile.ts";
import { image, letters, mergeProfiles } from "./testdata/arbitrary-profile.ts";
import { webServer } from "./testdata/web-server.ts";

const options = { name: "web", image: "nginx:1.27", seccompPath: "profiles/web.json" };
const capabilities = [
  "AUDIT_WRITE",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
];
const once = { first: 1, last: 1 };

/** A program that only computes, as the user 1000. */
function quiet(): Profile {
  const profile = new Profile(image);
  const sight = { systemCalls: "all", capabilities: "used" } as const;
  profile.learnFrom({ container: "c", host: "h", sight });
  profile.learn(item("user", "1000"), once);
  for (const call of ["read", "write", "mmap"]) profile.learn(item("syscall", call), once);
  return profile;
}

describe("flags of docker run", () => {
  it("are what a web server needs", () => {
    const words = [
      "--read-only --tmpfs /run",
      "--volume web-var-cache-nginx-proxy-temp:/var/cache/nginx/proxy_temp",
      "--volume web-var-log-nginx:/var/log/nginx --cap-drop ALL",
      ...capabilities.map((name) => `--cap-add ${name}`),
      "--security-opt no-new-privileges --security-opt seccomp=profiles/web.json",
    ];
    expect(dockerRunFlags(hardeningOf(webServer()), options)).toEqual(words.join(" ").split(" "));
  });

  it("leave next to nothing to a program that only computes", () => {
    const words =
      "--user 1000 --read-only --cap-drop ALL --security-opt no-new-privileges " +
      "--security-opt seccomp=profiles/web.json --network none";
    expect(dockerRunFlags(hardeningOf(quiet()), options)).toEqual(words.split(" "));
  });

  it("change nothing where nothing was learned, but for what every engine has", () => {
    const hardening = hardeningOf(new Profile(image));
    expect(dockerRunFlags(hardening, options)).toEqual(["--security-opt", "seccomp=profiles/web.json"]);
    expect(hardening.seccomp?.removed).toEqual([]);
  });
});

describe("documents", () => {
  it("have a service of Compose", () => {
    expect(formatCompose(hardeningOf(webServer()), options)).toBe(`# learned from ${image}
# seccomp: the engine's default, reduced; not every system call was seen
# mounted when it was learned, and to be mounted again: /data
services:
  web:
    image: "nginx:1.27"
    read_only: true
    tmpfs:
      - /run
    volumes:
      - "web-var-cache-nginx-proxy-temp:/var/cache/nginx/proxy_temp"
      - "web-var-log-nginx:/var/log/nginx"
    cap_drop:
      - ALL
    cap_add:
${capabilities.map((name) => `      - ${name}\n`).join("")}    security_opt:
      - "no-new-privileges:true"
      - "seccomp:profiles/web.json"
    expose:
      - "80/tcp"
volumes:
  web-var-cache-nginx-proxy-temp: {}
  web-var-log-nginx: {}
`);
  });

  it("have a container of a pod", () => {
    expect(parse(formatPodSpec(hardeningOf(webServer()), options))).toEqual({
      containers: [
        {
          name: "web",
          image: "nginx:1.27",
          securityContext: {
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"], add: capabilities },
            seccompProfile: { type: "Localhost", localhostProfile: "profiles/web.json" },
          },
          volumeMounts: [
            { name: "web-run", mountPath: "/run" },
            { name: "web-var-cache-nginx-proxy-temp", mountPath: "/var/cache/nginx/proxy_temp" },
            { name: "web-var-log-nginx", mountPath: "/var/log/nginx" },
          ],
        },
      ],
      volumes: [
        { name: "web-run", emptyDir: { medium: "Memory" } },
        { name: "web-var-cache-nginx-proxy-temp", emptyDir: {} },
        { name: "web-var-log-nginx", emptyDir: {} },
      ],
    });
  });

  it("have a NetworkPolicy, which says what it cannot say", () => {
    const text = formatNetworkPolicy(hardeningOf(webServer()), options);
    expect(parse(text)).toEqual({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "web" },
      spec: {
        podSelector: { matchLabels: { app: "web" } },
        policyTypes: ["Ingress", "Egress"],
        ingress: [{ ports: [{ protocol: "TCP", port: 80 }] }],
        egress: [
          {
            ports: [
              { protocol: "UDP", port: 53 },
              { protocol: "TCP", port: 53 },
            ],
          },
          { ports: [{ protocol: "TCP", port: 8443 }] },
          { to: [{ ipBlock: { cidr: "10.0.0.7/32" } }], ports: [{ protocol: "TCP", port: 5432 }] },
        ],
      },
    });
    expect(text).toContain("# for api.example.com: any address, since a NetworkPolicy knows no names\n");
  });

  it("refuse all traffic of what had none", () => {
    const policy = parse(formatNetworkPolicy(hardeningOf(quiet()), options));
    expect(policy.spec).toMatchObject({ ingress: [], egress: [] });
  });

  it("are the same bytes, whatever the order in which it was learned", () => {
    const [left, right] = [webServer(), quiet()];
    for (const format of [formatCompose, formatPodSpec, formatNetworkPolicy, formatSeccomp]) {
      const one = format(hardeningOf(mergeProfiles(left, right)), options);
      expect(format(hardeningOf(mergeProfiles(right, left)), options)).toBe(one);
    }
  });
});

describe("the root", () => {
  it("stays writable where programs or settings are written, with the reason", () => {
    const profile = webServer();
    profile.learn(pathItem("write", "/etc/nginx/conf.d/site.conf"), once);
    const hardening = hardeningOf(profile);
    expect(hardening).toMatchObject({ readOnlyRoot: false, tmpfs: [], volumes: [] });
    expect(hardening.advice.find(({ setting }) => setting === "read-only")).toMatchObject({
      value: "false",
      evidence: ["/etc/nginx/conf.d/site.conf"],
    });
  });

  it.each([
    ["a variable", "/srv/$HOME/file"],
    ["a list", "/srv/a,b/file"],
    ["an option", "/srv/a:ro/file"],
  ])("is read-only with a mount above a name that would be read as %s", (_name, written) => {
    const profile = webServer();
    profile.learn(pathItem("write", written), once);
    const { volumes, readOnlyRoot } = hardeningOf(profile);
    expect(volumes).toEqual(["/srv", "/var/cache/nginx/proxy_temp", "/var/log/nginx"]);
    expect(readOnlyRoot).toBe(true);
  });

  it("stays writable where such a name lies in it", () => {
    const profile = webServer();
    profile.learn(pathItem("write", "/data:ro/file"), once);
    const { advice, readOnlyRoot } = hardeningOf(profile);
    expect(readOnlyRoot).toBe(false);
    expect(advice.find(({ setting }) => setting === "read-only")?.evidence).toEqual(["/data:ro/file"]);
  });

  it("stays writable where too much was written to know it all", () => {
    const profile = webServer();
    for (let number = 0; number < 99; number += 1)
      profile.learn(pathItem("write", `/${letters(number)}/x`), once);
    expect(hardeningOf(profile)).toMatchObject({ readOnlyRoot: false, unknown: ["write"] });
  });
});

describe("capabilities", () => {
  it("are those that were used, where the source saw it", () => {
    const { capAdd } = hardeningOf(webServer({ systemCalls: "some", capabilities: "used" }));
    expect(capAdd).toEqual(["NET_BIND_SERVICE", "SETGID", "SETUID"]);
  });

  it("are left as they are where there were too many users to know", () => {
    const profile = webServer();
    for (let uid = 0; uid < 50; uid += 1) profile.learn(item("user", String(uid)), once);
    expect(hardeningOf(profile)).toMatchObject({ capDrop: [], capAdd: [], noNewPrivileges: false });
  });
});

describe("seccomp", () => {
  const rules = (profile: Profile) => hardeningOf(profile).seccomp?.profile.syscalls ?? [];
  const allowed = (profile: Profile) =>
    new Set(rules(profile).flatMap(({ names, action }) => (action === "SCMP_ACT_ALLOW" ? names : [])));

  it("is the engine's default without what is dangerous, where the source saw some calls only", () => {
    const { seccomp } = hardeningOf(webServer());
    expect(seccomp?.basis).toBe("reduced");
    expect(seccomp?.removed).toEqual([
      "chroot",
      "memfd_create",
      "mknod",
      "mknodat",
      "process_vm_readv",
      "process_vm_writev",
      "ptrace",
    ]);
    expect(seccomp?.explanation).toContain("no list of what the container calls");
    expect(allowed(webServer()).has("futex")).toBe(true);
  });

  it("keeps a dangerous call that was seen", () => {
    const profile = webServer();
    profile.learn(item("syscall", "ptrace"), once);
    profile.learn(item("syscall", "mount"), once);
    expect(allowed(profile).has("ptrace")).toBe(true);
    expect(hardeningOf(profile).seccomp?.added).toEqual(["mount"]);
  });

  it("is what was seen and what starts a container, where the source saw all calls", () => {
    const { seccomp } = hardeningOf(quiet());
    expect(seccomp?.basis).toBe("learned");
    expect(seccomp?.profile.defaultAction).toBe("SCMP_ACT_ERRNO");
    const calls = allowed(quiet());
    expect(["mmap", "execve", "capset"].filter((name) => !calls.has(name))).toEqual([]);
    expect(["socket", "ptrace", "unlink", "personality"].filter((name) => calls.has(name))).toEqual([]);
  });

  it("is the least of what its sources saw", () => {
    expect(hardeningOf(mergeProfiles(quiet(), webServer())).seccomp?.basis).toBe("reduced");
  });

  it("is the engine's default where there were too many calls", () => {
    const profile = quiet();
    for (let number = 0; number < 600; number += 1) profile.learn(item("syscall", letters(number)), once);
    expect(hardeningOf(profile).seccomp).toMatchObject({ basis: "reduced", removed: [] });
  });

  it("gives new namespaces to nobody but administrators", () => {
    const clone = (profile: Profile) => rules(profile).filter(({ names }) => names.includes("clone"));
    expect(clone(webServer())).toMatchObject([{ args: [{ value: 0x7e020000, op: "SCMP_CMP_MASKED_EQ" }] }]);
    expect(rules(webServer())).toContainEqual(expect.objectContaining({ names: ["clone3"], errnoRet: 38 }));
    const administrator = webServer();
    administrator.learn(item("capability", "SYS_ADMIN"), once);
    expect(clone(administrator)).toMatchObject([{ names: ["clone", "clone3"], action: "SCMP_ACT_ALLOW" }]);
  });

  it("lets no 32-bit program run unless one was seen", () => {
    const architectures = (profile: Profile) => hardeningOf(profile).seccomp?.profile.architectures;
    expect(architectures(webServer())).toEqual(["SCMP_ARCH_X86_64"]);
    const old = webServer();
    old.learn(item("syscall", "@32-bit"), once);
    expect(architectures(old)).toEqual(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]);
  });

  it("takes no name that is none", () => {
    const profile = quiet();
    profile.learn(item("syscall", 'read", "ptrace'), once);
    expect([...allowed(profile)].filter((name) => /[^a-z0-9_]/u.test(name))).toEqual([]);
  });

  it("is not written for a machine that has none", () => {
    expect(hardeningOf(quiet(), { architecture: "pdp11" }).seccomp).toBeUndefined();
  });
});

it("gives each advice its evidence", () => {
  const { advice } = hardeningOf(webServer());
  const told = advice.filter(({ setting }) => ["volume", "tmpfs"].includes(setting));
  expect(told.map(({ value, evidence }) => `${value}: ${evidence.join(", ")}`)).toEqual([
    "/run: /run/nginx.pid",
    "/var/cache/nginx/proxy_temp: /var/cache/nginx/proxy_temp/<n>/<n>/<n>",
    "/var/log/nginx: /var/log/nginx/access.log",
  ]);
  expect(advice.find(({ value }) => value === "SETUID")?.evidence).toEqual(["SETUID"]);
  expect(advice.find(({ value }) => value === "FOWNER")?.evidence).toEqual([]);
});
