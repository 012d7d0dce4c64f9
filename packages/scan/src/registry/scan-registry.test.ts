import { appendFileSync, readFileSync, truncateSync } from "node:fs";
import type { ScanReport } from "@pratique/core";
import { type Listed, OciError } from "@pratique/oci";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import type { RegistryImage } from "./registry-image.ts";
import { nameOfScope, RegistryScanJournal, scopeOf } from "./registry-scan-journal.ts";
import { type ScanRegistryOptions, scanRegistry } from "./scan-registry.ts";

const report: ScanReport = {
  schemaVersion: 1,
  scannedAt: "2026-11-27T00:00:00.000Z",
  target: { reference: "x" },
  assessment: { state: "complete", reasons: [], advisories: [] },
  rootAccounts: [],
  packages: [],
  findings: [],
};

function images(count: number): readonly Listed[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: "image",
    image: { registry: "r.example", repository: "app", tag: String(index) },
  }));
}

async function* listOf(listed: readonly Listed[]) {
  yield* listed;
}

/** Runs a scan whose images end as the function says, and tells what was scanned and how long it slept. */
async function scan(
  journal: RegistryScanJournal,
  listed: readonly Listed[],
  end: (image: RegistryImage) => void = () => undefined,
  more: Partial<ScanRegistryOptions> = {},
) {
  const scanned: string[] = [];
  const slept: number[] = [];
  const ended = await scanRegistry(journal, {
    list: () => listOf(listed),
    platforms: [],
    scan: async (image) => {
      scanned.push(image.tag);
      end(image);
      return report;
    },
    sleep: async (ms) => slept.push(ms),
    signal: new AbortController().signal,
    concurrency: 1,
    ...more,
  });
  return { scanned, slept, ended };
}

it("goes on where it was cut off, without listing or scanning again, whatever is at the end of the file", async () => {
  using directory = tempDirectory();
  const file = directory.at("journal");
  const open = () => RegistryScanJournal.open(file, { scope: "s" });
  const ending = new AbortController();
  const cutOff = scan(
    open(),
    images(5),
    ({ tag }) => {
      if (tag === "2") ending.abort(new Error("cut off"));
    },
    { signal: ending.signal },
  );
  await expect(cutOff).rejects.toThrow("cut off");
  appendFileSync(file, '{"kind":"outcome","key":"r.exam');
  const journal = open();
  expect(journal.waiting.map(({ tag }) => tag)).toEqual(["3", "4"]);
  const { scanned, ended } = await scan(journal, [], undefined, {
    list: () => expect.unreachable("it was listed"),
  });
  expect([scanned, ended]).toEqual([["3", "4"], { kind: "whole" }]);
  expect(open().items).toEqual([]);
});

it.each([0, 40, 130])(
  "begins anew with a journal that was cut after %i bytes, or lists again",
  async (bytes) => {
    using directory = tempDirectory();
    const file = directory.at("journal");
    await scan(RegistryScanJournal.open(file, { scope: "s" }), images(2));
    truncateSync(file, bytes);
    const journal = RegistryScanJournal.open(file, { scope: "s" });
    expect(journal.isListed).toBe(false);
    expect((await scan(journal, images(2))).scanned).toEqual(["0", "1"]);
    expect(
      readFileSync(file, "utf8")
        .split("\n")
        .every((line) => line === "" || JSON.parse(line)),
    ).toBe(true);
  },
);

it("is read while it is written, and left as it is", () => {
  using directory = tempDirectory();
  const file = directory.at("journal");
  const scope = scopeOf({ registry: "r.example", path: "team", kind: "harbor", platforms: [], filter: {} });
  const journal = RegistryScanJournal.open(file, { scope });
  for (const listed of images(2)) if (listed.kind === "image") journal.add(listed.image);
  appendFileSync(file, '{"kind":"half');
  const before = readFileSync(file, "utf8");
  const peeked = RegistryScanJournal.peek(file);
  expect(nameOfScope(peeked?.scope ?? "")).toBe("r.example/team");
  expect(peeked?.journal).toMatchObject({ isListed: false, isEnded: false, waiting: { length: 2 } });
  expect(readFileSync(file, "utf8")).toBe(before);
  expect(RegistryScanJournal.peek(directory.at("none"))).toBeUndefined();
});

it("takes another scope, and an order to begin anew, for another scan", () => {
  using directory = tempDirectory();
  const file = directory.at("journal");
  const [listed] = images(1);
  const add = (journal: RegistryScanJournal) => {
    if (listed?.kind === "image") journal.add(listed.image);
    return journal;
  };
  add(RegistryScanJournal.open(file, { scope: "a" }));
  expect(RegistryScanJournal.open(file, { scope: "a" }).items).toHaveLength(1);
  expect(RegistryScanJournal.open(file, { scope: "a", anew: true }).items).toEqual([]);
  add(RegistryScanJournal.open(file, { scope: "a" }));
  expect(RegistryScanJournal.open(file, { scope: "b" }).items).toEqual([]);
});

