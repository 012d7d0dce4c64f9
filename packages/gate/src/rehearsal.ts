import type { ImageFacts } from "@pratique/policy";
import type { EngineRequest } from "./doors/docker-authz/request.ts";
import type { Fields } from "./json-fields.ts";
import type { EngineView } from "./ports.ts";

const CONFIG = { Cmd: ["true"], Env: ["PATH=/bin"], Labels: { rehearsal: "1" } };
const HOST_CONFIG = {
  NetworkMode: "bridge",
  CapDrop: ["ALL"],
  SecurityOpt: ["no-new-privileges"],
  Binds: ["/nonexistent:/data:ro"],
  RestartPolicy: { Name: "no" },
};
const BODY = Buffer.from(JSON.stringify({ ...CONFIG, HostConfig: HOST_CONFIG }));

/** A create as clients send it. It names no image, so that the engine need not be asked about one. */
export const REHEARSED_CREATE: EngineRequest = {
  method: "POST",
  uri: "/v1.45/containers/create?name=rehearsal",
  headers: new Map([
    ["content-type", "application/json"],
    ["content-length", String(BODY.byteLength)],
  ]),
  body: BODY,
  caller: "",
};

/** The start of a container of this id. */
export function rehearsedStart(id: string): EngineRequest {
  const none = Buffer.alloc(0);
  return { method: "POST", uri: `/v1.45/containers/${id}/start`, headers: new Map(), body: none, caller: "" };
}

/** What the engine says of a container, as far as a start is judged by it. */
export const REHEARSED_CONTAINER: Fields = {
  Id: "0".repeat(64),
  Name: "/rehearsal",
  Config: CONFIG,
  HostConfig: HOST_CONFIG,
  NetworkSettings: { Networks: { bridge: {} } },
  State: { StartedAt: "0001-01-01T00:00:00Z" },
};

/**
 * An engine that is not asked: what it has is not what a rehearsal is for. Only of its cgroups and its directory it has told once
 * and for all, and containers are read by it.
 */
export function unasked(view: EngineView): EngineView {
  return {
    ...UNASKED,
    cgroupVersion: () => view.cgroupVersion(),
    containerdImageStore: () => view.containerdImageStore(),
    dataRoot: () => view.dataRoot(),
  };
}

const UNASKED: Omit<EngineView, "cgroupVersion" | "containerdImageStore" | "dataRoot"> = {
  inspectImage: async () => undefined,
  inspectContainer: async () => undefined,
  inspectNewContainer: async () => undefined,
  inspectVolume: async () => undefined,
  inspectNetwork: async () => undefined,
  inspectExec: async () => undefined,
  inspectService: async () => undefined,
};

/** Facts with something of each kind that rules look at. */
export const REHEARSED_FACTS: ImageFacts = {
  reference: "rehearsal:1",
  user: "1000",
  rootAccounts: [],
  labels: {},
  packageCount: 1,
  assessment: { state: "complete", reasons: [], advisories: [] },
  findings: [
    {
      id: "CVE-2000-0001",
      aliases: [],
      package: "rehearsal",
      version: "1",
      type: "",
      severity: "critical",
      status: "affected",
      fixedVersion: "2",
      knownExploited: false,
      epss: 0.01,
      confidence: "high",
      source: "rehearsal",
      advisory: "rehearsal",
    },
  ],
  suppressedCount: 0,
  secrets: [
    {
      rule: "rehearsal",
      title: "Rehearsal",
      category: "",
      severity: "critical",
      confidence: "high",
      where: "layer",
      path: "rehearsal",
      line: 1,
      match: "…",
      fingerprint: "rehearsal",
    },
  ],
  licenses: [
    {
      id: "LicenseRef-Rehearsal",
      category: "unknown",
      severity: "unknown",
      packages: ["rehearsal"],
      packageCount: 1,
    },
  ],
  scannedAt: "2000-01-01T00:00:00.000Z",
};
