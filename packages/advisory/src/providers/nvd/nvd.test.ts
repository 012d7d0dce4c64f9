import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { nvd } from "./nvd.ts";

interface Match {
  readonly criteria: string;
  readonly vulnerable?: boolean;
  readonly [bound: string]: unknown;
}

const NGINX = "cpe:2.3:a:f5:nginx:*:*:*:*:*:*:*:*";

function cveWith(configurations: unknown, more: object = {}) {
  return { id: "CVE-2021-23017", vulnStatus: "Analyzed", configurations, ...more };
}

function oneOf(...matches: readonly Match[]) {
  return [
    {
      nodes: [
        { operator: "OR", negate: false, cpeMatch: matches.map((one) => ({ vulnerable: true, ...one })) },
      ],
    },
  ];
}

function feedOf(...cves: readonly unknown[]): string {
  return JSON.stringify({ format: "NVD_CVE", version: "2.0", vulnerabilities: cves.map((cve) => ({ cve })) });
}

async function affected(configurations: unknown) {
  const { advisories, malformed } = await collect("nvd", feedOf(cveWith(configurations)));
  expect(malformed).toEqual([]);
  return advisories.map(({ package: name, ranges, versions = [], doubtful = false, note }) => ({
    name,
    ranges,
    versions,
    doubtful,
    ...(note !== undefined && { note }),
  }));
}

it("begins with the feeds of all years, which it knows by their names", () => {
  const years = nvd.feeds.map((feed) => /nvdcve-2\.0-(?<year>\d{4})\.json\.gz$/u.exec(feed)?.groups?.year);
  expect(years.slice(0, -1)).toEqual(Array.from({ length: 25 }, (_, index) => `${2002 + index}`));
  expect(nvd.feeds.slice(0, -1).every((feed) => nvd.wants(new URL(feed).pathname))).toBe(true);
});

