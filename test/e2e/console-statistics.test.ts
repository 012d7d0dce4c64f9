import { createHash } from "node:crypto";
import { pathOf, putContainers, putHost, putImage } from "@pratique/api";
import { type Digest, parseDigest, type ScanReport, type Severity } from "@pratique/core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  barriers,
  barriersEverywhere,
  ConsoleBrowser,
  documentPicture,
  noBrowser,
  picture,
  savedCsv,
  settled,
  tellFailures,
  type Visitor,
} from "./console-browser.ts";
import { type ConsoleHost, startConsoleHost } from "./console-host.ts";
import { makeSeed } from "./console-seed.ts";

const DAY_MS = 86_400_000;
const NOW = Date.now();

function digestOf(text: string): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(text).digest("hex")}`);
}

interface Sketch {
  readonly reference: string;
  readonly layers: readonly string[];
  readonly found: readonly Severity[];
  readonly daysAgo: number;
  readonly ageDays: number;
}

const [base, shop]: readonly [Sketch, Sketch] = [
  { reference: "debian:12", layers: ["ADD file:1 in /"], found: ["low"], daysAgo: 20, ageDays: 25 },
  {
    reference: "registry.example/shop/checkout:3",
    layers: ["ADD file:1 in /", "RUN apt-get install -y openssl"],
    found: ["critical", "high", "medium"],
    daysAgo: 9,
    ageDays: 200,
  },
];

const sketches: readonly Sketch[] = [
  base,
  { ...shop, found: ["high", "high", "medium", "low"], daysAgo: 15 },
  shop,
  { ...shop, reference: "ghcr.io/acme/db:7", found: ["medium"], daysAgo: 4, ageDays: 60 },
];

/** The first and last layers bring a package each; findings are of them in turn. */
function reportOf({ reference, layers, found, daysAgo, ageDays }: Sketch): ScanReport {
  const digests = layers.map(digestOf);
  const packages = digests.map((layer, at) => ({
    id: `p${at}`,
    type: "deb" as const,
    name: at === 0 ? "bash" : "openssl",
    version: "1.0",
    purl: `pkg:deb/debian/p${at}@1.0`,
    layer,
    paths: ["var/lib/dpkg/status"],
  }));
  return {
    schemaVersion: 1,
    scannedAt: new Date(NOW - daysAgo * DAY_MS).toISOString(),
    target: {
      reference,
      imageId: digestOf(reference),
      platform: "linux/amd64",
      layers: digests,
      instructions: layers,
    },
    assessment: { state: "complete", reasons: [], advisories: [] },
    config: {
      os: "linux",
      architecture: "amd64",
      created: new Date(NOW - ageDays * DAY_MS).toISOString(),
      user: "app",
      entrypoint: [],
      command: [],
      environment: [],
      workingDirectory: "",
      exposedPorts: [],
      volumes: [],
      labels: {},
      healthcheck: [],
    },
    rootAccounts: [],
    packages,
    findings: found.map((severity, at) => ({
      id: `CVE-2026-200${at}`,
      aliases: [],
      packageId: packages[at % packages.length]?.id ?? "",
      severity,
      status: at === 0 ? ("fixed" as const) : ("affected" as const),
      ...(at === 0 && { fixedVersion: "1.1" }),
      knownExploited: at === 1,
      epss: 0.2,
      source: "debian-tracker",
      advisory: `CVE-2026-200${at}`,
    })),
  };
}

describe.skipIf(noBrowser !== undefined)(`statistics in a browser ${noBrowser ?? ""}`, () => {
  let host: ConsoleHost;
  let browser: ConsoleBrowser;
  let visitor: Visitor;
  let page: Page;

  tellFailures(() => browser);

  beforeAll(async () => {
    host = await startConsoleHost();
    const { host: status } = makeSeed(NOW);
    await host.say("PUT", pathOf(putHost), { ...status, host: { ...status.host, labels: { team: "blue" } } });
    for (const sketch of sketches) {
      await host.say("PUT", pathOf(putImage, { imageId: digestOf(sketch.reference) }), reportOf(sketch));
    }
    await host.say("PUT", pathOf(putContainers), {
      takenAt: new Date(NOW).toISOString(),
      containers: [
        {
          id: "c0ffee",
          name: "checkout",
          image: shop.reference,
          imageId: digestOf(shop.reference),
          state: "running",
          createdAt: new Date(NOW - DAY_MS).toISOString(),
          user: "",
          privileged: false,
          hostNamespaces: [],
          ports: [{ hostIp: "", hostPort: 443, containerPort: 8443, protocol: "tcp" }],
          labels: {},
          restartPolicy: "no",
        },
      ],
    });
    browser = await ConsoleBrowser.start(host);
    visitor = await browser.administrator();
    page = visitor.page;
  });

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  const open = async (path: string) => {
    await page.goto(`${host.server.url}${path}`);
    await settled(page);
  };

  it("are charts with their numbers beside them, and their definitions a key press away", async () => {
    await open("/statistics");
    await page.locator(".chart-canvas svg").nth(5).waitFor();
    await page.getByText("33.3 % have high findings and 66.7 % medium or high ones").waitFor();
    await page.getByRole("grid", { name: "By base image" }).getByText("debian:12").waitFor();
    await documentPicture(page, "console-statistics", { width: 1280, height: 1500 });
    expect(await barriersEverywhere(page, "statistics")).toEqual([]);
    await page.getByRole("button", { name: "Definition: By age" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("Whole days since the image says that it was created").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("Whole days since the image says").waitFor({ state: "detached" });
  });

  it("lead from the list to why a finding is urgent, and where it comes from", async () => {
    await open(`/images/${digestOf(shop.reference)}`);
    await page.getByText("its lowest layer").waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("link", { name: "Risk 69: why" }).click();
    await page.getByText("a container of the image runs").waitFor();
    await settled(page);
    expect(await page.getByText("RUN apt-get install -y openssl").count()).toBe(1);
    expect(await barriersEverywhere(page, "finding")).toEqual([]);
  });

  it("show what changed, in an image and between two", async () => {
    await open(`/images/${digestOf(shop.reference)}`);
    await page.getByRole("link", { name: "What changed" }).click();
    await page.getByRole("heading", { name: "Findings that are gone: 1" }).waitFor();
    await settled(page);
    expect(await barriersEverywhere(page, "image-diff")).toEqual([]);
    await page.getByLabel("Compared with another image").selectOption({ value: digestOf(base.reference) });
    await page.getByRole("heading", { name: "Packages added: 1" }).waitFor();
    await settled(page);
    const [head, ...lines] = await savedCsv(page, "CSV of packages added");
    expect(head?.replaceAll('"', "")).toBe("type,package,before,after");
    expect(lines).toHaveLength(1);
    const [columns, ...gone] = await savedCsv(page, "CSV of new findings");
    expect(columns?.replaceAll('"', "")).toBe("vulnerability,severity,type,package,versions,cause");
    expect(gone).not.toEqual([]);
    await picture(page, "what changed between two images");
    expect(page.url()).toContain("with=");
  });

  it("gave the browser nothing to complain of", () => {
    expect(visitor.complaints).toEqual([]);
  });
});
