import { awaitWork, pathOf, putContainers, putHost } from "@pratique/api";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  barriers,
  barriersEverywhere,
  ConsoleBrowser,
  documentPicture,
  noBrowser,
  picture,
  SMALL,
  savedCsv,
  settled,
  tellFailures,
  type Visitor,
} from "./console-browser.ts";
import { localContainers, plantFindings, plantFleet, WEB_CONTAINER_ID } from "./console-fleet-seed.ts";
import { type ConsoleHost, startConsoleHost } from "./console-host.ts";
import { HOST, makeSeed } from "./console-seed.ts";

const now = Date.now();
const seed = makeSeed(now);
const imageId = seed.images[3]?.imageId ?? "";
const launchPath = `/launches/c0ffee00-seed.${seed.records.length}`;
const containerPath = `/containers/${HOST}~${WEB_CONTAINER_ID}`;

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const rows = (page: Page, table: string) => page.getByRole("grid", { name: table }).locator("tbody tr");
const searchOf = (page: Page) => new URL(page.url()).searchParams;

describe.skipIf(noBrowser !== undefined)(`the fleet in a browser ${noBrowser ?? ""}`, () => {
  let host: ConsoleHost;
  let browser: ConsoleBrowser;
  let admin: Visitor;
  let page: Page;

  tellFailures(() => browser);

  beforeAll(async () => {
    host = await startConsoleHost({ prepare: (store) => plantFleet(store, now) });
    await host.sow(seed);
    const containers = localContainers(now);
    await host.say("PUT", pathOf(putContainers), { takenAt: new Date(now).toISOString(), containers });
    browser = await ConsoleBrowser.start(host);
    admin = await browser.administrator();
    page = admin.page;
  });

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  const open = async (path: string, at: Page = page) => {
    await at.goto(`${host.server.url}${path}`);
    await settled(at);
  };

  describe("the overview", () => {
    it("shows what needs a person first, worst first, with the way to it", async () => {
      await open("/");
      const items = page.getByRole("list", { name: "What needs a person" }).getByRole("listitem");
      expect(await items.first().textContent()).toContain("A host's key is used twice");
      await documentPicture(page, "console-overview");
      // Nothing has to be turned to for it, in a window of any size.
      for (const size of [
        { width: 1440, height: 844 },
        { width: 390, height: 844 },
      ]) {
        await page.setViewportSize(size);
        await settled(page);
        const { y = Number.POSITIVE_INFINITY } = (await items.first().boundingBox()) ?? {};
        expect(y).toBeLessThan(size.height / 2);
      }
      await page.setViewportSize({ width: 1440, height: 1000 });
      await page.getByRole("link", { name: "A gate is down" }).click();
      await heading(page, "Hosts").waitFor();
      expect(searchOf(page).get("gate")).toBe("down");
      await expect.poll(() => rows(page, "Hosts").count()).toBe(1);
      expect(await rows(page, "Hosts").first().textContent()).toContain("lab-3.example");
    });

    it("draws findings and refusals over time, and tells their numbers to whoever cannot see them", async () => {
      await open("/");
      const chart = page.getByRole("img", { name: /^Open findings by day\. \d{4}-\d\d-\d\d: low \d+/u });
      await chart.locator("svg").waitFor();
      await page
        .getByRole("img", { name: /^Refusals by hour/u })
        .locator("svg")
        .waitFor();
      await page.getByRole("button", { name: "Numbers" }).first().click();
      await expect.poll(() => rows(page, "Open findings by day, numbers").count()).toBe(30);
    });

    it("leads from a number to what it counts", async () => {
      await open("/");
      await page.getByRole("link", { name: "Running with critical findings" }).click();
      await heading(page, "Containers").waitFor();
      expect(Object.fromEntries(searchOf(page))).toEqual({ severity: "critical", state: "running" });
      await settled(page);
      for (const text of await rows(page, "Containers").allTextContents()) {
        expect(text).toMatch(/Running.*critical/u);
      }
    });
  });

  describe("lists", () => {
    it("narrow images to those that hosts contradict each other about, by a link and by hand", async () => {
      await open("/images?disputed=true");
      const choice = page.getByLabel("Reports of hosts");
      expect(await choice.inputValue()).toBe("true");
      expect(await rows(page, "Images").count()).toBe(0);
      await choice.selectOption("false");
      await expect.poll(() => rows(page, "Images").count()).toBe(8);
      expect(searchOf(page).get("disputed")).toBe("false");
    });

    it("keep filter and order in the address, so that they can be sent to somebody", async () => {
      await open("/images");
      await page.getByLabel("Severity").selectOption("critical");
      await page.getByRole("link", { name: "redis:7.4-alpine" }).waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Size" }).click();
      await expect
        .poll(() => Object.fromEntries(searchOf(page)))
        .toEqual({
          severity: "critical",
          sort: "size",
          order: "asc",
        });
      await page.reload();
      await settled(page);
      const names = await rows(page, "Images").locator("td:first-child a").allTextContents();
      expect(names).toEqual(["registry.example/shop/checkout:2.8.1", "postgres:16.4", "node:18-bullseye"]);
    });

    it("are ordered on a telephone, too, where columns have no heads", async () => {
      await open("/images");
      const order = page.getByLabel("Order of images");
      expect(await order.isVisible()).toBe(false);
      await page.setViewportSize({ width: 390, height: 844 });
      await order.selectOption("Size, ascending");
      await expect.poll(() => Object.fromEntries(searchOf(page))).toEqual({ sort: "size", order: "asc" });
      await page.setViewportSize({ width: 1440, height: 1000 });
    });

    it("begin at once on a telephone, their filters behind a button that counts those that are set", async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await open("/images");
      const severity = page.getByLabel("Severity", { exact: true });
      const filters = page.getByRole("button", { name: "Filters" });
      expect(await severity.isVisible()).toBe(false);
      await filters.click();
      await severity.selectOption("critical");
      await page.getByRole("button", { name: "Filters (1 set)" }).waitFor();
      await picture(page, "fleet filters open");
      await filters.click();
      expect(await severity.isVisible()).toBe(false);
      await settled(page);
      await picture(page, "fleet filters folded");
      const { y = Number.POSITIVE_INFINITY } = (await rows(page, "Images").first().boundingBox()) ?? {};
      expect(y).toBeLessThan(500);
      await page.setViewportSize({ width: 1440, height: 1000 });
      expect(await severity.isVisible()).toBe(true);
      expect(await filters.isVisible()).toBe(false);
    });

    it("find what is typed, and say so when nothing fits", async () => {
      await open("/images");
      await page.getByPlaceholder("Find images").fill("postgres");
      await expect.poll(() => rows(page, "Images").count()).toBe(1);
      expect(searchOf(page).get("text")).toBe("postgres");
      await page.getByPlaceholder("Find images").fill("12345");
      await page.getByText("Nothing fits the filter").waitFor();
      expect(searchOf(page).get("text")).toBe("12345");
      await page.getByRole("button", { name: "Clear the filter" }).click();
      await expect.poll(() => rows(page, "Images").count()).toBe(8);
      expect(page.url()).toBe(`${host.server.url}/images`);
    });

    it("of containers are ordered by a column and narrowed by a host, and an address says so", async () => {
      await open("/containers");
      await page.getByRole("button", { name: "Image", exact: true }).click();
      await expect.poll(() => searchOf(page).get("sort")).toBe("image");
      await page.getByLabel("Host", { exact: true }).selectOption(HOST);
      await expect.poll(() => searchOf(page).get("host")).toBe(HOST);
      await page.reload();
      await settled(page);
      expect(Object.fromEntries(searchOf(page))).toMatchObject({ sort: "image", host: HOST });
      expect(await page.getByLabel("Host", { exact: true }).inputValue()).toBe(HOST);
      const shown = await rows(page, "Containers").locator("td:nth-child(3)").allTextContents();
      expect(shown.length).toBeGreaterThan(2);
      const ordered = shown.toSorted();
      expect(shown).toEqual(searchOf(page).get("order") === "desc" ? ordered.toReversed() : ordered);
    });

    it("are turned page by page, forth and back, and by the browser's own buttons", async () => {
      await open("/containers?limit=25");
      const first = await rows(page, "Containers").first().textContent();
      await page.getByRole("button", { name: "Go to next page" }).first().click();
      await expect.poll(() => searchOf(page).get("page")).toBe("2");
      await settled(page);
      const second = await rows(page, "Containers").first().textContent();
      expect(second).not.toBe(first);
      await page.reload();
      await settled(page);
      expect(await rows(page, "Containers").first().textContent()).toBe(second);
      await page.getByRole("button", { name: "Go to next page" }).first().click();
      await expect.poll(() => searchOf(page).get("page")).toBe("3");
      await page.getByRole("button", { name: "Go to previous page" }).first().click();
      await expect.poll(() => rows(page, "Containers").first().textContent()).toBe(second);
      for (const number of ["3", "2", null]) {
        await page.goBack();
        await expect.poll(() => searchOf(page).get("page")).toBe(number);
      }
      await expect.poll(() => rows(page, "Containers").first().textContent()).toBe(first);
    });

    it.each([
      ["/images", "reference,imageId,digest", 8],
      ["/images?severity=critical", "reference,imageId,digest", 3],
      ["/containers?limit=25", "host,name,id,image", 115],
      ["/hosts", "name,agent,heardAt", 9],
      ["/launches", "time,host,outcome", 167],
      ["/findings?severity=critical", "id,severity,packageName", 7],
      ["/findings/vulnerabilities?severity=critical", "id,severity,images", 4],
      [`/images/${imageId}`, "id,severity,packageName", 92],
      [`/images/${imageId}?tab=packages`, "name,version,type", 147],
    ])("are saved whole as CSV, as narrowed: %s", async (path, columns, count) => {
      await open(path);
      const [head, ...lines] = await savedCsv(page);
      expect(head?.replaceAll('"', "")).toContain(columns);
      expect(lines).toHaveLength(count);
    });

    it("ask for nothing that they do not know, whatever an address says", async () => {
      await open("/images?severity=dreadful&evil=1&verdict=allow");
      await expect.poll(() => rows(page, "Images").count()).toBe(4);
      expect(await page.getByLabel("Severity").inputValue()).toBe("");
      expect(await page.getByLabel("Last verdict").inputValue()).toBe("allow");
    });
  });

  describe("an image", () => {
    it.each([
      ["Findings", "findings", "CVE-2026-10000"],
      ["Packages", "packages", "curl"],
      ["Secrets", "secrets", "AWS access key"],
      ["Layers", "layers", "sha256:"],
      ["Where it is", "hosts", "db-1.example"],
      ["Verdicts", "launches", "within the policies"],
    ])("shows its %s under an address of their own", async (title, tab, text) => {
      await open(`/images/${imageId}`);
      await page.getByRole("tab", { name: title }).click();
      await expect.poll(() => searchOf(page).get("tab")).toBe(tab);
      await page.reload();
      await settled(page);
      expect(await page.getByRole("tab", { name: title, selected: true }).count()).toBe(1);
      await page.getByRole("tabpanel").getByText(text).first().waitFor();
    });

    it("tells the licenses of its packages where they are known", async () => {
      await open(`/images/${imageId}?tab=packages`);
      const cells = rows(page, "Packages").filter({ hasText: "curl" }).first().locator("td");
      await expect.poll(() => cells.allTextContents()).toContain("curl, ISC OR LicenseRef-Own restricted");
    });

    it("finds packages by their licenses, and saves those as CSV", async () => {
      await open(`/images/${imageId}?tab=packages`);
      await page.getByPlaceholder("Find by license").fill("isc");
      await expect.poll(() => rows(page, "Packages").count()).toBe(1);
      await page.getByLabel("License", { exact: true }).selectOption("restricted");
      await settled(page);
      expect(await rows(page, "Packages").count()).toBe(1);
      expect(await barriers(page)).toEqual([]);
      await picture(page, "image packages by license");
      const [head, ...lines] = await savedCsv(page, "CSV");
      expect(head).toContain('"licenses","licenseCategory"');
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain('"[""curl"",""ISC OR LicenseRef-Own""]","restricted"');
      await page.getByLabel("License", { exact: true }).selectOption("forbidden");
      await page.getByText("Nothing fits the filter").waitFor();
    });

    it("tells the secrets that lie in it, where, and how to ask for an exception", async () => {
      await open(`/images/${imageId}?tab=secrets`);
      const found = rows(page, "Secrets");
      await expect.poll(() => found.count()).toBe(2);
      expect(await found.first().textContent()).toMatch(
        /AWS access keyAKIA…4Q.*critical.*srv\/app\/\.env:3deleted by a later layer/u,
      );
      expect(await found.last().textContent()).toMatch(/Password.*uncertain.*variable 2 of the environment/u);
      expect(await barriers(page)).toEqual([]);
      await picture(page, "image secrets");
      const [head, ...lines] = await savedCsv(page, "CSV");
      expect(head).toContain('"match","fingerprint","suppressed.by"');
      expect(lines).toHaveLength(2);
      await page.getByLabel("Place", { exact: true }).selectOption("environment");
      await expect.poll(() => found.count()).toBe(1);
      await page.getByLabel("Place", { exact: true }).selectOption("");
      await page.getByRole("link", { name: "Request an exception for AWS access key" }).click();
      await heading(page, "New exception").waitFor();
      expect(await page.getByLabel("Secrets").inputValue()).toBe("9f86d081884c7d65");
    });

    it("tells that nobody has looked for secrets, and what does", async () => {
      await open("/images");
      await page.getByRole("link", { name: "node:18-bullseye" }).first().click();
      await page.getByRole("tab", { name: "Secrets" }).click();
      await page.getByText("Nobody has looked for secrets in it").waitFor();
      expect(await page.getByRole("tabpanel").textContent()).toContain(
        "pratique image scan --scanners vuln,secret node:18-bullseye",
      );
    });

    it("saves its layers as CSV", async () => {
      await open(`/images/${imageId}?tab=layers`);
      const [head, ...lines] = await savedCsv(page, "CSV of layers");
      expect(head?.replaceAll('"', "")).toBe("digest,instruction,broughtBy,packages,findings");
      expect(lines).toHaveLength(await rows(page, "Layers, lowest first").count());
      expect(lines[0]).toMatch(/^"sha256:/u);
    });

    it("tells first what is exploited, and what mends it", async () => {
      await open(`/images/${imageId}`);
      expect(await rows(page, "Findings").first().textContent()).toMatch(
        /CVE-2026-10000known exploited.*critical/u,
      );
      await documentPicture(page, "console-image");
    });

    it("keeps what its parts are narrowed to in the address, and where one turns back to", async () => {
      await open(`/images/${imageId}`);
      await page.getByPlaceholder("Find findings").fill("openssl");
      await expect.poll(() => searchOf(page).get("text")).toBe("openssl");
      await settled(page);
      await rows(page, "Findings").first().getByRole("link").first().click();
      await page.getByText("How urgent it is").waitFor();
      await page.goBack();
      await page.getByPlaceholder("Find findings").waitFor();
      expect(await page.getByPlaceholder("Find findings").inputValue()).toBe("openssl");
      await page.getByRole("tab", { name: "Packages" }).click();
      await page.getByPlaceholder("Find packages").waitFor();
      expect(Object.fromEntries(searchOf(page))).toEqual({ tab: "packages" });
    });

    it("is scanned again by a host that has it", async () => {
      // What comes before may have taken longer than a host may be silent.
      await host.say("PUT", pathOf(putHost), seed.host);
      await open(`/images/${imageId}`);
      await page.getByRole("button", { name: "Scan again" }).click();
      await page.getByText(/was told to scan it$/u).waitFor();
      expect(await page.getByRole("button", { name: "Scan again" }).isEnabled()).toBe(true);
    });
  });

  describe("a container", () => {
    it("is killed with a reason, and its host hears of it", async () => {
      await open(containerPath);
      await heading(page, "web").waitFor();
      await page.getByRole("button", { name: "Respond" }).click();
      const dialog = page.getByRole("dialog");
      // Nothing was told of a sensor there: only the engine can do something.
      await expect.poll(() => dialog.getByRole("radio", { name: "Kill" }).isChecked()).toBe(true);
      expect(await dialog.getByRole("radio", { name: "Quarantine" }).isDisabled()).toBe(true);
      expect(await dialog.getByRole("button", { name: "Kill" }).isDisabled()).toBe(true);
      await dialog.getByLabel("Reason").fill("it mines coins");
      await dialog.getByRole("button", { name: "Kill" }).click();
      await dialog.getByText("Waiting for the agent of").waitFor();
      const work = awaitWork.reply.parse(
        JSON.parse(await host.say("GET", pathOf(awaitWork, {}, { revision: "", waitSeconds: 0 }))),
      );
      expect(work.commands).toContainEqual(
        expect.objectContaining({ kind: "respond", action: "kill", containerId: WEB_CONTAINER_ID }),
      );
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
    });

    it("that is not there is missed in words", async () => {
      await open(`/containers/${HOST}~ffff`);
      await page.getByText("It is not there, or no longer").waitFor();
      await page.getByText(/there is no container/u).waitFor();
      expect(admin.complaints.splice(0).filter((text) => !text.includes("404"))).toEqual([]);
    });
  });

  describe("hosts", () => {
    it.each([
      ["what is not covered", "What this host does not cover", "what,why,fix"],
      ["sources of advisories", "Sources of advisories", "source,builtAt,stale,coverage"],
    ])("save as CSV %s", async (name, table, columns) => {
      await open(`/hosts/${HOST}`);
      const [head, ...lines] = await savedCsv(page, `CSV of ${name}`);
      expect(head?.replaceAll('"', "")).toBe(columns);
      expect(lines).toHaveLength(await rows(page, table).count());
      expect(lines).not.toEqual([]);
    });

    it("join with a token that is shown once, for a host and with labels", async () => {
      await open("/hosts");
      await page.getByRole("button", { name: "Join a host" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Name of the host").fill("web-3.example");
      await dialog.getByLabel("Labels").fill("env=lab\nnonsense");
      await dialog.getByText("Expected name=value, found “nonsense”").waitFor();
      await dialog.getByLabel("Labels").fill("env=lab\nteam=shop");
      await dialog.getByLabel("Good for").selectOption("1440");
      await dialog.getByRole("button", { name: "Make a token" }).click();
      await dialog.getByText("Run this on the host").waitFor();
      expect(await dialog.locator("code").textContent()).toMatch(/pratique agent join .*--token\s+prqj_/u);
      expect(await barriers(page)).toEqual([]);
      // What is shown this once is not lost by a key.
      await page.keyboard.press("Escape");
      expect(await dialog.getByText("Run this on the host").isVisible()).toBe(true);
      await dialog.getByRole("button", { name: "Close" }).last().click();
      const tokens = rows(page, "Tokens");
      expect(await tokens.first().textContent()).toContain("web-3.exampleenv=lab, team=shop");
      await page.getByRole("button", { name: "Revoke the token for web-3.example" }).click();
      await tokens.first().waitFor({ state: "detached" });
    });

    it("say what decides on them and what they do not cover", async () => {
      await open(`/hosts/${HOST}`);
      await page.getByText("steps of a build are not judged").waitFor();
      await page.getByText("are refused when they are created and when they are started").waitFor();
      await documentPicture(page, "console-host", SMALL);
      expect(await page.getByRole("button", { name: "Revoke" }).count()).toBe(0);
    });

    it.each([
      ["kiosk-2.example", "Two programs use the key of this host"],
      ["old-9.example", "This host was revoked"],
      ["lab-3.example", "The gate is down"],
      ["lab-3.example", "Policies could not be read"],
      ["edge-7.example", "The agent has fallen silent"],
      ["build-1.example", "The certificate ends soon"],
      ["build-1.example", "Advisories are out of date: osv"],
      ["build-1.example", "The gate observes only"],
      ["lab-4.example", "Its agent has not reported yet"],
    ])("%s: %s", async (name, words) => {
      await open(`/hosts/${name}`);
      await page.getByText(words).first().waitFor();
      expect(await page.title()).toBe(`${name} · Pratique`);
    });

    it("are revoked with a reason, once", async () => {
      await open("/hosts/kiosk-2.example");
      await page.getByRole("button", { name: "Revoke" }).click();
      await page.getByLabel("Reason").fill("its key was copied");
      await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
      await page.getByText("Its certificate opens nothing any more").waitFor();
      await page.keyboard.press("Escape");
      await page.getByText("This host was revoked").waitFor();
      expect(await page.getByRole("button", { name: "Revoke" }).count()).toBe(0);
    });

    it("are told to observe only", async () => {
      await open("/hosts/web-2.example");
      await page.getByRole("button", { name: "Only observe" }).click();
      await page.getByText("From then on nothing is refused on this host").waitFor();
      await page.getByLabel("Reason").fill("the new policies refuse everything");
      await page.getByRole("dialog").getByRole("button", { name: "Only observe" }).click();
      await page.getByText("The host's agent was told").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      // The gate is where it was until the agent has done it.
      expect(await page.getByRole("button", { name: "Only observe" }).count()).toBe(1);
    });
  });

  describe("a refused launch", () => {
    it("opens beside the list, and leads to a form for an exception that knows it already", async () => {
      await open("/launches?outcome=denied");
      await page.getByRole("link", { name: "checkout", exact: true }).click();
      await page.getByText("Rebuild the image on a current base").waitFor();
      expect(searchOf(page).get("outcome")).toBe("denied");
      await documentPicture(page, "console-launch");
      await page.getByRole("link", { name: "Request an exception" }).first().click();
      await expect.poll(() => new URL(page.url()).pathname).toBe("/exceptions/new");
      expect(Object.fromEntries(searchOf(page))).toEqual({
        rule: "baseline/no-fixable-critical",
        image: "registry.example/shop/checkout:2.8.1",
        digest: seed.images[0]?.imageId,
        host: HOST,
        launch: `c0ffee00-seed.${seed.records.length}`,
      });
    });

    it("is closed with the keyboard, and the list has its filter still", async () => {
      await open(`${launchPath}?outcome=denied`);
      await page.getByRole("button", { name: "Close" }).focus();
      await page.keyboard.press("Enter");
      await page.getByText("Rebuild the image on a current base").waitFor({ state: "detached" });
      expect(page.url()).toBe(`${host.server.url}/launches?outcome=denied`);
    });
  });

  describe("findings", () => {
    it("lead from a vulnerability to the images that have it", async () => {
      await open("/findings?knownExploited=true");
      await page.getByRole("link", { name: "CVE-2026-10000" }).first().click();
      await heading(page, "CVE-2026-10000").waitFor();
      await expect.poll(() => rows(page, "Images that have it").count()).toBe(3);
      await page
        .getByRole("grid", { name: "Images that have it" })
        .getByRole("link", { name: "postgres:16.4" })
        .click();
      await heading(page, "postgres:16.4").waitFor();
      expect(decodeURIComponent(new URL(page.url()).pathname)).toBe(`/images/${imageId}`);
    });

    it("are looked at one by one or by vulnerability", async () => {
      await open("/findings");
      await page.getByRole("link", { name: "By vulnerability" }).click();
      await heading(page, "Vulnerabilities").waitFor();
      await page.getByRole("button", { name: "Images", exact: true }).click();
      await expect.poll(() => searchOf(page).get("sort")).toBe("images");
    });
  });

  describe("the keyboard", () => {
    it("skips to the content", async () => {
      await open("/images");
      await page.keyboard.press("Tab");
      expect(await page.locator(":focus").textContent()).toBe("Skip to content");
      await page.keyboard.press("Enter");
      await expect.poll(() => page.evaluate("document.activeElement.id")).toBe("main");
    });

    it("reaches every control of a list in the order in which they are read", async () => {
      await open("/images");
      await page.locator("#main").focus();
      const reached: string[] = [];
      for (let step = 0; step < 12; step += 1) {
        await page.keyboard.press("Tab");
        reached.push(
          String(
            await page.evaluate(
              "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()",
            ),
          ),
        );
      }
      expect(reached.slice(0, 7)).toEqual([
        "Find images",
        "Severity",
        "Assessment",
        "Last verdict",
        "Reports of hosts",
        "CSV",
        "1 to 8 of 8",
      ]);
      expect(reached.slice(-5)).toEqual([
        "Image",
        "Findings",
        "Size",
        "Scanned",
        "registry.example/shop/checkout:2.8.1",
      ]);
    });

    it("searches with /, goes with g and a letter, and begins where the new page begins", async () => {
      await open("/");
      await page.keyboard.press("g");
      await page.keyboard.press("c");
      await heading(page, "Containers").waitFor();
      await expect.poll(() => page.evaluate("document.activeElement.id")).toBe("main");
      await settled(page);
      await page.keyboard.press("/");
      await page.keyboard.type("g i");
      await expect.poll(() => searchOf(page).get("text")).toBe("g i");
      expect(new URL(page.url()).pathname).toBe("/containers");
    });

    it("tells its shortcuts with ?, and lets them be turned off", async () => {
      await open("/images");
      await page.keyboard.press("?");
      await page.getByText("Go to Findings").waitFor();
      expect(await barriers(page)).toEqual([]);
      await page.getByText("Single keys are shortcuts").click();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.keyboard.press("/");
      expect(await page.locator(".search-field input:focus").count()).toBe(0);
      await page.evaluate("localStorage.clear()");
    });
  });

  describe("somebody who may not do everything", () => {
    it("is offered only what they may, and told in words what was refused", async () => {
      const viewer = await browser.person(admin, {
        login: "vera",
        permissions: { "containers.read": "allow", "images.read": "allow" },
        scope: { hosts: ["db-*"] },
      });
      const places = viewer.page.getByRole("navigation", { name: "Places" }).getByRole("link");
      await open(`/containers/db-1.example~${"0".repeat(4)}`, viewer.page);
      expect(await places.allTextContents()).toEqual(["Images", "Containers", "Statistics", "Approvals"]);
      await open("/containers", viewer.page);
      await expect.poll(() => rows(viewer.page, "Containers").count()).toBe(5);
      await viewer.page.getByRole("link", { name: "checkout", exact: true }).click();
      await heading(viewer.page, "checkout").waitFor();
      expect(await viewer.page.getByRole("button", { name: "Respond" }).count()).toBe(0);
      await open("/hosts", viewer.page);
      await viewer.page.getByText("This could not be read").waitFor();
      await viewer.page
        .getByText(/hosts\.read/u)
        .first()
        .waitFor();
      expect(await viewer.page.getByRole("button", { name: "Join a host" }).count()).toBe(0);
      await open(containerPath, viewer.page);
      await viewer.page.getByText(/there is no container/u).waitFor();
      await viewer.context.close();
    });

    it("asks a second person where the role says so", async () => {
      const killer = await browser.person(admin, {
        login: "kim",
        permissions: { "containers.read": "allow", "containers.respond": "needs-approval" },
      });
      await open(containerPath, killer.page);
      await killer.page.getByRole("button", { name: "Respond" }).click();
      await killer.page.getByText("A second person has to agree").waitFor();
      await killer.page.getByLabel("Reason").fill("it mines coins");
      await killer.page.getByRole("button", { name: "Ask a second person" }).click();
      await killer.page.getByText("This waits for a second person").waitFor();
      expect(await barriers(killer.page)).toEqual([]);
      await killer.page.getByRole("link", { name: "See the approval" }).click();
      await expect.poll(() => new URL(killer.page.url()).pathname).toMatch(/^\/approvals\/[\w.-]+$/u);
      expect(killer.complaints).toEqual([]);
      await killer.context.close();
    });
  });

  const everyPage = [
    ["the overview", "/", "Overview"],
    ["images", "/images", "Images"],
    ["an image", `/images/${imageId}`, "postgres:16.4"],
    ["an image's packages", `/images/${imageId}?tab=packages`, "postgres:16.4"],
    ["an image's secrets", `/images/${imageId}?tab=secrets`, "postgres:16.4"],
    ["an image's layers", `/images/${imageId}?tab=layers`, "postgres:16.4"],
    ["where an image is", `/images/${imageId}?tab=hosts`, "postgres:16.4"],
    ["an image's verdicts", `/images/${imageId}?tab=launches`, "postgres:16.4"],
    ["containers", "/containers", "Containers"],
    ["containers of a host", `/containers?host=${HOST}&state=running`, "Containers"],
    ["a container", containerPath, "web"],
    ["hosts", "/hosts", "Hosts"],
    ["a host", `/hosts/${HOST}`, HOST],
    ["a host in need", "/hosts/lab-3.example", "lab-3.example"],
    ["launches", "/launches", "Launches"],
    ["a launch", launchPath, "Launches"],
    ["findings", "/findings", "Findings"],
    ["vulnerabilities", "/findings/vulnerabilities", "Vulnerabilities"],
    ["a vulnerability", "/findings/vulnerabilities/CVE-2026-10000", "CVE-2026-10000"],
    ["nothing that fits", "/images?text=nothing-of-the-kind", "Images"],
    ["a place that does not exist", "/nowhere", "There is nothing here"],
  ] as const;

  it.each(everyPage)(
    "%s keeps to WCAG 2.2 AA, light and dark, wide and narrow",
    async (name, path, title) => {
      await open(path);
      await heading(page, title).waitFor();
      expect(await barriersEverywhere(page, name)).toEqual([]);
    },
  );

  it("gave the browser nothing to complain of", () => {
    expect(admin.complaints).toEqual([]);
  });

  it("says of an image that is not there, narrow, what fits the page", async () => {
    await open(`/images/sha256:${"0".repeat(64)}`);
    await page.getByText("It is not there, or no longer").waitFor();
    expect(await barriersEverywhere(page, "an image that is not there")).toEqual([]);
  });
});

describe.skipIf(noBrowser !== undefined)(`a hundred thousand findings ${noBrowser ?? ""}`, () => {
  it("are searched, ordered and turned a page at a time", async () => {
    await using host = await startConsoleHost({
      prepare: (store) => plantFindings(store, { images: 100, each: 1000 }),
    });
    await using browser = await ConsoleBrowser.start(host);
    const { page, complaints } = await browser.administrator();
    await page.getByRole("link", { name: "Findings", exact: true }).click();
    await page.getByRole("button", { name: "1 to 50 of 10,000 or more" }).first().waitFor();
    expect(await rows(page, "Findings").count()).toBe(50);
    await page.getByRole("button", { name: "EPSS" }).click();
    await expect.poll(() => searchOf(page).get("sort")).toBe("epss");
    await settled(page);
    await page.getByRole("button", { name: "Go to next page" }).first().click();
    await expect.poll(() => searchOf(page).get("page")).toBe("2");
    await page.getByPlaceholder("Find by CVE or package").fill("CVE-2025-10013");
    await expect.poll(() => rows(page, "Findings").first().textContent()).toContain("CVE-2025-10013");
    expect(complaints).toEqual([]);
  });
});
