import { expect, it } from "vitest";
import { call } from "../../testdata/ports.ts";
import { type EngineRequest, readRequest } from "./request.ts";

const CREATE = "/v1.45/containers/create";

function withHeaders(request: EngineRequest, headers: Readonly<Record<string, string>>): EngineRequest {
  return { ...request, headers: new Map(Object.entries(headers)) };
}

const create = call("POST", CREATE, { Image: "a" });
const empty = call("POST", CREATE);
const tar = { "content-type": "application/x-tar", "content-length": "10240" };
const form = { "content-type": "Application/X-WWW-Form-Urlencoded; a=b", "content-length": "3" };

it.each<readonly [what: string, request: EngineRequest, code: string]>([
  ["a create without a body", empty, "BODY_UNSEEN"],
  [
    "a length of zero",
    withHeaders(empty, { "content-type": "application/json", "content-length": "0" }),
    "BODY_UNSEEN",
  ],
  ["a length without a body", withHeaders(empty, { "content-length": "100" }), "BODY_UNSEEN"],
  [
    "a part of a body",
    withHeaders(create, { "content-type": "application/json", "content-length": "99" }),
    "BODY_UNSEEN",
  ],
  ["another type", withHeaders(create, { "content-type": "text/plain" }), "CONTENT_TYPE_REFUSED"],
  ["no type", withHeaders(create, {}), "CONTENT_TYPE_REFUSED"],
  [
    "a length that is none",
    withHeaders(create, { "content-type": "application/json", "content-length": "x" }),
    "BODY_MALFORMED",
  ],
  ["a form on a create", withHeaders(create, form), "CONTENT_TYPE_REFUSED"],
  ["a form on a build", withHeaders(call("POST", "/build"), form), "CONTENT_TYPE_REFUSED"],
  [
    "a form of unknown length",
    withHeaders(call("POST", "/build"), { "content-type": "multipart/form-data; boundary=x" }),
    "CONTENT_TYPE_REFUSED",
  ],
  [
    "a form on a build behind a blank that Go strips alone",
    withHeaders(call("POST", "/build"), { "content-type": "application/x-www-form-urlencoded\u0085" }),
    "CONTENT_TYPE_REFUSED",
  ],
  [
    "a start with a host configuration",
    call("POST", "/containers/a/start", { Privileged: true }),
    "BODY_MALFORMED",
  ],
  [
    "an unseen body of a start",
    withHeaders(call("POST", "/containers/a/start"), { "content-length": "40" }),
    "BODY_MALFORMED",
  ],
  [
    "a commit with an unseen body",
    withHeaders(call("POST", "/commit?container=a"), { "content-length": "40" }),
    "BODY_UNSEEN",
  ],
])("refuses %s", (_what, request, code) => {
  expect(() => readRequest(request)).toThrow(expect.objectContaining({ code }));
});

it.each<readonly [what: string, request: EngineRequest]>([
  ["a create", create],
  [
    "a type with a parameter, in capitals",
    withHeaders(create, { "content-type": "Application/JSON ; charset=utf-8" }),
  ],
  ["a chunked body", withHeaders(create, { "content-type": "application/json" })],
  ["a build, whose body is never shown", withHeaders(call("POST", "/build"), tar)],
  ["an import", withHeaders(call("POST", "/images/create?fromSrc=-"), tar)],
  ["a load", withHeaders(call("POST", "/images/load"), tar)],
  ["an upload", withHeaders(call("PUT", "/containers/a/archive?path=/"), tar)],
  ["a commit without a body", withHeaders(call("POST", "/commit?container=a"), { "content-length": "0" })],
  ["a start with an empty object", call("POST", "/containers/a/start", {})],
  [
    "what dockerode says of a command",
    call("POST", "/exec/a/start", { hijack: true, stdin: true, Tty: false }),
  ],
  [
    "what docker-java says of a command",
    call("POST", "/containers/a/exec", { containerId: "a", Cmd: ["true"] }),
  ],
  ["what docker-java says of a commit", call("POST", "/commit?container=a", { containerId: "a", tag: "b" })],
  ["an empty form", withHeaders(call("POST", "/containers/a/start"), { ...form, "content-length": "0" })],
])("accepts %s", (_what, request) => {
  expect(readRequest(request).target.path).not.toBe("");
});

it("lets unknown keys pass only where it is told to", () => {
  const request = call("POST", CREATE, { Image: "a", Novelty: 1 });
  expect(() => readRequest(request)).toThrow(expect.objectContaining({ code: "BODY_KEY_UNKNOWN" }));
  expect(readRequest(request, { strictKeys: false }).body).toMatchObject({ Image: "a" });
});
