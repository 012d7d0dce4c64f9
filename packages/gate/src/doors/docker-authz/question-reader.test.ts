import { array, assert, integer, property, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { GateError } from "../../errors.ts";
import { type Question, QuestionReader } from "./question-reader.ts";

const HEAD = [
  "POST /AuthZPlugin.AuthZReq HTTP/1.1",
  "Host: %2Frun%2Fdocker%2Fplugins%2Fpratique.sock",
  "User-Agent: Go-http-client/1.1",
  "Content-Length: 4",
  "Accept: application/vnd.docker.plugins.v1.2+json",
  "Accept-Encoding: gzip",
];

const QUESTION = message(HEAD, "body");

function message(head: readonly string[], body = ""): Buffer {
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`, "latin1");
}

function withHeader(header: string): Buffer {
  return message([...HEAD, header], "body");
}

function shown(question: Question | undefined) {
  return question === undefined
    ? undefined
    : { path: question.path, body: question.body && Buffer.from(question.body).toString() };
}

it("reads a question as the engine's plugin client sends it", () => {
  const reader = new QuestionReader(() => 100);
  expect(shown(reader.push(QUESTION))).toEqual({ path: "/AuthZPlugin.AuthZReq", body: "body" });
  expect(reader.isAmid).toBe(false);
});

it("reads a question without content", () => {
  const reader = new QuestionReader(() => 100);
  const head = ["POST /Plugin.Activate HTTP/1.1", "Content-Length: 0"];
  expect(shown(reader.push(message(head)))).toEqual({ path: "/Plugin.Activate", body: "" });
});

it("reads the same questions, however their bytes arrive", () => {
  const twice = [QUESTION, QUESTION];
  assert(
    property(array(integer({ min: 1, max: QUESTION.byteLength - 1 }), { maxLength: 8 }), (cuts) => {
      const reader = new QuestionReader(() => 100);
      for (const bytes of twice) {
        const ends = [...new Set([...cuts, bytes.byteLength])].toSorted((left, right) => left - right);
        const read = ends.map((end, index) => reader.push(bytes.subarray(ends[index - 1] ?? 0, end)));
        expect(read.slice(0, -1)).toEqual(Array(ends.length - 1).fill(undefined));
        expect(shown(read.at(-1))).toEqual({ path: "/AuthZPlugin.AuthZReq", body: "body" });
      }
    }),
  );
});

it("tells while a question is arriving", () => {
  const reader = new QuestionReader(() => 100);
  for (const end of [1, QUESTION.byteLength - 1]) {
    reader.push(QUESTION.subarray(end === 1 ? 0 : 1, end));
    expect(reader.isAmid).toBe(true);
  }
});

it("passes over a body that is longer than is kept, and reads the next question", () => {
  const reader = new QuestionReader((path) => (path === "/long" ? 3 : 4));
  const long = message(["POST /long HTTP/1.1", "Content-Length: 4"], "body");
  expect(reader.push(long)).toEqual({ path: "/long", body: undefined });
  expect(shown(reader.push(QUESTION))?.body).toBe("body");
});

it.each([
  ["another method", message(["GET /Plugin.Activate HTTP/1.1", "Content-Length: 0"])],
  ["an older version", message(["POST /Plugin.Activate HTTP/1.0", "Content-Length: 0"])],
  ["a request target with a blank", message(["POST /a b HTTP/1.1", "Content-Length: 0"])],
  ["a request target with a host", message(["POST http://h/a HTTP/1.1", "Content-Length: 0"])],
  ["nothing", message([""])],
  ["no length", message(["POST / HTTP/1.1", "Host: h"], "body")],
  ["two lengths", withHeader("Content-Length: 4")],
  ["two lengths that differ", withHeader("content-length: 5")],
  ["two lengths in one", message(["POST / HTTP/1.1", "Content-Length: 4, 4"], "body")],
  ["a signed length", message(["POST / HTTP/1.1", "Content-Length: +4"], "body")],
  ["a length in hexadecimal digits", message(["POST / HTTP/1.1", "Content-Length: 0x4"], "body")],
  ["a length that no number holds", message(["POST / HTTP/1.1", `Content-Length: ${"9".repeat(40)}`])],
  ["an empty length", message(["POST / HTTP/1.1", "Content-Length: "])],
  ["a body in chunks", withHeader("Transfer-Encoding: chunked")],
  ["a packed body", withHeader("Content-Encoding: gzip")],
  ["somebody who waits to be told to go on", withHeader("Expect: 100-continue")],
  ["a wish to speak something else", withHeader("Upgrade: h2c")],
  ["a blank before the colon", withHeader("Transfer-Encoding : chunked")],
  ["a folded header", withHeader(" folded")],
  ["a line that is no header", withHeader("nonsense")],
  ["a bare line feed in a header", withHeader("A: b\nTransfer-Encoding: chunked")],
  ["a bare carriage return in a header", withHeader("A: b\rTransfer-Encoding: chunked")],
  ["a control character in a header", withHeader("A: \0")],
  ["something behind the body", Buffer.concat([QUESTION, Buffer.from("P")])],
  ["a head that does not end", Buffer.alloc(8 * 1024, "a")],
  ["a head that ends too late", withHeader(`A: ${"b".repeat(8 * 1024)}`)],
])("refuses %s", (_, bytes) => {
  expect(() => new QuestionReader(() => 100).push(bytes)).toThrow(
    expect.objectContaining({ code: "MESSAGE_MALFORMED" }),
  );
});

it("never throws anything but its own error", () => {
  assert(
    property(array(uint8Array()), (chunks) => {
      const reader = new QuestionReader(() => 100);
      try {
        for (const chunk of chunks) reader.push(chunk);
        return true;
      } catch (thrown) {
        return thrown instanceof GateError;
      }
    }),
  );
});
