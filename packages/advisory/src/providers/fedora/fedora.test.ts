import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { fedoraUpdate } from "../../testdata/rpm-feeds.ts";

it.each([
  ["one update", fedoraUpdate()],
  ["a list", [fedoraUpdate()]],
  ["a page", { updates: [fedoraUpdate()], page: 1, pages: 1 }],
])("reads %s", async (_, value) => {
  const { advisories, malformed, entries } = await collect("fedora", JSON.stringify(value));
  expect({ entries, malformed }).toEqual({ entries: 1, malformed: [] });
  expect(advisories.map((a) => [a.id, a.package, a.ranges])).toEqual([
    ["CVE-2025-0001", "tool-lib", [{ fixed: "1.2-3.fc40" }]],
    ["CVE-2025-0002", "tool-lib", [{ fixed: "1.2-3.fc40" }]],
    ["CVE-2025-0001", "other", [{ fixed: "1:2-1.fc40" }]],
    ["CVE-2025-0002", "other", [{ fixed: "1:2-1.fc40" }]],
  ]);
  expect(advisories[0]).toMatchObject({
    document: "FEDORA-2025-0000000001",
    ecosystem: "Fedora:40",
    severity: "critical",
    ofSource: true,
  });
});

it("calls an update without bugs by its own name", async () => {
  const { advisories } = await collect(
    "fedora",
    JSON.stringify(fedoraUpdate({ bugs: [], severity: "unspecified" })),
  );
  expect(advisories[0]).toMatchObject({ id: "FEDORA-2025-0000000001", severity: "unknown" });
});

it.each([
  ["EPEL", { release: { version: "9", id_prefix: "FEDORA-EPEL" } }, "not of Fedora itself"],
  [
    "a release without a number",
    { release: { version: "eln", id_prefix: "FEDORA" } },
    "of no numbered release",
  ],
  ["a new feature", { type: "enhancement" }, "not about security"],
  ["what is being tested", { status: "testing" }, "not published"],
])("ignores %s", async (_, more, reason) => {
  const { advisories, ignored } = await collect("fedora", JSON.stringify(fedoraUpdate(more)));
  expect(ignored).toEqual([`FEDORA-2025-0000000001: ${reason}`]);
  expect(advisories).toEqual([]);
});

it("counts what cannot be read, and goes on", async () => {
  const bad = [1, { alias: "x" }, fedoraUpdate({ builds: [{ nvr: "tool", type: "rpm" }] }), fedoraUpdate()];
  const { advisories, malformed } = await collect("fedora", JSON.stringify(bad));
  expect(malformed).toEqual([
    "feed[0]: expected an alias and a release",
    "feed[1]: expected an alias and a release",
    'FEDORA-2025-0000000001: expected a build, found "tool"',
  ]);
  expect(advisories).toHaveLength(4);
});

it("refuses half a feed", async () => {
  await expect(collect("fedora", '{"updates": [')).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
});
