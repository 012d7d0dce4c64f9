import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { count, digest, instant, name, severityCounts, text } from "./scalars.ts";
import { assessmentState } from "./scan-report.ts";

const containerState = z.enum(["created", "running", "paused", "restarting", "exited", "dead", "removing"]);

/** A container as its host's agent reports it. Nothing of its environment: values may be secrets. */
export const containerReport = z.strictObject({
  id: name.min(1),
  name: text,
  image: text,
  imageId: digest.exactOptional(),
  state: containerState,
  createdAt: instant,
  startedAt: instant.exactOptional(),
  user: text,
  privileged: z.boolean(),
  /** The namespaces of the host that it is in; absent where the host's agent does not say. */
  hostNamespaces: z.array(z.enum(["cgroup", "ipc", "network", "pid", "user", "uts"])).exactOptional(),
  ports: z
    .array(z.strictObject({ hostIp: name, hostPort: count, containerPort: count, protocol: name }))
    .max(1000),
  labels: z.record(name, text),
  restartPolicy: name,
  /** Its own in the networks of its engine; absent where the host's agent does not say. */
  addresses: z.array(name).max(256).exactOptional(),
});

export type ContainerReport = z.output<typeof containerReport>;

const container = containerReport.extend({
  host: name,
  seenAt: instant,
  /** Of its image, where that has been scanned. */
  severities: severityCounts.nullable(),
  assessment: assessmentState.nullable(),
  lastVerdict: z
    .strictObject({ decision: z.enum(["allow", "deny"]), decidedAt: instant, launchId: name })
    .nullable(),
});

export type Container = z.output<typeof container>;

/** One container: its host and its id, as `host~id`. */
const containerId = z.string().regex(/^[^~/]{1,255}~[A-Za-z0-9]{1,64}$/u);

export const listContainers = {
  id: "listContainers",
  method: "GET",
  path: "/api/v1/containers",
  on: "list",
  summary: "Lists the containers of all hosts",
  permission: "containers.read",
  audit: "none",
  query: z.strictObject({
    ...pageQuery,
    text: z.string().max(256).exactOptional(),
    host: name.exactOptional(),
    state: containerState.exactOptional(),
    imageId: digest.exactOptional(),
    severity: z.enum(["critical", "high", "medium", "low"]).exactOptional(),
    /** Only those whose image has a finding that is known to be exploited, or only the others. */
    knownExploited: z.stringbool().exactOptional(),
    /** `severity` is that of their images. */
    sort: z.enum(["name", "host", "image", "state", "severity", "started"]).default("name"),
    order: z.enum(["asc", "desc"]).default("asc"),
  }),
  reply: pageOf(container),
  csv: ["host", "name", "id", "image", "imageId", "state", "user", "privileged", "createdAt", "startedAt"],
} as const satisfies Endpoint;

export const showContainer = {
  id: "showContainer",
  method: "GET",
  path: "/api/v1/containers/{containerId}",
  on: "container",
  summary: "Shows one container",
  permission: "containers.read",
  audit: "none",
  params: z.strictObject({ containerId }),
  reply: container,
} as const satisfies Endpoint;
