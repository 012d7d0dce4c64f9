import type { TrackedContainer } from "@pratique/sensor";
import { expect, it } from "vitest";
import { containerNamed } from "./container-named.ts";

const WEB = "aaaa".padEnd(64, "0");
const DB = "aabb".padEnd(64, "1");

function running(id: string, name?: string): TrackedContainer {
  const details = name === undefined ? undefined : { id, name, image: "app" };
  // Sound: nothing else of a container is read.
  return { identity: { id, runtime: "docker" }, details } as unknown as TrackedContainer;
}

const containers = [
  running(WEB, "web"),
  running(DB, "aaaa"),
  running("cccc0", "twin"),
  running("cccc1", "twin"),
];

it.each([
  ["its id", WEB, WEB],
  ["its name", "web", WEB],
  ["the beginning of its id", "aabb", DB],
  ["a name before another's beginning", "aaaa", DB],
])("finds a container by %s", (_, named, id) => {
  expect(containerNamed(named, containers).id).toBe(id);
});

it("takes nobody for another who is called like its id", () => {
  const impostor = [running("c".repeat(64), WEB)];
  expect(() => containerNamed(WEB, impostor)).toThrow(/^no container/u);
});

it.each([
  ["nobody", "nobody", /^no container "nobody" runs on this host$/u],
  ["too short a beginning", "aab", /^no container/u],
  ["a name of two", "twin", /^"twin" may be any of 2 containers: give the id$/u],
  ["a beginning of two", "cccc", /^"cccc" may be any of 2/u],
])("refuses %s", (_, named, message) => {
  expect(() => containerNamed(named, containers)).toThrow(message);
});

it("does nothing about whom nothing is known of yet", () => {
  expect(() => containerNamed(WEB, [running(WEB)])).toThrow(/try again$/u);
});
