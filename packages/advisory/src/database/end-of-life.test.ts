import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Distro } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { buildDatabase, openDatabase } from "../index.ts";

function ask(distro: Distro, today: string, directory: string) {
  using database = openDatabase(directory, { clock: () => new Date(`${today}T12:00:00Z`) });
  return database.endOfLife(distro);
}

const focal: Distro = { id: "ubuntu", version: "20.04" };

it.each<[string, Distro, string, string | undefined]>([
  ["on its last day", focal, "2025-05-31", undefined],
  ["on the day after", focal, "2025-06-01", "2025-05-31"],
  ["for a subscriber", { ...focal, services: ["esm-infra"] }, "2025-06-01", undefined],
  [
    "for one who subscribed to something else",
    { ...focal, services: ["livepatch"] },
    "2025-06-01",
    "2025-05-31",
  ],
  ["for a subscriber, in the end", { ...focal, services: ["esm-infra"] }, "2031-01-01", "2030-04-30"],
  ["with a point release", { id: "debian", version: "10.13" }, "2026-01-01", "2024-06-30"],
  ["during LTS", { id: "debian", version: "12.5" }, "2027-01-01", undefined],
  [
    "of a branch older than the release",
    { id: "alpine", version: "3.23.0", branch: "v3.9" },
    "2026-01-01",
    "2020-11-01",
  ],
  ["of a branch without end", { id: "alpine", version: "3.9.0", branch: "edge" }, "2026-01-01", undefined],
  ["of CentOS Linux", { id: "centos", version: "8", name: "CentOS Linux 8" }, "2022-01-01", "2021-12-31"],
  ["of CentOS Stream", { id: "centos", version: "8", name: "CentOS Stream 8" }, "2022-01-01", undefined],
  ["that nobody knows", { id: "ubuntu", version: "77.04" }, "2099-01-01", undefined],
  ["of a distribution that rolls on", { id: "wolfi", version: "20230201" }, "2099-01-01", undefined],
])("knows of itself the end of a release %s", (_, distro, today, since) => {
  using directory = tempDirectory();
  expect(ask(distro, today, directory.path)).toEqual(
    since === undefined ? undefined : { since, source: "built in" },
  );
});

it("believes a feed rather than itself, also after the next build", async () => {
  using directory = tempDirectory();
  const feed = join(directory.path, "eol.json");
  const releases = [
    { name: "20.04", eolFrom: "2024-01-01" },
    { name: "18.04", eolFrom: null },
  ];
  writeFileSync(feed, JSON.stringify({ result: [{ name: "ubuntu", releases }] }));
  const kev = join(directory.path, "kev.json");
  writeFileSync(kev, JSON.stringify({ vulnerabilities: [{ cveID: "CVE-2014-6271" }] }));
  const at = join(directory.path, "database");
  const clock = () => new Date("2026-01-01T00:00:00Z");
  await buildDatabase({ directory: at, from: [{ provider: "eol", location: feed }], clock });
  await buildDatabase({ directory: at, from: [{ provider: "kev", location: kev }], clock });
  expect(ask(focal, "2024-01-02", at)).toEqual({ since: "2024-01-01", source: "eol" });
  expect(ask({ ...focal, version: "18.04" }, "2024-01-02", at)).toBeUndefined();
  expect(ask({ ...focal, version: "16.04" }, "2024-01-02", at)).toEqual({
    since: "2021-04-30",
    source: "built in",
  });
});
