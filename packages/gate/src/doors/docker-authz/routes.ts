import * as containers from "./container-shapes.ts";
import * as services from "./service-shapes.ts";
import { any, type Shape } from "./shape.ts";

/** What a route does to the host; the decision is made by class. */
export type RouteClass =
  | "read"
  | "image-in"
  | "image-change"
  | "build"
  | "create"
  | "start"
  | "exec-create"
  | "exec-start"
  | "attach"
  | "update"
  | "rename"
  | "stop"
  | "archive-get"
  | "archive-put"
  | "commit"
  | "checkpoint"
  | "checkpoint-list"
  | "checkpoint-remove"
  | "volume-create"
  | "volume-change"
  | "network-create"
  | "network-change"
  | "service"
  | "swarm"
  | "plugin"
  | "plugin-remove"
  | "session"
  | "login"
  | "prune";

/**
 * How a route carries its body. `json`: must have one, and the gate must have seen it. `optional-json`: may
 * have none. `stream`: never sent to plugins. `none`: one that is there is refused, since old engines took a
 * host configuration from it. `ignored`: the engine does not look at it.
 */
type BodyKind = "json" | "optional-json" | "stream" | "none" | "ignored";

export interface Route {
  readonly method: string;
  /** `{x}` stands for one segment of the path, `{x*}` for one or more. */
  readonly pattern: string;
  readonly routeClass: RouteClass;
  readonly body: BodyKind;
  readonly shape: Shape;
}

type Row = readonly [method: string, pattern: string, routeClass: RouteClass, body?: BodyKind, shape?: Shape];

