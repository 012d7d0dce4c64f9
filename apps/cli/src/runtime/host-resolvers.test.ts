import { getServers } from "node:dns";
import { writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { hostResolvers } from "./host-resolvers.ts";

it("knows whom the host asks, and whom its own resolver asks", () => {
  using directory = tempDirectory();
  writeFileSync(
    directory.at("resolv.conf"),
    "# a comment\nnameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch example\nnameserver nonsense\n",
  );
  const resolvers = hostResolvers(directory.at("resolv.conf"));
  expect(resolvers).toContain("192.0.2.53");
  expect(resolvers).toContain("2001:db8::53");
  expect(resolvers).not.toContain("nonsense");
  for (const server of getServers().filter((each) => /^[\d.]+$/u.test(each)))
    expect(resolvers).toContain(server);
});

it("does without that file", () => {
  expect(hostResolvers("/nowhere")).toEqual(expect.any(Array));
});
