import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";

const state = {
  fixed: false,
  published: true,
  repo: "3.20-community",
  packageName: "jenkins",
  packageVersion: "2.297-r0",
};

function tracked(states: unknown, id: unknown = "CVE-2019-1003051"): string {
  return JSON.stringify({ id, state: states, cpeMatch: [] });
}

it("tells what each branch leaves open, and that it is not certain", async () => {
  const states = [state, { ...state, repo: "edge-community", packageVersion: "2.300-r0" }];
  const { advisories, malformed, entries } = await collect("alpine-tracker", tracked(states));
  expect([malformed, entries]).toEqual([[], 1]);
  expect(advisories).toMatchObject([
    {
      id: "CVE-2019-1003051",
      ecosystem: "Alpine:v3.20",
      package: "jenkins",
      ranges: [{ lastAffected: "2.297-r0" }],
      status: "affected",
      doubtful: true,
    },
    { ecosystem: "Alpine:edge", ranges: [{ lastAffected: "2.300-r0" }] },
  ]);
});

it("reads names that are addresses", async () => {
  const text = tracked(
    [{ ...state, repo: "https://security.alpinelinux.org/branch/3.20-main" }],
    "https://security.alpinelinux.org/vuln/CVE-2019-1003051",
  );
  expect((await collect("alpine-tracker", text)).advisories).toMatchObject([
    { id: "CVE-2019-1003051", ecosystem: "Alpine:v3.20" },
  ]);
});

it("reads several in one list", async () => {
  const text = `[${tracked([state])},${tracked([state], "CVE-2020-0001")}]`;
  expect((await collect("alpine-tracker", text)).advisories.map(({ id }) => id)).toEqual([
    "CVE-2019-1003051",
    "CVE-2020-0001",
  ]);
});

it.each([
  ["is fixed", { ...state, fixed: true }],
  ["a branch no longer has", { ...state, published: false }],
  ["is of no branch", { ...state, repo: "somewhere" }],
  ["has no version", { ...state, packageVersion: "" }],
  ["does not say whether it is fixed", { ...state, fixed: undefined }],
])("says nothing of what %s", async (_, one) => {
  const { advisories, ignored, malformed } = await collect("alpine-tracker", tracked([one]));
  expect([advisories, malformed]).toEqual([[], []]);
  expect(ignored).toHaveLength(1);
});

it.each([
  ["no identifier", tracked([state], 5)],
  ["another identifier", tracked([state], "../../etc/passwd")],
  ["no states", tracked(undefined)],
  ["another document", "{}"],
  ["a word", '"word"'],
])("counts %s", async (_, text) => {
  const { malformed, advisories } = await collect("alpine-tracker", text);
  expect(malformed).toEqual([expect.stringContaining("expected a vulnerability with its states")]);
  expect(advisories).toEqual([]);
});

it("refuses half a document", async () => {
  const half = tracked([state]).slice(0, -5);
  await expect(collect("alpine-tracker", half)).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
});
