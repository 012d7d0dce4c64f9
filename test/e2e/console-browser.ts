import { existsSync, mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { createAccount, createGrant, pathOf, putRole, setPassword, signIn } from "@pratique/api";
import { type Effect, messageOf, type Permission, type Scope } from "@pratique/core";
import { type Browser, type BrowserContext, chromium, type Page, type ViewportSize } from "playwright-core";
import { beforeEach } from "vitest";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const WIDE = { width: 1440, height: 1000 } as const;
/** A smaller window, for pictures that are read beside each other. */
export const SMALL = { width: 1280, height: 800 } as const;
/** How long the page may take to show something, on a machine that has other tests to do. */
const PATIENCE_MS = 45_000;
/** How much of a page a failed test tells, in characters, and how many complaints of its browser. */
const TOLD_LENGTH = 2000;
const TOLD_COMPLAINTS = 10;
/** Where a picture of each page is kept; a run without it takes none. */
const PICTURES = process.env.PRATIQUE_TEST_PICTURES;
/** Where the pictures of the documents are; they are taken anew by a run that is told to. */
const DOCUMENT_PICTURES =
  process.env.PRATIQUE_DOCUMENT_PICTURES === undefined ? undefined : "../../docs/images/";

/** Why no browser can be started here; undefined where one can. */
export const noBrowser = existsSync(CHROMIUM) ? undefined : `(skipped: ${CHROMIUM} is not installed)`;

/** Whose console is looked at. */
interface Shown {
  readonly server: { readonly url: string };
  signInLink(): Promise<string>;
}

/** Somebody at a browser. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the browser complained of: refused scripts and styles, failed calls, thrown errors. */
  readonly complaints: string[];
}

