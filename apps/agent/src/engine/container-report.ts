import type { ContainerReport } from "@pratique/api";
import { isDigest, KiB } from "@pratique/core";
import type { EngineContainer, EngineContainerSummary } from "@pratique/engine";
import { z } from "zod";
import { sizeOf } from "../fit-within.ts";

const MAX_PORTS = 1000;
const MAX_LABELS = 500;
const MAX_ADDRESSES = 256;
const MAX_NAME = 1024;
const MAX_TEXT = 65_536;
/** Of one container: labels come with its image, and all of them are held as long as it is there. */
const MAX_BYTES = 64 * KiB;
/** Of a name and a user, where nothing else is left. */
const MAX_BARE = 256;

const states: readonly ContainerReport["state"][] = [
  "created",
  "running",
  "paused",
  "restarting",
  "exited",
  "dead",
  "removing",
];

/** Of what the engine says of a container, what is reported; anything else of it is not looked at. */
const config = z.object({ User: z.string().default("") }).catch({ User: "" });
const bindings = z
  .record(
    z.string(),
    z.array(z.object({ HostIp: z.string().default(""), HostPort: z.string().default("") })).nullable(),
  )
  .catch({});
const mode = z.string().catch("");
const hostConfig = z
  .object({
    Privileged: z.boolean().default(false),
    RestartPolicy: z.object({ Name: z.string().default("") }).catch({ Name: "" }),
    PortBindings: bindings,
    CgroupnsMode: mode,
    IpcMode: mode,
    NetworkMode: mode,
    PidMode: mode,
    UTSMode: mode,
    UsernsMode: mode,
  })
  .catch({
    Privileged: false,
    RestartPolicy: { Name: "" },
    PortBindings: {},
    CgroupnsMode: "",
    IpcMode: "",
    NetworkMode: "",
    PidMode: "",
    UTSMode: "",
    UsernsMode: "",
  });

/** The words of the report for the members of the engine's answer that can be `host`. */
const namespaceModes = {
  cgroup: "CgroupnsMode",
  ipc: "IpcMode",
  network: "NetworkMode",
  pid: "PidMode",
  user: "UsernsMode",
  uts: "UTSMode",
} as const;

/** What a report is made of. */
type ReportedContainer = Omit<EngineContainer, "imageId" | "mounts"> & { readonly imageId: string };

/** A container as it is reported: nothing of its environment, its arguments or its mounts. */
export function containerReportOf(container: ReportedContainer, fallbackCreated: string): ContainerReport {
  const { User: user } = config.parse(container.config ?? {});
  const given = hostConfig.parse(container.hostConfig ?? {});
  const { Privileged: privileged, RestartPolicy, PortBindings } = given;
  const { startedAt } = container.state;
  const report: ContainerReport = {
    id: container.id.slice(0, MAX_NAME),
    name: container.name.slice(0, MAX_TEXT),
    image: container.image.slice(0, MAX_TEXT),
    ...(isDigest(container.imageId) && { imageId: container.imageId }),
    state: states.find((state) => state === container.state.status) ?? "dead",
    createdAt: container.created ?? fallbackCreated,
    ...(startedAt !== undefined && { startedAt }),
    user: user.slice(0, MAX_TEXT),
    privileged,
    hostNamespaces: namespacesOf(given),
    ports: portsOf(PortBindings),
    labels: labelsOf(container.labels),
    restartPolicy: RestartPolicy.Name.slice(0, MAX_NAME),
    addresses: container.addresses.slice(0, MAX_ADDRESSES).map((address) => address.slice(0, MAX_NAME)),
  };
  return sizeOf(report) <= MAX_BYTES ? report : cutContainerReport(report, MAX_BYTES);
}

/** A container of which no more is known than the engine's list says. */
export function briefReportOf(summary: EngineContainerSummary, fallbackCreated: string): ContainerReport {
  const { id, names, image, imageId, created, state, labels, addresses } = summary;
  return containerReportOf(
    {
      id,
      name: names[0] ?? "",
      image,
      imageId,
      ...(created !== undefined && { created }),
      state: { status: state, running: state === "running", pid: 0, exitCode: 0 },
      labels,
      addresses,
      config: undefined,
      hostConfig: undefined,
    },
    fallbackCreated,
  );
}

/** A report of no more than so many bytes: as many of its labels as fit, the short ones first, and less where that is not enough. */
export function cutContainerReport(report: ContainerReport, maxBytes: number): ContainerReport {
  const withoutLabels = { ...report, labels: {} };
  const bare = {
    ...withoutLabels,
    ports: [],
    user: report.user.slice(0, MAX_BARE),
    image: report.image.slice(0, MAX_BARE),
  };
  const base = sizeOf(withoutLabels) <= maxBytes ? withoutLabels : bare;
  let left = maxBytes - sizeOf(base);
  const kept: [string, string][] = [];
  for (const [entry, size] of Object.entries(report.labels)
    .map((entry) => [entry, sizeOf(Object.fromEntries([entry]))] as const)
    .toSorted(([, a], [, b]) => a - b)) {
    left -= size;
    if (left < 0) break;
    kept.push(entry);
  }
  return { ...base, labels: Object.fromEntries(kept) };
}

/** Says whether a container may be another than when it was looked at: only then is it asked for again. */
export function summaryStamp({ state, names, image, labels, addresses }: EngineContainerSummary): string {
  return JSON.stringify([state, names, image, labels, addresses]);
}

function namespacesOf(given: z.output<typeof hostConfig>): NonNullable<ContainerReport["hostNamespaces"]> {
  return (["cgroup", "ipc", "network", "pid", "user", "uts"] as const).filter(
    (name) => given[namespaceModes[name]] === "host",
  );
}

function portsOf(given: z.output<typeof bindings>): ContainerReport["ports"] {
  return Object.entries(given)
    .flatMap(([key, places]) => {
      const [port = "", protocol = "tcp"] = key.split("/");
      return (places ?? []).map(({ HostIp, HostPort }) => ({
        hostIp: HostIp.slice(0, MAX_NAME),
        hostPort: portIn(HostPort),
        containerPort: portIn(port),
        protocol: protocol.slice(0, MAX_NAME),
      }));
    })
    .slice(0, MAX_PORTS);
}

function portIn(text: string): number {
  const port = Number(text);
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : 0;
}

function labelsOf(labels: EngineContainer["labels"]): ContainerReport["labels"] {
  const entries = Object.entries(labels).filter(([name]) => name.length <= MAX_NAME);
  return Object.fromEntries(
    entries.slice(0, MAX_LABELS).map(([name, text]) => [name, text.slice(0, MAX_TEXT)]),
  );
}