it("tries bad luck again behind all others, a bounded number of times, and nothing else", async () => {
  using directory = tempDirectory();
  const journal = RegistryScanJournal.open(directory.at("journal"), { scope: "s" });
  const { scanned, slept } = await scan(journal, images(4), ({ tag }) => {
    if (tag === "0") throw new OciError("SOURCE_UNAVAILABLE", "broken connection");
    if (tag === "1") throw new OciError("DIGEST_MISMATCH", "truncated layer");
    if (tag === "2") throw new OciError("IMAGE_NOT_FOUND", "deleted");
  });
  expect(scanned).toEqual(["0", "1", "2", "3", "0", "0"]);
  expect(slept).toEqual([2000, 4000]);
  expect(journal.items.map(({ outcome, attempts }) => [outcome?.kind, attempts])).toEqual([
    ["failed", 3],
    ["failed", 1],
    ["absent", 1],
    ["scanned", 1],
  ]);
  journal.reopenFailed();
  expect(journal.waiting.map(({ tag }) => tag)).toEqual(["0", "1"]);
  expect((await scan(journal, [])).scanned).toEqual(["0", "1"]);
});

it("waits as long as a registry asks, and counts that as nobody's failure", async () => {
  using directory = tempDirectory();
  const journal = RegistryScanJournal.open(directory.at("journal"), { scope: "s" });
  let refusals = 9;
  const { slept, ended } = await scan(journal, images(1), () => {
    refusals -= 1;
    if (refusals > 0) throw new OciError("RATE_LIMITED", "too many", { retryAfterMs: 90_000 });
  });
  expect([slept, ended]).toEqual([Array.from({ length: 8 }, () => 90_000), { kind: "whole" }]);
  expect(journal.items).toMatchObject([{ attempts: 1, outcome: { kind: "scanned" } }]);
});

it("stops where the registry is gone, and keeps what is left", async () => {
  using directory = tempDirectory();
  const file = directory.at("journal");
  const journal = RegistryScanJournal.open(file, { scope: "s" });
  const gone = () => {
    throw new OciError("SOURCE_UNAVAILABLE", "connection refused");
  };
  const { scanned, ended } = await scan(journal, images(100), gone);
  expect(scanned).toHaveLength(8);
  expect(ended).toMatchObject({ kind: "stopped", outcome: { code: "SOURCE_UNAVAILABLE" } });
  const again = RegistryScanJournal.open(file, { scope: "s" });
  expect(again.waiting).toHaveLength(100);
  expect((await scan(again, [])).ended).toEqual({ kind: "whole" });
});

it("scans each platform by itself, and remembers what could not be listed", async () => {
  using directory = tempDirectory();
  const journal = RegistryScanJournal.open(directory.at("journal"), { scope: "s" });
  const error = new OciError("UNAUTHORIZED", "no");
  const platforms = ["amd64", "arm64"].map((architecture) => ({ os: "linux", architecture }));
  const listed: readonly Listed[] = [...images(1), { kind: "failure", repository: "secret", error }];
  await scan(journal, listed, undefined, { platforms });
  expect(journal.items.map(({ image }) => image.platform)).toEqual(platforms);
  expect(journal.listFailures).toEqual([{ repository: "secret", code: "UNAUTHORIZED", message: "no" }]);
});

it("counts what was looked for besides vulnerabilities, each license once", async () => {
  using directory = tempDirectory();
  const journal = RegistryScanJournal.open(directory.at("journal"), { scope: "s" });
  const license = { license: "AGPL-3.0-only", category: "forbidden", severity: "critical" } as const;
  const secret = {
    rule: "key",
    title: "Key",
    severity: "high",
    where: "layer",
    match: "…",
    fingerprint: "f",
  } as const;
  const licenses = [
    { ...license, packageId: "a" },
    { ...license, packageId: "b" },
    { ...license, license: "SSPL-1.0", packageId: "b", suppressed: { by: "me" } },
  ];
  const secrets = (["high", "high", "low"] as const).map((confidence) => ({ ...secret, confidence }));
  await scan(journal, images(1), undefined, { scan: async () => ({ ...report, licenses, secrets }) });
  expect(journal.items[0]?.outcome).toMatchObject({ licenses: { forbidden: 1 }, secrets: { high: 2 } });
  const none = RegistryScanJournal.open(directory.at("other"), { scope: "s" });
  await scan(none, images(1));
  expect(none.items[0]?.outcome).not.toHaveProperty("licenses");
});

it("throws on a defect of ours instead of calling the image bad", async () => {
  using directory = tempDirectory();
  const journal = RegistryScanJournal.open(directory.at("journal"), { scope: "s" });
  const defect = () => {
    throw new TypeError("defect");
  };
  await expect(scan(journal, images(1), defect)).rejects.toThrow(TypeError);
});
