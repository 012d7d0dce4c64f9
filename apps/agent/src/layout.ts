import path from "node:path";

/** The two directories that everything of a host lies in. */
export interface Directories {
  /** What must survive a restart of the machine. */
  readonly data: string;
  /** Sockets and process ids. */
  readonly run: string;
}

/** Where each thing lies; `docs/reference/files.md` says what it is, and what bounds it. */
export interface Layout extends Directories {
  readonly advisories: string;
  readonly intel: string;
  readonly reports: string;
  readonly imageFacts: string;
  readonly inventoryCache: string;
  /** What was read of layers that several images may have. */
  readonly layerCache: string;
  /** How far scans of registries came. */
  readonly registryScans: string;
  readonly policies: string;
  /** The operator's own rules for running containers. */
  readonly rules: string;
  /** The operator's policy of responses. */
  readonly responsePolicy: string;
  /** What responses have done and not undone yet. */
  readonly responseState: string;
  /** Which listed peers are held, and which a person has confirmed. */
  readonly channelState: string;
  /** What was gathered about containers that were acted on. */
  readonly runtimeEvidence: string;
  /** What containers did when something was detected in them. */
  readonly captures: string;
  /** What was learned of the containers of each image. */
  readonly profiles: string;
  /** Whom containers spoke to, an hour a file. */
  readonly past: string;
  readonly serverPolicies: string;
  /** What the agent has to remember. */
  readonly agentState: string;
  readonly identity: string;
  readonly audit: string;
  readonly evidence: string;
  readonly gateState: string;
  readonly gateInstall: string;
  readonly gateLog: string;
  readonly server: string;
  readonly engineData: string;
  readonly engineLog: string;
  readonly agentSocket: string;
  readonly runtimeSocket: string;
  readonly serverSocket: string;
  readonly gateControlSocket: string;
  readonly engineSocket: string;
}

export function layoutOf({ data, run }: Directories): Layout {
  return {
    data,
    run,
    advisories: path.join(data, "advisories"),
    intel: path.join(data, "intel"),
    reports: path.join(data, "reports"),
    imageFacts: path.join(data, "image-facts"),
    inventoryCache: path.join(data, "cache", "inventory"),
    layerCache: path.join(data, "cache", "layers"),
    registryScans: path.join(data, "registry-scans"),
    policies: path.join(data, "policies"),
    rules: path.join(data, "rules"),
    responsePolicy: path.join(data, "responses.yaml"),
    responseState: path.join(data, "agent", "responses.json"),
    channelState: path.join(data, "agent", "channel.json"),
    runtimeEvidence: path.join(data, "evidence-runtime"),
    captures: path.join(data, "captures"),
    profiles: path.join(data, "profiles"),
    past: path.join(data, "past"),
    serverPolicies: path.join(data, "policies-server"),
    agentState: path.join(data, "agent"),
    identity: path.join(data, "agent", "identity"),
    audit: path.join(data, "audit"),
    evidence: path.join(data, "audit", "evidence"),
    gateState: path.join(data, "gate", "state.json"),
    gateInstall: path.join(data, "gate", "install.json"),
    gateLog: path.join(data, "gate", "gate.log"),
    server: path.join(data, "server"),
    engineData: path.join(data, "engine"),
    engineLog: path.join(data, "engine", "dockerd.log"),
    agentSocket: path.join(run, "agent.sock"),
    runtimeSocket: path.join(run, "runtime.sock"),
    serverSocket: path.join(run, "server.sock"),
    gateControlSocket: path.join(run, "gate.sock"),
    engineSocket: path.join(run, "docker.sock"),
  };
}
