import { createHash } from "node:crypto";
import {
  type AuditEvent,
  type Digest,
  type Host,
  type Launch,
  parseDigest,
  type PolicyException,
} from "@pratique/core";
import { type ImageFacts, loadPolicies, type PolicySet } from "@pratique/policy";
import { DecisionService, type DecisionServiceOptions } from "../decision-service.ts";
import type { EngineRequest } from "../doors/docker-authz/request.ts";
import type { Fields } from "../json-fields.ts";
import type { EngineView, HostPaths, ViewedImage, ViewedVolume } from "../ports.ts";

const IMAGE_ID: Digest = parseDigest(`sha256:${"a".repeat(64)}`);

export const IMAGE: ViewedImage = {
  id: IMAGE_ID,
  config: {
    os: "linux",
    architecture: "amd64",
    user: "app",
    entrypoint: ["/entry"],
    command: ["serve"],
    environment: ["PATH=/bin"],
    workingDirectory: "",
    exposedPorts: [],
    volumes: ["/data"],
    labels: { from: "image" },
    healthcheck: [],
  },
};

export const FACTS: ImageFacts = {
  reference: "app:1",
  imageId: IMAGE_ID,
  user: "app",
  rootAccounts: ["toor"],
  labels: {},
  packageCount: 1,
  assessment: { state: "complete", reasons: [], advisories: [] },
  findings: [],
  suppressedCount: 0,
  scannedAt: "2026-01-01T00:00:00.000Z",
};

/** What a fake engine has. */
export interface EngineContent {
  readonly images?: Readonly<Record<string, ViewedImage>>;
  readonly containers?: Readonly<Record<string, Fields>>;
  readonly volumes?: Readonly<Record<string, ViewedVolume>>;
  readonly networks?: Readonly<Record<string, Fields>>;
  readonly execs?: Readonly<Record<string, Fields>>;
  readonly services?: Readonly<Record<string, Fields>>;
  readonly cgroupVersion?: string;
  readonly containerdImageStore?: boolean;
  readonly dataRoot?: string;
}

export function viewOf(content: EngineContent = {}): EngineView {
  const { images = { "app:1": IMAGE }, containers = {}, volumes = {}, networks = {} } = content;
  const { execs = {}, services = {} } = content;
  return {
    inspectImage: async (reference) => images[reference],
    inspectContainer: async (name) => containers[name],
    inspectNewContainer: async (id) => containers[id],
    inspectVolume: async (name) => volumes[name],
    inspectNetwork: async (name) => networks[name],
    inspectExec: async (id) => execs[id],
    inspectService: async (name) => services[name],
    cgroupVersion: async () => content.cgroupVersion ?? "2",
    containerdImageStore: async () => content.containerdImageStore ?? false,
    dataRoot: async () => content.dataRoot ?? "/var/lib/docker",
  };
}

/** `/link` is a symlink to `/etc`. */
export const PATHS: HostPaths = {
  resolve: (hostPath) => (hostPath.startsWith("/link") ? hostPath.replace("/link", "/etc") : hostPath),
  isExchangeable: (hostPath) => hostPath.startsWith("/link"),
  kind: (hostPath) => (hostPath.startsWith("/link") ? "symlink" : hostPath.startsWith("/upper") ? "other" : "nothing"),
};

/** Policies of one rule. */
export function policiesDenying(name: string, condition: string): PolicySet {
  const text = `apiVersion: pratique/v1
kind: Policy
metadata:
  name: test
spec:
  rules:
    - name: ${name}
      deny: ${condition}
      message: the launch is privileged
      value: --privileged
      fix: leave it out
`;
  return loadPolicies([{ path: "test.yaml", text }]);
}

export const POLICIES = policiesDenying("no-privileged", "launch.privileged");

export const HOST: Host = { name: "h", labels: {}, kernel: "6.1", engineVersion: "26.1.5" };
const EXCEPTIONS: readonly PolicyException[] = [];

export interface Stage {
  readonly service: DecisionService;
  readonly records: AuditEvent[];
  readonly kept: string[];
  /** Of each record, whether its flush was waited for. */
  readonly flushed: boolean[];
}

/** A service on fakes; `content` is what its engine has. */
export function stage(content: EngineContent = {}, options: Partial<DecisionServiceOptions> = {}): Stage {
  const records: AuditEvent[] = [];
  const kept: string[] = [];
  const flushed: boolean[] = [];
  const service = new DecisionService({
    view: viewOf(content),
    images: { facts: (id) => (id === IMAGE_ID ? FACTS : undefined), requestScan: async () => undefined },
    policies: { policies: () => POLICIES, exceptions: () => EXCEPTIONS, host: () => HOST },
    audit: {
      append: (event, { flush = true } = {}) => {
        records.push(event);
        flushed.push(flush);
        return { ...event, sequence: records.length, time: "", previousHash: "", hash: "" };
      },
      flushed: async () => undefined,
    },
    evidence: {
      put: (text) => {
        kept.push(text);
        return parseDigest(`sha256:${createHash("sha256").update(text).digest("hex")}`);
      },
    },
    paths: PATHS,
    now: () => new Date("2026-01-01T00:00:00Z"),
    elapsedMs: () => 0,
    ...options,
  });
  return { service, records, kept, flushed };
}

export function call(method: string, uri: string, body?: unknown): EngineRequest {
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
  return {
    method,
    uri,
    headers: new Map([
      ["content-type", "application/json"],
      ["content-length", String(bytes.byteLength)],
    ]),
    body: bytes,
    caller: "",
  };
}

/** The launch that a plain create of this image comes to. */
export async function launchOf(image: string): Promise<Launch> {
  const { service, records } = stage({ images: { [image]: IMAGE } });
  await service.decide(call("POST", "/containers/create", { Image: image }));
  // Sound: the gate writes a launch of this form into the record.
  return records[0]?.data.launch as unknown as Launch;
}
