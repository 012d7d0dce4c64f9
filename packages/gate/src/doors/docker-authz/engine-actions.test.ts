import { expect, it } from "vitest";
import { call } from "../../testdata/ports.ts";
import { actionsOf, engineActions, ruleOf } from "./engine-actions.ts";
import { readRequest } from "./request.ts";
import { routes } from "./routes.ts";

it.each([
  ["POST", "/build?networkmode=host", undefined, ["build", "build.host-network"]],
  ["POST", "/build?networkmode=container:a", undefined, ["build", "build.host-network"]],
  ["POST", '/build?securityopt=["seccomp=unconfined"]', undefined, ["build", "build.security-options"]],
  ["POST", "/build?securityopt=null&networkmode=default", undefined, ["build"]],
  ["POST", "/session", undefined, ["build.session"]],
  ["POST", "/containers/a/start?checkpoint=c", undefined, ["checkpoint.restore"]],
  ["POST", "/containers/a/start", undefined, []],
  ["POST", "/containers/a/checkpoints", { CheckpointID: "c" }, ["checkpoint.create"]],
  [
    "POST",
    "/containers/a/checkpoints",
    { CheckpointDir: "/srv" },
    ["checkpoint.create", "checkpoint.directory"],
  ],
  ["GET", "/containers/a/checkpoints?dir=/etc", undefined, ["checkpoint.directory"]],
  ["GET", "/containers/a/checkpoints?dir=", undefined, []],
  ["DELETE", "/containers/a/checkpoints/c?dir=/", undefined, ["container.stop", "checkpoint.directory"]],
  ["POST", "/volumes/create", { Name: "v" }, ["volume.create"]],
  [
    "POST",
    "/volumes/create",
    { DriverOpts: { type: "none", o: "bind", device: "/etc" } },
    ["volume.create", "volume.host-path"],
  ],
  ["POST", "/services/create", { TaskTemplate: { PluginSpec: { Name: "p" } } }, ["service.plugin"]],
  ["POST", "/services/create", { TaskTemplate: { Runtime: "plugin" } }, ["service.plugin"]],
  ["POST", "/services/create", { TaskTemplate: { ContainerSpec: { Image: "a" } } }, []],
  ["POST", "/swarm/init", {}, ["swarm.join"]],
  ["POST", "/swarm/leave", undefined, ["swarm.change"]],
  ["POST", "/plugins/p/disable", undefined, ["plugin.change"]],
  ["DELETE", "/plugins/p?force=1", undefined, ["plugin.remove"]],
  ["GET", "/info", undefined, []],
])("%s %s is %j", (method, uri, body, actions) => {
  expect(actionsOf(readRequest(call(method, uri, body)))).toEqual(actions);
});

it("denies what is root code or ends the gate, and takes the operator's word before its own", () => {
  const denied = engineActions.filter((action) => ruleOf(action, {}) === "deny");
  expect(denied).toEqual([
    "build.host-network",
    "build.security-options",
    "checkpoint.directory",
    "checkpoint.restore",
    "plugin.change",
    "plugin.remove",
    "service.plugin",
    "swarm.join",
  ]);
  expect(ruleOf("plugin.change", { "plugin.change": "allow" })).toBe("allow");
  expect(ruleOf("build", { build: "deny" })).toBe("deny");
});

it("has every route once", () => {
  const names = routes.map(({ method, pattern }) => `${method} ${pattern}`);
  expect(new Set(names).size).toBe(names.length);
});
