import { deleteRegistryLocally, pathOf } from "@pratique/api";
import type { Store } from "@pratique/store";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { barriersEverywhere, ConsoleBrowser, noBrowser, settled, tellFailures } from "./console-browser.ts";
import { type ConsoleHost, startConsoleHost } from "./console-host.ts";

const HOST = "registry.example";
const LEASE_MS = 600_000;

/** Two registries: one with images in every state, and one that cannot be listed. */
async function prepare({ registries }: Store): Promise<void> {
  const { settings, listings, queue } = registries;
  const setting = {
    name: "Main registry",
    kind: "distribution",
    path: "",
    settings: {},
    everyMinutes: 720,
    concurrency: 8,
    sealedSecrets: null,
    secretNames: [],
    revision: "r1",
  };
  await settings.put({ ...setting, id: "main", address: HOST });
  await settings.put({ ...setting, id: "old", name: "Old registry", address: "old.example", path: "team" });
  const listing = await listings.begin("main", { holder: "web-1/7 a", leaseMs: LEASE_MS });
  const broken = await listings.begin("old", { holder: "web-1/7 a", leaseMs: LEASE_MS });
  if (listing === undefined || broken === undefined) throw new Error("they are not due");
  await listings.add(
    listing,
    ["scanned", "failed", "gone", "running", "waiting"].map((name) => ({
      repository: `${HOST}/team/${name}`,
      tag: "1",
      platform: "",
    })),
  );
  await listings.end(listing, undefined);
  const refused = {
    code: "UNAUTHORIZED",
    message: "it lets nobody in",
    advice: "give credentials that may read",
  };
  await listings.fail(broken, refused, { kind: "never" });
  const fault = { code: "IMAGE_UNREADABLE", message: "a layer is cut short", advice: "push the image again" };
  const outcomes = [
    { kind: "scanned" as const, imageId: `sha256:${"a".repeat(64)}`, digest: null, assessment: "complete" },
    { kind: "failed" as const, fault },
    { kind: "absent" as const, fault: { ...fault, message: "the tag was deleted", advice: "" } },
  ];
  for (const outcome of outcomes) {
    const claimed = await queue.claim("main", { holder: "web-1/7 a", leaseMs: LEASE_MS });
    if (claimed !== undefined) await queue.finish(claimed, outcome);
  }
  await queue.claim("main", { holder: "web-1/7 a", leaseMs: LEASE_MS });
}

describe.skipIf(noBrowser !== undefined)(`registries in a browser ${noBrowser ?? ""}`, () => {
  let host: ConsoleHost;
  let browser: ConsoleBrowser;
  let page: Page;

  tellFailures(() => browser);

  beforeAll(async () => {
    host = await startConsoleHost({ prepare });
    browser = await ConsoleBrowser.start(host);
    ({ page } = await browser.administrator());
  });

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  const open = async (path: string) => {
    await page.goto(`${host.server.url}${path}`);
    await settled(page);
  };

  it("show how far each is, and what to do about what is in the way", async () => {
    await open("/registries");
    await page.getByText("3 of 5", { exact: true }).waitFor();
    await page.getByText("What to do: give credentials that may read").waitFor();
    await page.getByRole("button", { name: "CSV" }).waitFor();
    expect(await barriersEverywhere(page, "registries")).toEqual([]);
  });

  it("are paused and go on at a press, and the page follows", async () => {
    await page.getByRole("button", { name: "Pause Main registry" }).click();
    await page.getByText("Paused", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Resume Main registry" }).click();
    await page.getByText("Being scanned", { exact: true }).waitFor();
    expect(await page.getByText("Paused", { exact: true }).count()).toBe(0);
  });

  it("lead to the images that failed, which are tried again at a press", async () => {
    await page.getByRole("link", { name: "1 image failed" }).click();
    await page.getByText(`${HOST}/team/failed:1`).waitFor();
    await page.getByText("What to do: push the image again").waitFor();
    await page.getByRole("button", { name: `Retry ${HOST}/team/failed:1` }).click();
    await page.getByText("Nothing fits the filter").waitFor();
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await page.getByText(`${HOST}/team/waiting:1`).waitFor();
    await page.getByText("by web-1/7").waitFor();
    await settled(page);
    expect(await barriersEverywhere(page, "registry queue")).toEqual([]);
  });

  it("say what to do where there are none", async () => {
    await open("/registries");
    for (const registry of ["main", "old"]) {
      await host.say("DELETE", pathOf(deleteRegistryLocally, { registry }));
    }
    await page.getByText("No registry is scanned as a whole").waitFor();
    await page.getByText("pratique registry add main").waitFor();
    expect(await barriersEverywhere(page, "no registries")).toEqual([]);
  });
});
