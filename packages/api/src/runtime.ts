import { ruleActions } from "@pratique/core";
import { z } from "zod";
import { priority } from "./detection-record.ts";
import type { Endpoint } from "./endpoint.ts";
import { count, instant, name, text } from "./scalars.ts";

const MAX_PROCESSES = 512;
const MAX_FLOWS = 512;
const MAX_FILES = 256;
/** The most containers in one report of a host's runtime. */
export const MAX_RUNTIME_CONTAINERS = 2_000;
/** The most rules that a host reports, and tags of each. */
export const MAX_HOST_RULES = 2_000;
export const MAX_RULE_TAGS = 64;

const process = z.strictObject({
  pid: count,
  /** 0 where the parent is outside of the container. */
  ppid: count,
  name: text,
  exePath: text,
  /** With what looks like a secret left out. */
  commandLine: text,
  user: text,
  startedAt: instant,
});

/** What of a host's indicators a peer is, and whose list says so. */
const listing = z.strictObject({ value: text, source: text });

const flow = z.strictObject({
  protocol: z.enum(["tcp", "udp", "other"]),
  direction: z.enum(["in", "out"]),
  localPort: count,
  /** The other side's address; empty where it is many. */
  address: name,
  port: count,
  /** By the answers that the container was given; empty where nobody asked. */
  name: text,
  connections: count,
  /** Attempts that the kernel refused; absent where there were none. */
  refused: count.exactOptional(),
  /** Absent where nothing lists the peer. */
  listed: listing.exactOptional(),
  firstAt: instant,
  lastAt: instant,
});

/** What is going on in a container, as its host's agent saw it last. */
const containerRuntime = z.strictObject({
  containerId: name,
  takenAt: instant,
  processes: z.array(process).max(MAX_PROCESSES),
  listening: z
    .array(z.strictObject({ protocol: z.enum(["tcp", "udp"]), address: name, port: count }))
    .max(256),
  flows: z.array(flow).max(MAX_FLOWS),
  /** Files that were opened for writing, the newest last. */
  written: z.array(z.strictObject({ path: text, by: text, lastAt: instant })).max(MAX_FILES),
  /** In the last minute. */
  rates: z.strictObject({ execs: count, opens: count, connects: count, events: count, suppressed: count }),
  /** Processes, flows or files that did not fit. */
  leftOut: count,
});

/** `prevents`, `kills`, `detects`, or `off`. */
export const enforceability = z.enum(["prevents", "kills", "detects", "off"]);

/** A rule, and what this host can do by it. */
const hostRule = z.strictObject({
  rule: name,
  priority,
  tags: z.array(name).max(MAX_RULE_TAGS),
  enabled: z.boolean(),
  action: z.enum(ruleActions).exactOptional(),
  enforceability,
  /** Why it is no more than that; empty where it is all that the rule asks for. */
  reasons: z.array(text).max(16),
});

const sensor = z.strictObject({
  state: z.enum(["running", "starting", "off", "failed"]),
  /** Why it does not run, or what it cannot see; empty where all is well. */
  detail: text,
  /** What loads on this host, and the kernel's reason where it does not. */
  primitives: z.array(z.strictObject({ name, state: name, detail: text })).max(128),
  /** Since it started. */
  events: count,
  dropped: count,
  suppressed: count,
  unattributed: count,
});

/** Takes what runs on the host: containers that are not named have not changed, those of `gone` are no more. */
export const putRuntime = {
  id: "putRuntime",
  method: "PUT",
  path: "/agent/v1/runtime",
  on: "self",
  summary: "Takes what goes on in the containers of the host; may be repeated",
  permission: "agent",
  audit: "none",
  body: z.strictObject({
    takenAt: instant,
    sensor,
    /** Absent where they are as before. */
    rules: z.array(hostRule).max(MAX_HOST_RULES).exactOptional(),
    containers: z.array(containerRuntime).max(MAX_RUNTIME_CONTAINERS),
  }),
} as const satisfies Endpoint;

export type RuntimeReport = z.output<typeof putRuntime.body>;
export type ContainerRuntimeReport = z.output<typeof containerRuntime>;

/** Shows what goes on in a container. */
export const showContainerRuntime = {
  id: "showContainerRuntime",
  method: "GET",
  path: "/api/v1/containers/{containerId}/runtime",
  on: "container",
  summary: "Shows processes, connections and files of a container, as they were seen last",
  permission: "runtime.read",
  audit: "none",
  params: z.strictObject({ containerId: name }),
  /** Null where nothing was seen of it yet. */
  reply: z.strictObject({ runtime: containerRuntime.nullable() }),
} as const satisfies Endpoint;

/** Shows what a host sees of running containers, and what it can do by each rule. */
export const showHostRuntime = {
  id: "showHostRuntime",
  method: "GET",
  path: "/api/v1/hosts/{host}/runtime",
  on: "host",
  summary: "Shows the sensor of a host, and for each rule whether it prevents, kills, detects or is off",
  permission: "runtime.read",
  audit: "none",
  params: z.strictObject({ host: name }),
  reply: z.strictObject({
    /** Null where the host has told nothing yet. */
    takenAt: instant.nullable(),
    sensor: sensor.nullable(),
    rules: z.array(hostRule),
  }),
} as const satisfies Endpoint;

const peer = z.strictObject({
  /** `container:host~id`, `host:name`, or `outside:name-or-address`. */
  id: text,
  kind: z.enum(["container", "host", "outside"]),
  label: text,
  host: name.exactOptional(),
  containerId: name.exactOptional(),
  image: text.exactOptional(),
  listed: listing.exactOptional(),
});

/** Who talks to whom: containers, hosts, and what lies outside. */
export const showNetworkMap = {
  id: "showNetworkMap",
  method: "GET",
  path: "/api/v1/network-map",
  on: "list",
  summary: "Shows which containers talk to whom",
  permission: "runtime.read",
  audit: "none",
  query: z.strictObject({ host: name.exactOptional() }),
  reply: z.strictObject({
    nodes: z.array(peer),
    edges: z.array(
      z.strictObject({
        from: text,
        to: text,
        protocol: z.enum(["tcp", "udp", "other"]),
        port: count,
        connections: count,
        /** Attempts that the kernel refused. */
        refused: count,
        lastAt: instant,
      }),
    ),
    /** More talk than is shown. */
    complete: z.boolean(),
  }),
} as const satisfies Endpoint;
