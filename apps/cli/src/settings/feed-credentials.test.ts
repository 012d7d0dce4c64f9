import { chmodSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { readFeedCredentials } from "./feed-credentials.ts";

function read(content: string, mode = 0o400) {
  using directory = tempDirectory();
  writeFileSync(directory.at("feeds.json"), content);
  chmodSync(directory.at("feeds.json"), mode);
  return readFeedCredentials(directory.at("feeds.json"));
}

it.each([
  [{ username: "reader", password: "word" }, { authorization: "Basic cmVhZGVyOndvcmQ=" }],
  [{ bearer: "abc" }, { authorization: "Bearer abc" }],
  [{ authorization: "abc" }, { authorization: "abc" }],
  [{ authKey: "abc" }, { "auth-key": "abc" }],
])("makes headers of %j, for one origin alone", (given, headers) => {
  const credentials = read(JSON.stringify({ "https://feeds.example": given }));
  expect(credentials("https://feeds.example")).toEqual(headers);
  for (const other of ["https://feeds.example:8443", "http://feeds.example", "https://a.feeds.example"]) {
    expect(credentials(other)).toEqual({});
  }
});

it.each([
  ["a file that others can read", "{}", 0o440],
  ["what is not JSON", '{"hunter2', 0o400],
  ["a path behind the origin", '{"https://feeds.example/a":{"bearer":"hunter2"}}', 0o400],
  ["another kind of secret", '{"https://feeds.example":{"hunter2":"hunter2"}}', 0o400],
  ["a line break in a secret", '{"https://feeds.example":{"bearer":"hunter2\\r\\nx: y"}}', 0o400],
])("refuses %s, and tells no secret", (_, content, mode) => {
  const refusal = { code: "CONFIG_INVALID", message: expect.not.stringContaining("hunter2") };
  expect(() => read(content, mode)).toThrow(expect.objectContaining(refusal));
});

it("has none where there is no file, and says where the one that is named is missing", () => {
  expect(readFeedCredentials(undefined)("https://feeds.example")).toEqual({});
  expect(() => readFeedCredentials("/nowhere")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});