// Every route of the Docker Engine API, v1.24 to v1.51, with those of experimental engines. What is not here is
// refused.
const rows: readonly Row[] = [
  ["GET", "/_ping", "read"],
  ["HEAD", "/_ping", "read"],
  ["OPTIONS", "/{any*}", "read"],
  ["GET", "/version", "read"],
  ["GET", "/info", "read"],
  ["GET", "/events", "read"],
  ["GET", "/system/df", "read"],
  ["POST", "/auth", "login", "stream"],

  ["GET", "/containers/json", "read"],
  ["GET", "/containers/{id}/json", "read"],
  ["GET", "/containers/{id}/top", "read"],
  ["GET", "/containers/{id}/logs", "read"],
  ["GET", "/containers/{id}/changes", "read"],
  ["GET", "/containers/{id}/export", "read"],
  ["GET", "/containers/{id}/stats", "read"],
  ["GET", "/containers/{id}/archive", "archive-get"],
  ["HEAD", "/containers/{id}/archive", "archive-get"],
  ["PUT", "/containers/{id}/archive", "archive-put", "stream"],
  ["POST", "/containers/{id}/copy", "read", "optional-json", any],
  ["POST", "/containers/create", "create", "json", containers.containerCreate],
  ["POST", "/containers/{id}/start", "start", "none"],
  ["POST", "/containers/{id}/restart", "start", "none"],
  ["POST", "/containers/{id}/unpause", "start", "none"],
  ["POST", "/containers/{id}/stop", "stop"],
  ["POST", "/containers/{id}/kill", "stop"],
  ["POST", "/containers/{id}/pause", "stop"],
  ["POST", "/containers/{id}/wait", "read"],
  ["POST", "/containers/{id}/resize", "attach"],
  ["POST", "/containers/{id}/attach", "attach"],
  ["GET", "/containers/{id}/attach/ws", "attach"],
  ["POST", "/containers/{id}/rename", "rename"],
  ["POST", "/containers/{id}/update", "update", "json", containers.containerUpdate],
  ["POST", "/containers/{id}/exec", "exec-create", "json", containers.execCreate],
  ["POST", "/containers/prune", "prune"],
  ["DELETE", "/containers/{id}", "stop"],
  ["GET", "/containers/{id}/checkpoints", "checkpoint-list"],
  ["POST", "/containers/{id}/checkpoints", "checkpoint", "json", containers.checkpointCreate],
  ["DELETE", "/containers/{id}/checkpoints/{name}", "checkpoint-remove"],
  ["GET", "/exec/{id}/json", "read"],
  // Judged by what the engine knows of the command. dockerode puts its own options into the body (`hijack`, `stdin`).
  ["POST", "/exec/{id}/start", "exec-start", "optional-json", any],
  ["POST", "/exec/{id}/resize", "attach"],
  // The image is judged when it is launched, whatever the body says of it; docker-java puts parameters of the query there.
  ["POST", "/commit", "commit", "optional-json", any],

  ["GET", "/images/json", "read"],
  ["GET", "/images/search", "read"],
  ["GET", "/images/get", "read"],
  ["GET", "/images/{name*}/get", "read"],
  ["GET", "/images/{name*}/json", "read"],
  ["GET", "/images/{name*}/history", "read"],
  ["GET", "/images/{name*}/attestations", "read"],
  ["GET", "/distribution/{name*}/json", "read"],
  ["POST", "/images/create", "image-in", "stream"],
  ["POST", "/images/load", "image-in", "stream"],
  ["POST", "/images/{name*}/push", "image-change", "stream"],
  ["POST", "/images/{name*}/tag", "image-change"],
  ["POST", "/images/prune", "prune"],
  ["DELETE", "/images/{name*}", "image-change"],
  ["POST", "/build", "build", "stream"],
  ["POST", "/build/prune", "prune"],
  ["POST", "/build/cancel", "stop"],
  ["POST", "/session", "session", "stream"],
  ["POST", "/grpc", "session", "stream"],

  ["GET", "/volumes", "read"],
  ["GET", "/volumes/{name*}", "read"],
  ["POST", "/volumes/create", "volume-create", "json", containers.volumeCreate],
  ["POST", "/volumes/prune", "prune"],
  ["PUT", "/volumes/{name*}", "volume-change", "json", any],
  ["DELETE", "/volumes/{name*}", "volume-change"],

  ["GET", "/networks", "read"],
  ["GET", "/networks/", "read"],
  ["GET", "/networks/{id}", "read"],
  ["POST", "/networks/create", "network-create", "json", services.networkCreate],
  ["POST", "/networks/{id}/connect", "network-change", "json", any],
  ["POST", "/networks/{id}/disconnect", "network-change", "json", any],
  ["POST", "/networks/prune", "prune"],
  ["DELETE", "/networks/{id}", "network-change"],

  ["GET", "/plugins", "read"],
  ["GET", "/plugins/privileges", "read"],
  ["GET", "/plugins/{name*}/json", "read"],
  ["POST", "/plugins/pull", "plugin", "json", any],
  ["POST", "/plugins/create", "plugin", "stream"],
  ["POST", "/plugins/{name*}/enable", "plugin"],
  ["POST", "/plugins/{name*}/disable", "plugin"],
  ["POST", "/plugins/{name*}/upgrade", "plugin", "json", any],
  ["POST", "/plugins/{name*}/set", "plugin", "json", any],
  ["POST", "/plugins/{name*}/push", "image-change", "stream"],
  ["DELETE", "/plugins/{name*}", "plugin-remove"],

  ["GET", "/swarm", "read"],
  ["GET", "/swarm/unlockkey", "read"],
  ["POST", "/swarm/init", "swarm", "json", any],
  ["POST", "/swarm/join", "swarm", "json", any],
  ["POST", "/swarm/leave", "swarm"],
  ["POST", "/swarm/update", "swarm", "json", any],
  ["POST", "/swarm/unlock", "swarm", "json", any],
  ["GET", "/services", "read"],
  ["GET", "/services/{id}", "read"],
  ["GET", "/services/{id}/logs", "read"],
  ["POST", "/services/create", "service", "json", services.service],
  ["POST", "/services/{id}/update", "service", "json", services.service],
  ["DELETE", "/services/{id}", "swarm"],
  ["GET", "/tasks", "read"],
  ["GET", "/tasks/{id}", "read"],
  ["GET", "/tasks/{id}/logs", "read"],
  ["GET", "/nodes", "read"],
  ["GET", "/nodes/{id}", "read"],
  ["POST", "/nodes/{id}/update", "swarm", "json", any],
  ["DELETE", "/nodes/{id}", "swarm"],
  ["GET", "/secrets", "read"],
  ["GET", "/secrets/{id}", "read"],
  ["POST", "/secrets/create", "swarm", "json", any],
  ["POST", "/secrets/{id}/update", "swarm", "json", any],
  ["DELETE", "/secrets/{id}", "swarm"],
  ["GET", "/configs", "read"],
  ["GET", "/configs/{id}", "read"],
  ["POST", "/configs/create", "swarm", "json", any],
  ["POST", "/configs/{id}/update", "swarm", "json", any],
  ["DELETE", "/configs/{id}", "swarm"],
];

export const routes: readonly Route[] = rows.map(
  ([method, pattern, routeClass, body = "ignored", shape = any]) => ({
    method,
    pattern,
    routeClass,
    body,
    shape,
  }),
);
