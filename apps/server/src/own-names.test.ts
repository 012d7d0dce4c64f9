import { expect, it } from "vitest";
import { type NameOptions, ownHosts, ownNames, ownOrigin } from "./own-names.ts";

const machine = { name: "Scanner-1", addresses: ["192.0.2.7", "2001:db8::7"] };
const options = (more: Partial<NameOptions>): NameOptions => ({
  host: "127.0.0.1",
  names: [],
  publicUrl: undefined,
  ...more,
});
const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

it.each<[string, Partial<NameOptions>, readonly string[]]>([
  ["on loopback, nothing else", {}, []],
  ["on one address, that and the machine's name", { host: "192.0.2.7" }, ["192.0.2.7", "scanner-1"]],
  ["everywhere, all of the machine's", { host: "::" }, ["192.0.2.7", "2001:db8::7", "scanner-1"]],
  ["everywhere by IPv4, those of the machine", { host: "0.0.0.0" }, ["192.0.2.7", "scanner-1"]],
  ["what it was given", { names: ["Pratique.Example"] }, ["pratique.example"]],
  ["its address outside", { publicUrl: "https://pratique.example:8443" }, ["pratique.example"]],
  ["its address outside, as a number", { publicUrl: "https://[2001:db8::9]" }, ["2001:db8::9"]],
])("a server has the names of %s", (_, more, expected) => {
  expect(ownNames(options(more), machine)).toEqual([...LOOPBACK, ...expected]);
});

it("is called by its names and its port, and by its address outside as that is written", () => {
  const hosts = ownHosts(["scanner-1", "2001:db8::7"], { port: 8443, publicUrl: "https://pratique.example" });
  expect([...hosts]).toEqual(["scanner-1:8443", "[2001:db8::7]:8443", "pratique.example"]);
});

it("is called without a port where browsers leave it out", () => {
  const hosts = ownHosts(["scanner-1", "::1"], { port: 443, publicUrl: undefined });
  expect([...hosts]).toEqual(["scanner-1:443", "scanner-1", "[::1]:443", "[::1]"]);
});

it.each<[Partial<NameOptions>, string]>([
  [{}, "https://127.0.0.1:8443"],
  [{ host: "0.0.0.0" }, "https://Scanner-1:8443"],
  [{ host: "::", publicUrl: "https://pratique.example" }, "https://pratique.example"],
])("of %j the address is %s", (more, expected) => {
  expect(ownOrigin(options(more), machine, 8443)).toBe(expected);
});
