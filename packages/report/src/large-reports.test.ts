import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { reportFormats } from "./formats.ts";

const program = `${import.meta.dirname}/testdata/write-large-report.ts`;

/** What a process took that wrote a report with so many findings in one format. */
function costOf(format: string, findings: number) {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--max-old-space-size=256", program, format, String(findings)],
    { encoding: "utf8" },
  );
  expect([status, stderr]).toEqual([0, ""]);
  const cost: { readonly characters: number; readonly ms: number } = JSON.parse(stdout);
  return cost;
}

describe.each(reportFormats.map(({ name }) => name))("100,000 findings as %s", (name) => {
  it("are written in linear time, and in less memory than their text takes", () => {
    const small = costOf(name, 25_000);
    const large = costOf(name, 100_000);
    expect(large.characters).toBeGreaterThan(1_000_000);
    // Four times as much takes four times as long; a machine with other work gets as much again and a second.
    expect(large.ms).toBeLessThan(8 * small.ms + 1000);
  });
});
