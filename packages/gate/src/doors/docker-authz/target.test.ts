import { assert, constantFrom, property, string, webPath } from "fast-check";
import { expect, it } from "vitest";
import { GateError } from "../../errors.ts";
import { parameter, readTarget } from "./target.ts";

it.each([
  ["POST", "/v1.45/containers/create", "create", ""],
  ["POST", "/containers/create", "create", ""],
  ["POST", "/v1.45/containers/%63reate", "create", ""],
  ["POST", "/v1.45%2Fcontainers%2Fcreate", "create", ""],
  ["POST", "http://evil/v1.45/containers/create?name=x", "create", ""],
  ["POST", "http:/containers/create", "create", ""],
  ["POST", "/containers/web-1/start", "start", "web-1"],
  ["POST", "/v1.45/containers/a%62c/restart", "start", "abc"],
  ["POST", "/containers/web/unpause", "start", "web"],
  ["POST", "/containers/web/exec", "exec-create", "web"],
  ["POST", "/exec/abc/start", "exec-start", "abc"],
  ["PUT", "/containers/web/archive?path=/etc", "archive-put", "web"],
  ["POST", "/images/create?fromImage=a", "image-in", ""],
  ["POST", "/images/a.example/b/c/push", "image-change", "a.example/b/c"],
  ["POST", "/plugins/a/b:latest/enable", "plugin", "a/b:latest"],
  ["POST", "/services/abc/update?version=1", "service", "abc"],
  ["POST", "/swarm/init", "swarm", ""],
  ["POST", "/volumes/create", "volume-create", ""],
  ["POST", "/build?networkmode=host", "build", ""],
  ["POST", "/session", "session", ""],
  ["GET", "/containers/web/attach/ws?stream=1", "attach", "web"],
  ["GET", "/_ping", "read", ""],
  ["HEAD", "/_ping", "read", ""],
  ["GET", '/containers/json?filters={"a":1}', "read", ""],
])("%s %s is %s", (method, uri, routeClass, subject) => {
  const target = readTarget(method, uri);
  expect([target.route.routeClass, target.subject]).toEqual([routeClass, subject]);
});

it.each([
  ["an unknown path", "POST", "/containers/create/extra", "ROUTE_UNKNOWN"],
  ["an unknown method", "PATCH", "/containers/create", "ROUTE_UNKNOWN"],
  ["a method in lower case", "post", "/containers/create", "ROUTE_UNKNOWN"],
  ["another case of the path", "POST", "/Containers/create", "ROUTE_UNKNOWN"],
  ["a trailing slash", "POST", "/containers/create/", "ROUTE_UNKNOWN"],
  ["what is encoded twice", "POST", "/containers/%2563reate", "ROUTE_UNKNOWN"],
  ["a version that is none", "POST", "/vX/containers/create", "ROUTE_UNKNOWN"],
  ["two versions", "POST", "/v1.45/v1.45/containers/create", "ROUTE_UNKNOWN"],
  ["a container's name with a slash", "POST", "/containers/a/b/start", "ROUTE_UNKNOWN"],
  ["the profiler", "GET", "/debug/pprof/heap", "ROUTE_UNKNOWN"],
  ["an empty segment", "POST", "//containers/create", "TARGET_MALFORMED"],
  ["a way up", "POST", "/x/../containers/create", "TARGET_MALFORMED"],
  ["an encoded way up", "POST", "/x/%2e%2e/containers/create", "TARGET_MALFORMED"],
  ["a broken escape", "POST", "/containers/%6reate", "TARGET_MALFORMED"],
  ["what is not UTF-8", "POST", "/containers/%ff/start", "TARGET_MALFORMED"],
  ["an encoded line end", "POST", "/containers/a%0a/start", "TARGET_MALFORMED"],
  ["a blank", "POST", "/containers/create ?a", "TARGET_MALFORMED"],
  ["a fragment", "POST", "/containers/create#x", "TARGET_MALFORMED"],
  ["an authority alone", "CONNECT", "host:1", "TARGET_MALFORMED"],
  ["an opaque target", "POST", "http:containers/create", "TARGET_MALFORMED"],
  ["a semicolon in the query", "POST", "/containers/create?a=1;b=2", "TARGET_MALFORMED"],
  ["a broken escape in the query", "POST", "/containers/create?a=%", "TARGET_MALFORMED"],
  ["a parameter twice", "POST", "/build?networkmode=none&networkmode=host", "TARGET_MALFORMED"],
  ["an API in which a start has a body", "POST", "/v1.23/containers/a/start", "TARGET_MALFORMED"],
])("refuses %s", (_what, method, uri, code) => {
  expect(() => readTarget(method, uri)).toThrow(expect.objectContaining({ code }));
});

it("reads the query as Go does", () => {
  const target = readTarget("POST", "/build?t=a&t=b&remote=a%2Bb+c&empty&=x&&dockerfile=D%3D");
  expect(target.query.get("t")).toEqual(["a", "b"]);
  expect(parameter(target, "remote")).toBe("a+b c");
  expect(parameter(target, "empty")).toBe("");
  expect(parameter(target, "dockerfile")).toBe("D=");
  expect(parameter(target, "absent")).toBe("");
});

it("never throws anything but its own error", () => {
  const methods = constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS");
  const read = (method: string, uri: string): boolean => {
    try {
      return readTarget(method, uri).path.startsWith("/");
    } catch (thrown) {
      return thrown instanceof GateError;
    }
  };
  assert(property(methods, string({ unit: "binary" }), read));
  assert(property(methods, webPath(), (method, path) => read(method, `/v1.45${path}`)));
});
