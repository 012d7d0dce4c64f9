import type { ImageFacts } from "@pratique/policy";
import type { EngineRequest } from "./doors/docker-authz/request.ts";

const BODY = Buffer.from(
  JSON.stringify({
    Cmd: ["true"],
    Env: ["PATH=/bin"],
    Labels: { rehearsal: "1" },
    HostConfig: {
      NetworkMode: "bridge",
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Binds: ["/nonexistent:/data:ro"],
      RestartPolicy: { Name: "no" },
    },
  }),
);

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
  scannedAt: "2000-01-01T00:00:00.000Z",
};
