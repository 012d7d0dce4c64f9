import { assert, property, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { GateError } from "../../errors.ts";
import { answerEngine, readMessage } from "./protocol.ts";

it("reads what the engine says of a call", () => {
  const message = {
    User: "ann",
    UserAuthNMethod: "TLS",
    RequestMethod: "POST",
    RequestUri: "/v1.45/containers/create",
    RequestBody: Buffer.from('{"Image":"a"}').toString("base64"),
    RequestHeaders: { "Content-Type": "application/json", "Content-Length": "13" },
  };
  const request = readMessage(Buffer.from(JSON.stringify(message)));
  expect({ ...request, body: Buffer.from(request.body).toString() }).toEqual({
    method: "POST",
    uri: "/v1.45/containers/create",
    headers: new Map([
      ["content-type", "application/json"],
      ["content-length", "13"],
    ]),
    body: '{"Image":"a"}',
    caller: "ann",
  });
});

it.each(["", "null", "[]", '"x"', "{}", '{"RequestMethod":"GET"}', '{"RequestMethod":1,"RequestUri":2}'])(
  "refuses %j",
  (text) => {
    expect(() => readMessage(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: "MESSAGE_MALFORMED" }),
    );
  },
);

it("never throws anything but its own error", () => {
  assert(
    property(uint8Array(), (bytes) => {
      try {
        return readMessage(bytes).method !== "";
      } catch (thrown) {
        return thrown instanceof GateError;
      }
    }),
  );
});

it("says of a call that comes again without its content what to do", () => {
  expect(() => readMessage(new Uint8Array())).toThrow(/started anew while it judged this call: try again/u);
});

it("has the end of a call answered before it is read, and told before anything else is", async () => {
  const told: unknown[] = [];
  const listener = {
    decide: async () => ({ allow: false, message: "" }),
    settled: async () => undefined,
    ended: (reply: unknown) => void told.push(reply),
  };
  const body = Buffer.from(
    JSON.stringify({
      RequestMethod: "POST",
      RequestUri: "/containers/create",
      ResponseStatusCode: 201,
      ResponseBody: Buffer.from("made").toString("base64"),
    }),
  );
  const answer = await answerEngine({ path: "/AuthZPlugin.AuthZRes", body }, listener);
  expect([answer.text, told]).toEqual(['{"Allow":true}', []]);
  answer.afterwards?.();
  expect(told).toEqual([
    { method: "POST", uri: "/containers/create", status: 201, body: Buffer.from("made") },
  ]);
});

it("tells who waits for the end of a call that it is not recorded, and what it came to all the same", async () => {
  const told: unknown[] = [];
  const listener = {
    decide: async () => ({ allow: false, message: "" }),
    settled: async () => {
      throw new Error("no space left on device");
    },
    ended: (reply: unknown) => void told.push(reply),
  };
  const answer = await answerEngine({ path: "/AuthZPlugin.AuthZRes", body: undefined }, listener);
  expect(JSON.parse(answer.text)).toEqual({
    Allow: false,
    Msg: "the call was carried out, but not recorded: no space left on device",
  });
  answer.afterwards?.();
  expect(told).toEqual([undefined]);
});
