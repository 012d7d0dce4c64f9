import type { RuntimeEvent } from "@pratique/core";
import { expect, it } from "vitest";
import { type EventFacts, itemsOf } from "./observe.ts";
import { connectionOf, eventOf, executionOf, main, processOf, writeOf } from "./testdata/events.ts";

/** Every event says who and which call; those are tested once. */
function told(event: RuntimeEvent, facts: EventFacts = {}): readonly string[] {
  const beside = itemsOf(event, facts).filter(({ kind }) => kind !== "user" && kind !== "syscall");
  return beside.map(({ kind, subject, value }) => `${kind} ${subject}: ${value}`);
}

const udp = { address: "192.0.2.1", port: 53 };
const at = (port: number) => ({ address: "0.0.0.0", port });

it.each<readonly [string, RuntimeEvent, EventFacts, readonly string[]]>([
  [
    "the first program of a container",
    eventOf("execve"),
    { executableLayer: "image", executableSha256: "a".repeat(64) },
    [
      "executable /bin/app: image",
      "parent /bin/app: (outside)",
      "mount /: /data",
      `hash /bin/app: ${"a".repeat(64)}`,
    ],
  ],
  ["a child", executionOf("/bin/sh"), {}, ["executable /bin/sh: unknown", "parent /bin/sh: /bin/app"]],
  [
    "a script",
    executionOf("/bin/sh"),
    { script: "/entry.sh" },
    ["executable /bin/sh: unknown", "parent /bin/sh: /bin/app", "executable /entry.sh: unknown"],
  ],
  [
    "what exec brings in",
    executionOf("/bin/sh", { process: processOf({ parent: main.parent }) }),
    {},
    ["executable /bin/sh: unknown", "parent /bin/sh: (outside)", "mount /: /data"],
  ],
  [
    "an open for reading",
    eventOf("openat", { path: "/etc/hosts", arguments: { flags: "O_RDONLY" } }),
    {},
    [],
  ],
  ["an open for writing", writeOf("/var/log/a.log"), {}, ["write /var: /var/log/a.log"]],
  [
    "the path that the kernel resolved",
    writeOf("/tmp/link", { resolvedPath: "/etc/passwd" }),
    {},
    ["write sensitive /etc: /etc/passwd"],
  ],
  [
    "a relative path",
    eventOf("mkdir", { path: "a", process: processOf({ cwd: "/srv" }) }),
    {},
    ["write /srv: /srv/a"],
  ],
  [
    "a secret that is read",
    eventOf("openat", { path: "/run/secrets/db", arguments: { flags: "O_RDONLY" } }),
    {},
    ["secret /run: /run/secrets/db"],
  ],
  [
    "a rename, both names",
    eventOf("rename", { path: "/data/a", arguments: { newpath: "/data/b" } }),
    {},
    ["write /data: /data/a", "write /data: /data/b"],
  ],
  [
    "a link, the new name",
    eventOf("symlink", { path: "/etc/shadow", arguments: { linkpath: "/tmp/x" } }),
    {},
    ["write /tmp: /tmp/x"],
  ],
  [
    "a change of owner",
    eventOf("fchownat", { path: "/data/a" }),
    {},
    ["write /data: /data/a", "capability : CHOWN"],
  ],
  [
    "a peer by its name",
    connectionOf("192.0.2.9"),
    { remoteName: "API.Example.com." },
    ["peer example.com: api.example.com tcp/443", "port : tcp/443"],
  ],
  [
    "a peer by its address",
    connectionOf("::ffff:192.0.2.9"),
    {},
    ["peer 192.0.0.0/16: 192.0.2.9 tcp/443", "port : tcp/443"],
  ],
  [
    "a peer by its address where the name is none",
    connectionOf("192.0.2.9"),
    { remoteName: "a b\n" },
    ["peer 192.0.0.0/16: 192.0.2.9 tcp/443", "port : tcp/443"],
  ],
  [
    "a connection that is under way",
    connectionOf("192.0.2.9", 80, { result: -115 }),
    {},
    ["peer 192.0.0.0/16: 192.0.2.9 tcp/80", "port : tcp/80"],
  ],
  ["a test for the own address", connectionOf("192.0.2.9", 0), {}, []],
  [
    "a Unix socket",
    connectionOf("/run/docker.sock", 0, { protocol: "unix" }),
    {},
    ["socket sensitive /run: /run/docker.sock"],
  ],
  ["an abstract socket", connectionOf("@/x/1", 0, { protocol: "unix" }), {}, ["socket @: @/x/<n>"]],
  ["a server of TCP", eventOf("listen", { protocol: "tcp", local: at(8080) }), {}, ["listen : tcp/8080"]],
  [
    "a server of UDP",
    eventOf("bind", { protocol: "udp", local: at(53) }),
    {},
    ["capability : NET_BIND_SERVICE", "listen : udp/53"],
  ],
  ["a port that the kernel chose", eventOf("bind", { protocol: "udp", local: at(0) }), {}, []],
  ["a question", eventOf("dns"), { questions: ["x.example.com"] }, ["name example.com: x.example.com"]],
  [
    "a question by its arguments",
    eventOf("dns", { arguments: { direction: "question", name: "b.example.com" } }),
    {},
    ["name example.com: b.example.com"],
  ],
  [
    "nothing of an answer",
    eventOf("dns", { arguments: { direction: "answer", name: "b.example.com" } }),
    {},
    [],
  ],
  [
    "a packet socket",
    eventOf("socket", { arguments: { domain: "AF_PACKET" } }),
    {},
    ["capability : NET_RAW"],
  ],
  [
    "an open for writing by what the source knows",
    eventOf("openat", { path: "/srv/x" }),
    { opensForWriting: true },
    ["write /srv: /srv/x"],
  ],
  ["what is mounted into a container", eventOf("container"), {}, ["mount /: /data"]],
  ["a mount", eventOf("mount", { path: "/mnt/x" }), {}, ["mount /mnt: /mnt/x", "capability : SYS_ADMIN"]],
  ["a raw socket", eventOf("socket", { protocol: "raw" }), {}, ["capability : NET_RAW"]],
  [
    "capabilities that the source saw",
    eventOf("procexit"),
    { capabilities: ["cap_fowner"] },
    ["capability : FOWNER"],
  ],
  ["nothing of a call that failed", writeOf("/etc/passwd", { result: -13 }), {}, []],
])("tells %s", (_, event, facts, expected) => {
  expect(told(event, facts)).toEqual(expected);
});

it("tells the user, the call, its width, and every call that the source counted", () => {
  const items = itemsOf(eventOf("setsid", { process: processOf({ uid: 33 }) }), {
    compat: true,
    systemCalls: ["read", "futex"],
  });
  expect(items.map(({ kind, value }) => `${kind} ${value}`)).toEqual([
    "user 33",
    "syscall setsid",
    "syscall @32-bit",
    "syscall read",
    "syscall futex",
  ]);
});

it("tells nothing of the host, of the runtime before the program, and no call where there is none", () => {
  expect(itemsOf(writeOf("/etc/x", { container: undefined }))).toEqual([]);
  expect(itemsOf(writeOf("/etc/x"), { runtime: true })).toEqual([]);
  expect(itemsOf(eventOf("procexit")).map(({ kind }) => kind)).toEqual(["user"]);
});

it("takes answers of a server for no peers", () => {
  const answer = eventOf("sendto", { protocol: "udp", remote: udp, local: at(5353) });
  const peers = (serves: string) =>
    itemsOf(answer, {}, ({ value }) => value === serves).filter(({ kind }) => kind === "peer");
  expect(peers("udp/5353")).toEqual([]);
  expect(peers("udp/99")).toHaveLength(1);
});
