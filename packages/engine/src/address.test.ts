import { expect, it } from "vitest";
import { formatEngineAddress, parseEngineAddress } from "./address.ts";

it.each([
  ["unix:///var/run/docker.sock", "unix:///var/run/docker.sock"],
  ["tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375"],
  ["tcp://docker.example", "tcp://docker.example:2375"],
  ["tcp://[::1]:9999", "tcp://[::1]:9999"],
  ["http://docker.example:80/", "tcp://docker.example:80"],
  ["https://docker.example", "https://docker.example:2376"],
  ["https://docker.example:443", "https://docker.example:443"],
])("reads %s as %s", (text, expected) => {
  expect(formatEngineAddress(parseEngineAddress(text))).toBe(expected);
});

it("speaks TLS over tcp when told to", () => {
  expect(formatEngineAddress(parseEngineAddress("tcp://a.example", { tlsVerify: true }))).toBe(
    "https://a.example:2376",
  );
});

it.each([
  "",
  "/var/run/docker.sock",
  "unix://docker.sock",
  "ssh://user@host",
  "npipe:////./pipe/docker_engine",
  "tcp://user:secret@host:2375",
  "tcp://host:2375/path",
  "tcp://host:99999",
  "http://host?x=y",
])("refuses %j", (text) => {
  expect(() => parseEngineAddress(text)).toThrow(
    expect.objectContaining({ code: "ENGINE_ADDRESS_MALFORMED" }),
  );
});
