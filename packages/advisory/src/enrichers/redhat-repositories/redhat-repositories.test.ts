import { writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { buildDatabase, openDatabase } from "../../index.ts";
import { collect } from "../../testdata/collect.ts";

const map = JSON.stringify({
  data: {
    "rhel-8-for-x86_64-baseos-eus-rpms": {
      cpes: ["cpe:/o:redhat:rhel_eus:8.6::baseos", "cpe:/o:redhat:rhel_eus:8.4::baseos"],
      repo_relative_urls: ["content/eus/rhel8/8.6/x86_64/baseos/os"],
    },
    broken: { cpes: "cpe:/o:redhat:enterprise_linux:8" },
    odd: { cpes: [1] },
  },
});

it("reads which releases a repository belongs to, and says what it cannot read", async () => {
  const { repositories, malformed, entries } = await collect("redhat-repositories", map);
  expect(repositories).toEqual([
    {
      name: "rhel-8-for-x86_64-baseos-eus-rpms",
      cpes: ["cpe:/o:redhat:rhel_eus:8.4::baseos", "cpe:/o:redhat:rhel_eus:8.6::baseos"],
    },
  ]);
  expect([entries, malformed]).toEqual([
    1,
    ["feed: broken: expected a list of CPEs", "feed: odd: expected a list of CPEs"],
  ]);
});

it.each(["[]", "{}", '{"data": []}'])("refuses %s", async (text) => {
  await expect(collect("redhat-repositories", text)).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
});

it("answers from the database for the repositories that it knows", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("repository-to-cpe.json"), map);
  const clock = () => new Date(0);
  await buildDatabase({
    directory: directory.at("database"),
    from: [{ provider: "redhat-repositories", location: directory.path }],
    clock,
  });
  using database = openDatabase(directory.at("database"), { clock });
  expect(database.repositoryCpes("rhel-8-for-x86_64-baseos-eus-rpms")).toHaveLength(2);
  expect(database.repositoryCpes("broken")).toBeUndefined();
  expect(database.details("repository of broken")).toBeUndefined();
});
