import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";

function products(...list: readonly unknown[]): string {
  return JSON.stringify({ result: list });
}

it("reads when releases end, of distributions only", async () => {
  const feed = products(
    {
      name: "ubuntu",
      releases: [
        { name: "24.04", isEol: false, eolFrom: "2029-05-31", eoesFrom: "2034-04-25" },
        { name: "18.04", isEol: true, eolFrom: "2023-05-31" },
        { name: "30.04", isEol: false, eolFrom: null },
      ],
    },
    { name: "python", releases: [{ name: "2.7", eolFrom: "2020-01-01" }] },
    { name: "debian", releases: [{ name: "12", eolFrom: "2026-06-10", eoesFrom: "2028-06-30" }] },
    { name: "centos-stream", releases: [{ name: "9", eolFrom: "2027-05-31" }] },
    { name: "amazon-linux", releases: [{ name: "2018.03", eolFrom: "2023-12-31" }] },
    { name: "azure-linux", releases: [{ name: "2.0", eolFrom: "2025-07-31", eoesFrom: "2030-01-01" }] },
  );
  const { ends, malformed, entries } = await collect("eol", feed);
  expect(malformed).toEqual([]);
  expect(entries).toBe(8);
  expect(ends).toEqual([
    { distro: "ubuntu", release: "24.04", ends: "2029-05-31", endsForSubscribers: "2034-04-25" },
    { distro: "ubuntu", release: "18.04", ends: "2023-05-31" },
    { distro: "ubuntu", release: "30.04" },
    { distro: "debian", release: "12", ends: "2028-06-30" },
    { distro: "centos", release: "stream-9", ends: "2027-05-31" },
    { distro: "amzn", release: "2018", ends: "2023-12-31" },
    { distro: "azurelinux", release: "2.0", ends: "2025-07-31" },
    { distro: "mariner", release: "2.0", ends: "2025-07-31" },
  ]);
});

it("reads one product, as it is served by itself", async () => {
  const feed = JSON.stringify({
    result: { name: "fedora", releases: [{ name: "40", eolFrom: "2025-05-13" }] },
  });
  expect((await collect("eol", feed)).ends).toEqual([
    { distro: "fedora", release: "40", ends: "2025-05-13" },
  ]);
});

it.each<[string, unknown]>([
  ["a day that is none", { name: "18.04", eolFrom: "soon" }],
  ["a day that the calendar has not", { name: "18.04", eolFrom: "2023-15-01" }],
])("says that it does not understand %s, and reads on", async (_, release) => {
  const feed = products({ name: "ubuntu", releases: [release, { name: "20.04", eolFrom: "2025-05-31" }] }, 5);
  const { ends, malformed } = await collect("eol", feed);
  expect(ends).toEqual([{ distro: "ubuntu", release: "20.04", ends: "2025-05-31" }]);
  expect(malformed).toHaveLength(2);
});

it("passes over a release that never ends", async () => {
  const { ends, ignored } = await collect(
    "eol",
    products({ name: "opensuse", releases: [{ name: "tumbleweed" }] }),
  );
  expect([ends, ignored.length]).toEqual([[], 1]);
});

it.each([["{"], ["[]"], ['{"result":"none"}']])("refuses %s", async (text) => {
  await expect(collect("eol", text)).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
});
