import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { type RunningServer, startServer } from "../../apps/server/src/index.ts";
import { openStore } from "../../packages/store/src/index.ts";
import type { Bench, Row } from "./bench.ts";
import { type FleetSize, seedFleet } from "./fleet-seed.ts";
import { prepareProduct, repository } from "./product.ts";
import { spread } from "./statistics.ts";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const ROUNDS = 9;
const PASSWORD = "walnut-ferry-ochre-92";
/** A hundred thousand findings. */
const SIZE: FleetSize = {
  images: 1000,
  findingsPerImage: 100,
  hosts: 100,
  containersPerHost: 20,
  launches: 2000,
};

export const consolePages: Bench = {
  name: "console",
  description: "how soon a table of a hundred thousand findings can be used in a browser",
  unavailable: () => (existsSync(CHROMIUM) ? undefined : `${CHROMIUM} is not installed`),
  async run(say) {
    await prepareProduct();
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    await using started = new AsyncDisposableStack();
    started.defer(() => rmSync(directory, { recursive: true, force: true }));
    const store = await openStore({ file: path.join(directory, "pratique.sqlite") });
    await seedFleet(store, SIZE, say);
    await store.close();
    const server = await startServer({
      directory,
      socketPath: path.join(directory, "server.sock"),
      consoleDirectory: path.join(repository, "dist/console"),
      port: 0,
      now: Date.now,
      elapsedMs: () => performance.now(),
      version: "0.0.0",
    });
    started.defer(() => server.close());
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    started.defer(() => browser.close());
    return await measure(browser, server, say);
  },
};

async function measure(
  browser: Browser,
  server: RunningServer,
  say: (text: string) => void,
): Promise<readonly Row[]> {
  const signedIn = await signIn(browser, server);
  const state = await signedIn.storageState();
  const times: Record<"first" | "again" | "sorted" | "turned" | "found", number[]> = {
    first: [],
    again: [],
    sorted: [],
    turned: [],
    found: [],
  };
  for (let round = 0; round <= ROUNDS; round += 1) {
    say(`round ${round} of ${ROUNDS} …`);
    const context = await browser.newContext({ ignoreHTTPSErrors: true, storageState: state });
    const page = await context.newPage();
    const findings = `${server.url}/findings`;
    const load = async () => {
      await page.goto(findings, { waitUntil: "commit" });
      await usable(page);
    };
    const first = await timed(load);
    const again = await timed(load);
    const sorted = await timed(async () => {
      await page.getByRole("button", { name: "EPSS" }).click();
      await page.waitForURL(/sort=epss/u);
      await usable(page);
    });
    const turned = await timed(async () => {
      await page.getByRole("button", { name: "Go to next page" }).first().click();
      await page.waitForURL(/page=2/u);
      await usable(page);
    });
    const found = await timed(async () => {
      await page.getByPlaceholder("Find by CVE or package").fill("CVE-2025");
      await page.waitForURL(/CVE-2025/u);
      await usable(page);
    });
    await context.close();
    // The first round fills the caches of the machine.
    if (round === 0) continue;
    times.first.push(first);
    times.again.push(again);
    times.sorted.push(sorted);
    times.turned.push(turned);
    times.found.push(found);
  }
  return [
    row(
      "100,000 findings, from the address to a table that can be used, by a new browser",
      times.first,
      "at most 1 s",
    ),
    row("  by one that has been there", times.again, "at most 1 s"),
    row("  ordered by another column", times.sorted, ""),
    row("  turned to the next page", times.turned, ""),
    row("  searched, with the pause after typing", times.found, ""),
  ];
}

/** Rows are there, those of what was asked for, and the field for a search takes text. */
async function usable(page: Page): Promise<void> {
  const table = page.getByRole("grid", { name: "Findings" });
  await table.locator("tbody tr").nth(10).waitFor();
  await page.locator(".loading, .stale, .pf-v6-c-skeleton").first().waitFor({ state: "detached" });
  await page.getByPlaceholder("Find by CVE or package").isEnabled();
}

async function signIn(browser: Browser, server: RunningServer): Promise<BrowserContext> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const token = new URL(await server.createSignInLink()).hash.slice(1);
  const call = async (place: string, method: string, data: unknown) => {
    const headers = { origin: server.url };
    const reply = await context.request.fetch(`${server.url}${place}`, { method, headers, data });
    if (!reply.ok()) throw new Error(`${method} ${place}: ${await reply.text()}`);
  };
  await call("/api/v1/session", "POST", { token });
  await call("/api/v1/session/password", "PUT", { next: PASSWORD });
  return context;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function row(what: string, ms: readonly number[], target: string): Row {
  return { what, target, result: spread(ms, "ms"), peer: "" };
}