it("reads a feed of a year", async () => {
  const cve = cveWith(
    oneOf({ criteria: NGINX, versionStartIncluding: "0.6.18", versionEndExcluding: "1.20.1" }),
    {
      published: "2021-06-01T13:15:07.853",
      descriptions: [
        { lang: "es", value: "Un problema" },
        { lang: "en", value: "A security issue in nginx resolver" },
      ],
      metrics: {
        cvssMetricV2: [{ cvssData: { vectorString: "AV:N/AC:M/Au:N/C:P/I:P/A:P" } }],
        cvssMetricV31: [{ cvssData: { vectorString: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:L" } }],
      },
      references: [{ url: "https://example.org/a" }],
    },
  );
  const { advisories, details, entries } = await collect("nvd", feedOf(cve, cve), {
    path: "nvdcve-2.0-2021.json",
  });
  expect(entries).toBe(2);
  expect(advisories[0]).toEqual({
    id: "CVE-2021-23017",
    aliases: [],
    document: "CVE-2021-23017",
    ecosystem: "NVD",
    package: "nginx",
    ranges: [{ introduced: "0.6.18", fixed: "1.20.1" }],
    status: "fixed",
    severity: "high",
    cvss: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:L",
  });
  expect(details[0]).toEqual({
    id: "CVE-2021-23017",
    description: "A security issue in nginx resolver",
    severity: "high",
    published: "2021-06-01T13:15:07.853",
    urls: ["https://example.org/a"],
  });
});

it.each([
  [
    "with the CVE beside a note",
    (cve: object) => ({ _annotation: { cve_id: "CVE-2021-23017" }, cve: { ...cve, id: undefined } }),
  ],
  ["with nothing but the CVE", (cve: object) => cve],
])("reads a file for one CVE, %s", async (_, wrap) => {
  const cve = cveWith(oneOf({ criteria: NGINX, versionEndExcluding: "1.20.1" }));
  const { advisories } = await collect("nvd", JSON.stringify(wrap(cve)), {
    path: "2021/CVE-2021-23017.json",
  });
  expect(advisories).toMatchObject([{ id: "CVE-2021-23017", package: "nginx" }]);
});

it.each<[string, Omit<Match, "criteria">, object]>([
  ["up to a version", { versionEndIncluding: "1.2" }, { ranges: [{ lastAffected: "1.2" }] }],
  [
    "behind a version",
    { versionStartExcluding: "1.2", versionEndExcluding: "1.4" },
    { ranges: [{ introduced: "1.2.0.0.0.1", fixed: "1.4" }] },
  ],
  [
    "from a version on, without an end",
    { versionStartIncluding: "1.2" },
    { ranges: [{ introduced: "1.2" }], doubtful: true, note: "NVD names no version with which it ends" },
  ],
  [
    "a whole branch",
    { versionStartIncluding: "4.0", versionEndExcluding: "4.*" },
    { ranges: [{ introduced: "4.0", lastAffected: "4.999999" }] },
  ],
  ["every version", {}, { ranges: [{}], doubtful: true }],
])("reads %s", async (_, bounds, expected) => {
  expect(await affected(oneOf({ criteria: NGINX, ...bounds }))).toMatchObject([expected]);
});

it.each([
  ["nginx", "cpe:2.3:a:f5:nginx:1.20.0:*:*:*:*:*:*:*", "1.20.0"],
  ["openssh", "cpe:2.3:a:openbsd:openssh:9.8:p1:*:*:*:*:*:*", "9.8-p1"],
  ["python", "cpe:2.3:a:python:python:3.13.0:alpha1:*:*:*:*:*:*", "3.13.0-alpha1"],
  ["java", "cpe:2.3:a:oracle:openjdk:8:update202:*:*:*:*:*:*", "8.0.202"],
  ["java", "cpe:2.3:a:oracle:openjdk:1.8.0:update_202:*:*:*:*:*:*", "8.0.202"],
  ["java", "cpe:2.3:a:oracle:openjdk:17.0.8:*:*:*:*:*:*:*", "17.0.8"],
  ["erlang", String.raw`cpe:2.3:a:erlang:erlang\/otp:27.0:rc1:*:*:*:*:*:*`, "27.0-rc1"],
])("reads a version of %s", async (name, criteria, version) => {
  expect(await affected(oneOf({ criteria }))).toEqual([
    { name, ranges: [], versions: [version], doubtful: false },
  ]);
});

it("joins what several nodes say of one program under its several names", async () => {
  const bounds = { vulnerable: true, versionEndExcluding: "1.29.5" };
  const nodes = [NGINX, "cpe:2.3:a:nginx:nginx:*:*:*:*:*:*:*:*"].map((criteria) => ({
    operator: "OR",
    cpeMatch: [{ ...bounds, criteria }],
  }));
  expect(await affected([{ nodes }])).toEqual([
    { name: "nginx", ranges: [{ fixed: "1.29.5" }], versions: [], doubtful: false },
  ]);
});

it.each([
  ["together with an operating system", "cpe:2.3:o:microsoft:windows:-:*:*:*:*:*:*:*"],
  ["together with another product", "cpe:2.3:a:example:module:*:*:*:*:*:*:*:*"],
])("doubts what is said of it %s", async (_, criteria) => {
  const nodes = [
    { operator: "OR", cpeMatch: [{ vulnerable: true, criteria: NGINX, versionEndExcluding: "1.4" }] },
    { operator: "OR", cpeMatch: [{ vulnerable: false, criteria }] },
  ];
  const [found] = await affected([{ operator: "AND", nodes }]);
  expect(found).toMatchObject({
    doubtful: true,
    note: expect.stringContaining("together with others, such as"),
  });
  expect(await affected([{ nodes }])).toMatchObject([{ doubtful: false }]);
});

it("does not doubt what is said of it together with Linux among other systems", async () => {
  const systems = ["apple:macos:-", "linux:linux_kernel:-", "microsoft:windows:-"].map((system) => ({
    vulnerable: false,
    criteria: `cpe:2.3:o:${system}:*:*:*:*:*:*:*`,
  }));
  const chrome = "cpe:2.3:a:google:chrome:*:*:*:*:*:*:*:*";
  const [program] = oneOf({ criteria: chrome, versionEndExcluding: "127.0.6533.88" })[0]?.nodes ?? [];
  const nodes = [program, { operator: "OR", cpeMatch: systems }];
  expect(await affected([{ operator: "AND", nodes }])).toMatchObject([{ name: "chrome", doubtful: false }]);
  const all = [program, { operator: "AND", cpeMatch: systems }];
  expect(await affected([{ operator: "AND", nodes: all }])).toMatchObject([{ doubtful: true }]);
});

it.each([
  ["mozilla:firefox:*:*:*:*:esr:*:*:*", "firefox-esr"],
  ["mozilla:firefox_esr:*:*:*:*:*:*:*:*", "firefox-esr"],
  ["mozilla:firefox:*:*:*:*:-:*:*:*", "firefox"],
  ["mozilla:firefox:*:*:*:*:*:*:*:*", "firefox"],
])("knows the program by its edition: %s", async (product, name) => {
  const criteria = `cpe:2.3:a:${product}`;
  expect(await affected(oneOf({ criteria, versionEndExcluding: "115.13.0" }))).toMatchObject([
    { name, doubtful: false },
  ]);
});

it.each([
  ["a build for Windows", "cpe:2.3:a:f5:nginx:*:*:*:*:*:windows:*:*"],
  ["another edition", "cpe:2.3:a:redis:redis:*:*:*:*:enterprise:*:*:*"],
])("doubts what is said of %s", async (_, criteria) => {
  expect(await affected(oneOf({ criteria, versionEndExcluding: "9" }))).toMatchObject([{ doubtful: true }]);
});

it("doubts what is disputed", async () => {
  const cve = cveWith(oneOf({ criteria: NGINX, versionEndExcluding: "1.4" }), {
    cveTags: [{ tags: ["disputed"] }],
  });
  const { advisories } = await collect("nvd", feedOf(cve));
  expect(advisories).toMatchObject([{ doubtful: true, note: "disputed, says NVD" }]);
});

it.each([
  ["another product", cveWith(oneOf({ criteria: "cpe:2.3:a:example:thing:*:*:*:*:*:*:*:*" }))],
  [
    "an operating system of the same name",
    cveWith(oneOf({ criteria: "cpe:2.3:o:f5:nginx:*:*:*:*:*:*:*:*" })),
  ],
  ["what is not vulnerable", cveWith(oneOf({ criteria: NGINX, vulnerable: false }))],
  ["no version at all", cveWith(oneOf({ criteria: "cpe:2.3:a:f5:nginx:-:*:*:*:*:*:*:*" }))],
  ["a name that is none", cveWith(oneOf({ criteria: "cpe:/a:f5:nginx" }))],
  ["a rejected CVE", { ...cveWith(oneOf({ criteria: NGINX })), vulnStatus: "Rejected" }],
  ["no configurations", cveWith(undefined)],
])("passes over %s", async (_, cve) => {
  const { advisories, ignored, malformed, entries } = await collect("nvd", feedOf(cve));
  expect([advisories, ignored.length, malformed, entries]).toEqual([[], 1, [], 1]);
});

it("keeps what stands of identifiers that others use, whatever program they are about", async () => {
  const other = oneOf({ criteria: "cpe:2.3:a:example:thing:*:*:*:*:*:*:*:*" });
  const disputed = { cveTags: [{ tags: ["disputed"] }] };
  const cves = [
    { ...cveWith(other), id: "CVE-2026-0001", ...disputed },
    { ...cveWith(other), id: "CVE-2026-0002" },
    { id: "CVE-2026-0003", vulnStatus: "Rejected", ...disputed },
    { ...cveWith(oneOf({ criteria: NGINX, versionEndExcluding: "1.4" })), id: "CVE-2026-0004", ...disputed },
  ];
  const { details } = await collect("nvd", feedOf(...cves));
  expect(details.map(({ id, standing }) => [id, standing])).toEqual([
    ["CVE-2026-0001", "disputed"],
    ["CVE-2026-0003", "rejected"],
    ["CVE-2026-0004", "disputed"],
  ]);
});

it("counts an item that is no CVE, and goes on", async () => {
  const text = feedOf({ id: "CVE-1" }, cveWith(oneOf({ criteria: NGINX, versionEndExcluding: "1.4" })));
  const { advisories, malformed } = await collect("nvd", text.replace('"CVE-1"', "nonsense"));
  expect([advisories.length, malformed.length]).toEqual([1, 1]);
});

it.each([
  ["ends early", feedOf(cveWith([])).slice(0, -1), "ends early"],
  ["has no such list", '{"vulnerabilities":{"a":[{}]},"others":[{"a":1}]}', "with a list"],
  ["is a list", "[{}]", "with a list"],
])("refuses a feed that %s", async (_, text, message) => {
  await expect(collect("nvd", text)).rejects.toMatchObject({
    code: "SOURCE_DAMAGED",
    message: expect.stringContaining(message),
  });
});

it("reads a feed in pieces of whatever size", async () => {
  const escaped = cveWith(oneOf({ criteria: NGINX, versionEndExcluding: "1.4" }), {
    descriptions: [{ lang: "en", value: 'a "quoted\\" [text] {with} brackets' }],
  });
  for (const chunkBytes of [1, 2, 7, 64]) {
    const { advisories, details } = await collect("nvd", feedOf(escaped, escaped), { chunkBytes });
    expect([advisories.length, details.length]).toEqual([2, 2]);
  }
});