/** A browser, and whoever sits at it. */
export class ConsoleBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #host: Shown;
  readonly #visitors: Visitor[] = [];

  constructor(browser: Browser, host: Shown) {
    this.#browser = browser;
    this.#host = host;
  }

  static async start(host: Shown): Promise<ConsoleBrowser> {
    return new ConsoleBrowser(await chromium.launch({ executablePath: CHROMIUM, args: FLAGS }), host);
  }

  /** Somebody whom the server does not know yet. */
  async stranger(): Promise<Visitor> {
    const context = await this.#browser.newContext({
      ignoreHTTPSErrors: true,
      viewport: WIDE,
      colorScheme: "light",
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    const visitor = { context, page, complaints };
    this.#visitors.push(visitor);
    return visitor;
  }

  /** What everybody has before them now, and the last that their browsers complained of. */
  async told(): Promise<string> {
    const told = this.#visitors.map(async ({ page, complaints }) => {
      const text = page.isClosed() ? "closed" : await page.locator("body").textContent().catch(messageOf);
      return [page.url(), text?.slice(0, TOLD_LENGTH), ...complaints.slice(-TOLD_COMPLAINTS)].join("\n");
    });
    return (await Promise.all(told)).join("\n\n");
  }

  /** The first administrator, signed in, at the overview. */
  async administrator(): Promise<Visitor> {
    const visitor = await this.stranger();
    await visitor.page.goto(await this.#host.signInLink());
    await visitor.page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    return visitor;
  }

  /** A new person who may do just that, in that part of the fleet, signed in. */
  async person(
    administrator: Visitor,
    held: {
      readonly login: string;
      readonly permissions: Readonly<Partial<Record<Permission, Effect>>>;
      readonly scope?: Scope;
    },
  ): Promise<Visitor> {
    const { login, permissions, scope = {} } = held;
    const role = `role-of-${login}`;
    const call = (path: string, method: string, data: unknown) =>
      this.#call(administrator, { path, method, data });
    await call(pathOf(putRole, { role }), "PUT", { description: "for a test", permissions });
    const made = createAccount.reply.parse(
      await call(pathOf(createAccount), "POST", { login, displayName: login }),
    );
    const holder = { kind: "account", id: made.account.id };
    await call(pathOf(createGrant), "POST", { holder, role, scope });
    const visitor = await this.stranger();
    const token = new URL(made.link.url).hash.slice(1);
    await this.#call(visitor, { path: pathOf(signIn), method: "POST", data: { token } });
    await this.#call(visitor, {
      path: pathOf(setPassword),
      method: "PUT",
      data: { next: "kettle-orbit-velvet-48" },
    });
    return visitor;
  }

  async #call(
    { context }: Visitor,
    { path, method, data }: { readonly path: string; readonly method: string; readonly data: unknown },
  ): Promise<unknown> {
    const { url } = this.#host.server;
    const headers = { origin: url, "if-none-match": "*" };
    const response = await context.request.fetch(`${url}${path}`, { method, headers, data });
    if (!response.ok()) throw new Error(`${method} ${path} was answered ${await response.text()}`);
    return response.status() === 204 ? undefined : await response.json();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** Has each test of a file that fails tell what its pages showed. */
export function tellFailures(browser: () => ConsoleBrowser | undefined): void {
  beforeEach(({ onTestFailed }) => {
    onTestFailed(async () => {
      process.stderr.write(`${(await browser()?.told()) ?? "no browser was started"}\n`);
    });
  });
}

/** Waits until what is on the page is what the server knows. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("load");
  await headed(page);
  await page.locator(".loading, .stale").first().waitFor({ state: "detached" });
  await page.locator(".pf-v6-c-skeleton").first().waitFor({ state: "detached" });
}

/** Waits for the heading; a page that has none is told with what it shows instead. */
async function headed(page: Page): Promise<void> {
  try {
    await page.locator("h1").first().waitFor();
  } catch (error) {
    const shown = await page.content();
    throw new Error(`${page.url()} has no heading, and is ${shown.slice(0, 4000)}`, { cause: error });
  }
}

/** A script of the page. A transition is there from the next frame on. */
const AT_REST = `(async () => {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const passing = document.getAnimations().filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime));
  await Promise.allSettled(passing.map(({ finished }) => finished));
})()`;

/** Where a page breaks WCAG 2.2 AA, or its headings leave out a level. */
export async function barriers(page: Page): Promise<readonly string[]> {
  // Half-way from one look to another, no contrast is what it will be.
  await page.evaluate(AT_REST);
  // No page has frames of other hosts, so that none needs a second page to gather what was found in them.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({
    runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
    // Whoever goes from heading to heading misses nothing where no level is left out.
    rules: { "heading-order": { enabled: true } },
  });
  const { violations } = await axe.analyze();
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`,
  );
}

/**
 * Where a page breaks WCAG 2.2 AA in the light and in the dark, wide and on a telephone, and whether one has to scroll
 * sideways there or at four times its size. The page is loaded once: what it looks like follows the browser.
 */
export async function barriersEverywhere(page: Page, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  const look = async (how: string) => {
    await picture(page, `${name} ${how}`);
    for (const barrier of await barriers(page)) found.push(`${how}: ${barrier}`);
  };
  await look("light");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.locator("html.pf-v6-theme-dark").waitFor();
  await look("dark");
  await page.setViewportSize({ width: 390, height: 844 });
  await settled(page);
  await look("narrow");
  if (await isTooWide(page)) found.push("narrow: the page is too wide");
  await page.setViewportSize({ width: 320, height: 640 });
  if (await isTooWide(page)) found.push("at four times its size: the page is too wide");
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}

/** Whether one has to scroll sideways to read the page (WCAG 2.2, 1.4.10). */
async function isTooWide(page: Page): Promise<boolean> {
  const parts = await page
    .locator("html, #main, #root")
    .evaluateAll((all) => all.map(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth] as const));
  return parts.some(([inner, outer]) => inner > outer);
}

/** Presses a button that saves a table, and reads the lines of what was saved, the names of the columns first. */
export async function savedCsv(page: Page, button = "CSV"): Promise<readonly string[]> {
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: button, exact: true }).click();
  const text = await readFile(await (await saved).path(), "utf8");
  return text.trimEnd().split("\r\n");
}

/** Takes a picture of a page, where pictures are wanted. */
export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/${name.replaceAll(" ", "-")}.png` });
}

/** Takes a picture for the documents, where those are to be renewed. */
export async function documentPicture(page: Page, name: string, size: ViewportSize = WIDE): Promise<void> {
  if (DOCUMENT_PICTURES === undefined) return;
  const path = fileURLToPath(new URL(`${DOCUMENT_PICTURES}${name}.png`, import.meta.url));
  await page.setViewportSize(size);
  await settled(page);
  await page.screenshot({ path });
  await page.setViewportSize(WIDE);
}
