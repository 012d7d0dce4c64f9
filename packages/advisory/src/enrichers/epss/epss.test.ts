import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";

const header = "#model_version:v2025.03.14,score_date:2026-11-24T00:00:00Z\ncve,epss,percentile\n";

it("reads probabilities behind the line that names the model", async () => {
  const { enrichments, entries, malformed } = await collect(
    "epss",
    `${header}CVE-1999-0001,0.00383,0.73075\nCVE-2021-44228,1.0,1.0\nCVE-2020-0001,9e-05,0.1\n`,
  );
  expect(malformed).toEqual([]);
  expect(entries).toBe(3);
  expect(enrichments).toEqual([
    ["CVE-1999-0001", { epss: 0.00383 }],
    ["CVE-2021-44228", { epss: 1 }],
    ["CVE-2020-0001", { epss: 0.00009 }],
  ]);
});

it.each(["CVE-1999-0001,2.5,0.1", "CVE-1999-0001,1.5,0.1", "CVE-1999-0001,,0.1", "oops", "#late,comment,x"])(
  "counts the row %j",
  async (row) => {
    const { malformed, enrichments } = await collect("epss", `${header}${row}\nCVE-2021-44228,0.5,1\n`);
    expect(malformed).toHaveLength(1);
    expect(enrichments).toHaveLength(1);
  },
);

it.each([
  ["another table", "invalid,header,format\nCVE-2024-6775,0.00043,0.09291\n"],
  ["a comment alone", "#model_version:v1\n"],
  ["nothing", ""],
])("refuses %s", async (_, text) => {
  await expect(collect("epss", text)).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
});
