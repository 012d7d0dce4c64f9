import {
  listLaunches,
  pathOf,
  putChannel,
  putContainers,
  putHost,
  putImage,
  putRecords,
  streamEvents,
} from "@pratique/api";
import type { AuditRecord } from "@pratique/core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordAfter } from "../../packages/audit/src/testdata/record-after.ts";
import {
  barriers,
  barriersEverywhere,
  ConsoleBrowser,
  noBrowser,
  picture,
  tellFailures,
  type Visitor,
} from "./console-browser.ts";
import { type ConsoleHost, startConsoleHost } from "./console-host.ts";
import { HOST, makeSeed } from "./console-seed.ts";

describe.skipIf(noBrowser !== undefined)(`the console in a browser ${noBrowser ?? ""}`, () => {
  let host: ConsoleHost;
  let browser: ConsoleBrowser;
  let visitor: Visitor;
  let page: Page;

  tellFailures(() => browser);

  beforeAll(async () => {
    host = await startConsoleHost();
    browser = await ConsoleBrowser.start(host);
    visitor = await browser.stranger();
    page = visitor.page;
  });

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  const open = (path: string) => page.goto(`${host.server.url}${path}`);
  const heading = (name: string) => page.getByRole("heading", { level: 1, name });

  it("shows nothing to a stranger but how to sign in", async () => {
    await open("/images");
    await heading("Sign in to Pratique").waitFor();
    expect(new URL(page.url()).pathname).toBe("/signin");
    expect(new URL(page.url()).searchParams.get("to")).toBe("/images");
    expect(await barriers(page)).toEqual([]);
    expect(await page.getByRole("navigation").count()).toBe(0);
    await picture(page, "signin");
    // The browser reports the 401 that told the page so.
    expect(visitor.complaints.splice(0).every((text) => text.includes("401"))).toBe(true);
  });

  it("takes a sign-in link once, and takes the token out of the address", async () => {
    const link = await host.signInLink();
    await page.goto(link);
    await heading("Overview").waitFor();
    expect(page.url()).toBe(`${host.server.url}/`);
    const other = await browser.stranger();
    await other.page.goto(link);
    await other.page.getByText("used up, expired or unknown").first().waitFor();
    expect(await other.context.cookies()).toEqual([]);
    await other.context.close();
  });

  it("says what to do next while there is nothing to show", async () => {
    await page.getByText("No image was scanned yet").waitFor();
    await page.getByText("Nothing was refused yet").waitFor();
    // That nothing is known of no host is no good news.
    await page.getByText("No host is watched yet").waitFor();
    expect(await page.getByText("Nothing needs a person today").count()).toBe(0);
    const steps = page.getByRole("list", { name: "First steps" }).getByRole("listitem");
    await steps.nth(2).waitFor();
    expect(await steps.locator(".strong").allTextContents()).toEqual([
      "Watch a host",
      "Have an image scanned",
      "Say who is told",
    ]);
    expect(await steps.locator("code").allTextContents()).toEqual([
      "sudo pratique agent ",
      "sudo pratique server join-token ",
      "docker pull nginx:1.27 ",
    ]);
    expect(await barriersEverywhere(page, "empty")).toEqual([]);
  });

  it("shows what comes in without being asked again", async () => {
    await host.sow(makeSeed(Date.now()));
    await page.getByRole("link", { name: "checkout", exact: true }).waitFor();
    await page.getByRole("link", { name: "registry.example/shop/checkout:2.8.1" }).first().waitFor();
    await page.getByRole("link", { name: "Hosts that enforce 1 of 1" }).waitFor();
    expect(await page.getByText("Nothing was refused yet").count()).toBe(0);
    await picture(page, "overview");
  });

  it("says of the first steps only those that are left, and nothing once all are done", async () => {
    const steps = page.getByRole("list", { name: "First steps" });
    expect(await steps.locator(".strong").allTextContents()).toEqual(["Say who is told"]);
    await steps.getByRole("link", { name: "Settings" }).click();
    await heading("Settings").waitFor();
    expect(new URL(page.url()).pathname).toBe("/settings/channels");
    await page.goBack();
    const { url } = host.server;
    const put = await visitor.context.request.put(`${url}${pathOf(putChannel, { channel: "ops" })}`, {
      headers: { origin: url },
      data: {
        kind: "webhook",
        name: "Operations",
        enabled: true,
        settings: { url: "https://hooks.example/", secret: "kettle-orbit-velvet-48-of-a-hook" },
      },
    });
    expect(put.status()).toBe(200);
    await steps.waitFor({ state: "detached" });
  });

  it("shows why a launch was denied, what to change and how to ask for an exception", async () => {
    await page.getByRole("link", { name: "checkout", exact: true }).click();
    await page.getByText("Rebuild the image on a current base").waitFor();
    await page.getByText("CVE-2026-10000 in openssl").first().waitFor();
    const found = page.getByRole("link", { name: "CVE-2026-10000", exact: true }).last();
    expect(await found.getAttribute("href")).toBe("/findings/vulnerabilities/CVE-2026-10000");
    await page.getByText("baseline/no-fixable-critical", { exact: true }).first().waitFor();
    const exception = "pratique policy exception grant --rule baseline/no-fixable-critical";
    const command = page.locator(".command", { hasText: exception });
    await visitor.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await command.getByRole("button", { name: "Copy the command" }).click();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(
      `${exception} --image registry.example/shop/checkout:2.8.1 --expires 7d --reason WHY --owner WHO`,
    );
    expect(new URL(page.url()).pathname).toMatch(/^\/launches\/c0ffee00-seed\.\d+$/u);
    expect(await page.title()).toBe("checkout · Launches · Pratique");
    await picture(page, "launch");
    await page.reload();
    await page.getByText("Rebuild the image on a current base").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByText("Rebuild the image on a current base").waitFor({ state: "detached" });
  });

  it("narrows launches, and keeps the filter in the address", async () => {
    await page.getByLabel("Verdict").selectOption("denied");
    await page.getByRole("link", { name: "debug", exact: true }).waitFor();
    await page.getByRole("link", { name: "web", exact: true }).waitFor({ state: "detached" });
    expect(page.url()).toContain("outcome=denied");
    await page.getByPlaceholder("Find launches").fill("no-engine-socket");
    await page.getByRole("link", { name: "debug", exact: true }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "ci-runner", exact: true }).waitFor();
    expect(page.url()).toContain("text=no-engine-socket");
    await page.getByPlaceholder("Find launches").fill("nothing of the kind");
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await page.getByRole("link", { name: "web", exact: true }).waitFor();
  });

  it("leaves rows where they are under the pointer, and counts what has come in", async () => {
    await open("/launches");
    const first = page.getByRole("grid", { name: "Launches" }).locator("tbody tr").first();
    const launch = () => first.getByRole("link").first().getAttribute("href");
    await first.hover();
    const before = await launch();
    const { records } = makeSeed(Date.now());
    const record = recordAfter(undefined, { ...eventOf(records[0]), time: new Date().toISOString() });
    await host.say("POST", pathOf(putRecords), { logId: "c0ffee0f-late", host: HOST, records: [record] });
    await page.getByText("1 new, shown when the pointer leaves the list").waitFor();
    expect(await launch()).toBe(before);
    await heading("Launches").hover();
    await expect.poll(launch).toBe("/launches/c0ffee0f-late.1");
  });

  it("never calls an image clean that could not be assessed", async () => {
    await open("/images");
    await page.getByText("unknown: not assessed").waitFor();
    await page.getByRole("link", { name: "legacy/billing:2016" }).click();
    await page.getByText("This image could not be assessed").waitFor();
    await page.getByText("That is not a clean bill of health").waitFor();
    expect(await page.getByText("No known vulnerabilities").count()).toBe(0);
  });

  it("shows the host and what is not covered, and warns when the gate is down", async () => {
    await open("/hosts/web-1.example");
    await page.getByText("steps of a build are not judged").waitFor();
    await picture(page, "host");
    const { host: status } = makeSeed(Date.now());
    await host.say("PUT", pathOf(putHost), { ...status, gate: { state: "down", restarts: 3 } });
    await page.getByText("The gate is down").waitFor();
    await host.say("PUT", pathOf(putHost), status);
    await page.getByText("The gate is down").waitFor({ state: "detached" });
    expect(await page.getByText("Enforcing").count()).toBe(1);
  });

  it("does not let the name of an image become part of the page", async () => {
    const { images } = makeSeed(Date.now());
    const [first] = images;
    if (first === undefined) throw new Error("no seed");
    const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    const report = { ...first.report, target: { ...first.report.target, reference: evil } };
    await host.say("PUT", pathOf(putImage, { imageId: first.imageId }), report);
    await open("/images");
    await page.getByRole("link", { name: evil }).waitFor();
    expect(await page.title()).toBe("Images · Pratique");
    await host.say("PUT", pathOf(putImage, { imageId: first.imageId }), first.report);
  });

  it("can be used with the keyboard alone", async () => {
    await open("/");
    await heading("Overview").waitFor();
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").textContent()).toBe("Skip to content");
    await page.getByRole("link", { name: "Launches", exact: true }).focus();
    await page.keyboard.press("Enter");
    await heading("Launches").waitFor();
    await page.getByRole("link", { name: "checkout", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("Rebuild the image on a current base").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("Rebuild the image on a current base").waitFor({ state: "detached" });
    await expect.poll(() => page.locator(":focus").textContent()).toBe("checkout");
  });

  it("shows at its top what new advisories tell of images that are known, those first that run", async () => {
    const { images } = makeSeed(Date.now());
    const told = images.slice(0, 3).map(({ imageId, report }, index) => {
      const finding = report.findings.find(({ severity }) => severity === "critical") ?? report.findings[0];
      if (finding === undefined) throw new Error("no seed");
      const id = `CVE-2026-9000${index}`;
      const fresh = {
        ...finding,
        id,
        aliases: [],
        advisory: id,
        fixedVersion: "99",
        knownExploited: index === 1,
      };
      const scannedAt = new Date().toISOString();
      return { imageId, report: { ...report, scannedAt, findings: [...report.findings, fresh] } };
    });
    for (const { imageId, report } of told) await host.say("PUT", pathOf(putImage, { imageId }), report);
    const containers = told.slice(2).map(({ imageId, report }) => ({
      id: "a".repeat(64),
      name: "shop",
      image: report.target.reference,
      imageId,
      state: "running",
      createdAt: new Date().toISOString(),
      user: "",
      privileged: false,
      ports: [],
      labels: {},
      restartPolicy: "no",
    }));
    await host.say("PUT", pathOf(putContainers), { takenAt: new Date().toISOString(), containers });
    await open("/");
    const table = page.getByRole("grid", { name: "Newly affected images" });
    await table.getByText("1 container").waitFor();
    expect(await table.getByRole("row").nth(1).textContent()).toContain(told[2]?.report.target.reference);
    expect(await barriersEverywhere(page, "overview newly affected")).toEqual([]);
    await page.getByRole("link", { name: "All 3 images" }).click();
    await heading("Newly affected images").waitFor();
    await page.getByRole("link", { name: "CVE-2026-90001" }).waitFor();
    expect(await barriersEverywhere(page, "newly affected")).toEqual([]);
  });

  it("keeps what is around a page that cannot be had while the server is away", async () => {
    await open("/");
    await heading("Overview").waitFor();
    await visitor.context.setOffline(true);
    await page.getByRole("link", { name: "Registries", exact: true }).click();
    await page.getByText("The server cannot be reached").waitFor();
    expect(await barriers(page)).toEqual([]);
    await visitor.context.setOffline(false);
    await page.getByRole("button", { name: "Try again" }).click();
    await heading("Registries").waitFor();
    expect(new URL(page.url()).pathname).toBe("/registries");
    visitor.complaints.splice(0);
  });

  it("says that the server is away, and shows what could not be read once it is back", async () => {
    await page.route(`**${pathOf(streamEvents)}`, (route) => route.abort());
    await open("/");
    await page.getByText("Connection lost").waitFor();
    await page.route(`**${pathOf(listLaunches)}?*`, (route) => route.abort());
    await page.getByRole("link", { name: "Launches", exact: true }).click();
    await page.getByText("This could not be read").waitFor();
    await page.unrouteAll();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("link", { name: "checkout", exact: true }).waitFor();
    expect(await page.getByText("This could not be read").count()).toBe(0);
    visitor.complaints.splice(0);
  });

  it("shows a page whose code could not be had once the server is back", async () => {
    await page.route(`**${pathOf(streamEvents)}`, (route) => route.abort());
    await open("/");
    await page.getByText("Connection lost").waitFor();
    await page.route("**/*", (route) => route.abort());
    await page.getByRole("link", { name: "Settings", exact: true }).click();
    await page.getByText("The page could not be shown").waitFor();
    await page.unrouteAll();
    await heading("Settings").waitFor();
    expect(await page.getByText("The page could not be shown").count()).toBe(0);
    visitor.complaints.splice(0);
  });

  it("prints the whole of a page, and nothing that is there to be pressed", async () => {
    await open("/launches");
    await page.getByRole("link", { name: "checkout", exact: true }).waitFor();
    await page.emulateMedia({ media: "print" });
    expect(await page.getByRole("navigation", { name: "Places" }).isVisible()).toBe(false);
    const [whole, shown] = await page
      .locator("#main")
      .evaluate(({ scrollHeight, clientHeight }) => [scrollHeight, clientHeight]);
    expect(shown).toBe(whole);
    expect(shown).toBeGreaterThan(page.viewportSize()?.height ?? 0);
    await page.emulateMedia({ media: "screen" });
  });

  it("keeps the theme that was chosen", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await open("/");
    await page.getByRole("button", { name: "Light theme" }).click();
    await page.reload();
    await heading("Overview").waitFor();
    expect(await page.locator("html.pf-v6-theme-dark").count()).toBe(0);
  });

  it("signs out", async () => {
    await page.getByRole("button", { name: "Your account, admin" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await heading("Sign in to Pratique").waitFor();
    await open("/launches");
    await heading("Sign in to Pratique").waitFor();
    expect(await visitor.context.cookies()).toEqual([]);
  });

  it("gave the browser nothing to complain of", () => {
    // After signing out, the stream and the next look are refused: that is what was asked for.
    expect(visitor.complaints.filter((text) => !text.includes("401"))).toEqual([]);
  });
});

function eventOf(record: AuditRecord | undefined): Pick<AuditRecord, "class" | "action" | "actor" | "data"> {
  if (record === undefined) throw new Error("the seed is empty");
  const { class: kind, action, actor, data } = record;
  return { class: kind, action, actor, data };
}
