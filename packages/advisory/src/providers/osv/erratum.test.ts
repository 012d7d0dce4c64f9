import { describe, expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";

interface ErratumParts {
  readonly id?: string;
  readonly summary?: string;
  readonly fixes?: readonly (readonly [name: string, fixed: string])[];
  readonly ecosystem?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

async function read(parts: ErratumParts) {
  const {
    id = "ALSA-2026:0001",
    summary = "Important: bash security update",
    ecosystem = "AlmaLinux:9",
  } = parts;
  const affected = (parts.fixes ?? [["bash", "5.1.8-7.el9"]]).map(([name, fixed]) => ({
    package: { ecosystem, name },
    ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed }] }],
  }));
  return collect("osv", JSON.stringify({ id, summary, affected, details: "Many words.", ...parts.more }));
}

const related = ["CVE-2026-0001", "CVE-2026-0002"];

it.each([
  ["AlmaLinux:9", "related"],
  ["Rocky Linux:9", "upstream"],
  ["Rocky Linux:8", "aliases"],
])("makes an advisory of each vulnerability that an erratum of %s names as %s", async (ecosystem, member) => {
  const { advisories, details } = await read({ ecosystem, more: { [member]: related } });
  const common = {
    aliases: [],
    document: "ALSA-2026:0001",
    ecosystem,
    package: "bash",
    ranges: [{ fixed: "5.1.8-7.el9" }],
    status: "fixed",
    severity: "high",
  };
  expect(advisories).toEqual(related.map((id) => ({ ...common, id })));
  expect(details.map(({ id, title }) => `${id} ${title}`)).toEqual(
    related.map((id) => `${id} Important: bash security update`),
  );
});

it("does not lend the weight and the words of an erratum to each vulnerability in it", async () => {
  const { details } = await read({ more: { related } });
  expect(details.map(({ severity, description }) => [severity, description])).toEqual([
    [undefined, undefined],
    [undefined, undefined],
  ]);
});

it.each([
  ["keeps one about security that names none under its own name", "ALSA-2026:0001", ["ALSA-2026:0001"]],
  ["leaves out one about bugs", "ALBA-2026:0001", []],
  ["leaves out one about enhancements", "RLEA-2026:0001", []],
])("%s", async (_, id, expected) => {
  const { advisories, ignored, malformed } = await read({ id });
  expect(advisories.map((one) => one.id)).toEqual(expected);
  expect([ignored.length, malformed.length]).toEqual([expected.length === 0 ? 1 : 0, 0]);
});

it("keeps one about bugs that names a vulnerability all the same", async () => {
  const { advisories } = await read({ id: "ALBA-2026:0001", more: { related } });
  expect(advisories).toHaveLength(2);
});

it("takes vulnerabilities without end for a fault", async () => {
  const many = Array.from({ length: 5000 }, (_, index) => `CVE-2026-${10_000 + index}`);
  const { advisories, malformed } = await read({ more: { related: many } });
  expect([advisories.length, malformed.length]).toEqual([0, 1]);
});

it.each([
  ["Critical: a update", "critical"],
  ["Moderate: a update", "medium"],
  ["Low: a update", "low"],
  ["nodejs:18 update", "unknown"],
  ["a update", "unknown"],
])("weighs %j as %s", async (summary, severity) => {
  const { advisories } = await read({ summary });
  expect(advisories[0]?.severity).toBe(severity);
});

describe("modules", () => {
  const fixed = "1:18.12.1-2.module_el8.7.0+3370+12345678";

  it.each([
    ["Moderate: nodejs:18 security update", ["nodejs:18"]],
    ["Moderate: mariadb:10.3 and mariadb-devel:10.3 security update", ["mariadb:10.3", "mariadb-devel:10.3"]],
    ["virt:rhel, virt-devel:rhel bug fix", ["virt:rhel", "virt-devel:rhel"]],
    ["Important: varnish security update", [undefined]],
    ["See ALSA-2022:5468", [undefined]],
  ])("reads the streams in %j", async (summary, expected) => {
    const { advisories } = await read({ summary, fixes: [["nodejs", fixed]] });
    expect(advisories.map(({ module }) => module)).toEqual(expected);
  });

  it("does not take a version in the summary for a stream of packages outside modules", async () => {
    const { advisories } = await read({
      summary: "kernel:4.18.0 update",
      fixes: [["kernel", "4.18.0-1.el8"]],
    });
    expect(advisories[0]).not.toHaveProperty("module");
  });

  it("keeps what is built for a module apart from what is not", async () => {
    const { advisories } = await read({
      summary: "Moderate: nodejs:18 security update",
      fixes: [
        ["nodejs", fixed],
        ["nodejs", "1:16.0-1.el9"],
      ],
    });
    expect(advisories.map(({ module, ranges }) => [module, ranges])).toEqual([
      [undefined, [{ fixed: "1:16.0-1.el9" }]],
      ["nodejs:18", [{ fixed }]],
    ]);
  });
});

it.each([
  [
    "the lowest of several builds",
    ["1-2.module_el8.5.0+2610+de2b8c0b", "1-2.module_el8.5.0+235+62ea7738"],
    [{ fixed: "1-2.module_el8.5.0+235+62ea7738" }],
  ],
  ["the lowest by value", ["1-10.el9", "1-9.el9"], [{ fixed: "1-9.el9" }]],
  ["every fix where one cannot be compared", ["1-10.el9", "1/9"], [{ fixed: "1-10.el9" }, { fixed: "1/9" }]],
])("counts %s", async (_, fixes, expected) => {
  const { advisories } = await read({ fixes: fixes.map((fixed) => ["bash", fixed]) });
  expect(advisories.map(({ ranges }) => ranges)).toEqual([expected]);
});
