import { awaitWork, pathOf, putContainers, putRecords, putRuntime } from "@pratique/api";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
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
import { localContainers, plantFleet, WEB_CONTAINER_ID } from "./console-fleet-seed.ts";
import { type ConsoleHost, startConsoleHost } from "./console-host.ts";
import {
  loadedRules,
  localRuntime,
  plantRuntime,
  RUNTIME_LOG_ID,
  runtimeRecords,
  STORY_ID,
} from "./console-runtime-seed.ts";
import { HOST, makeSeed } from "./console-seed.ts";

/** Shows a page's story without its end being cut off. */
const TALL = { width: 1280, height: 1180 } as const;
const now = Date.now();
const storyPath = `/detections/${STORY_ID}`;
const livePath = `/containers/${HOST}~${WEB_CONTAINER_ID}?tab=live`;

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const rows = (page: Page, table: string) =>
  page.getByRole("grid", { name: table, exact: true }).locator("tbody tr");
const searchOf = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams);

describe.skipIf(noBrowser !== undefined)(`what runs, in a browser ${noBrowser ?? ""}`, () => {
  let host: ConsoleHost;
  let browser: ConsoleBrowser;
  let admin: Visitor;
  let page: Page;

  tellFailures(() => browser);

  beforeAll(async () => {
    host = await startConsoleHost({
      prepare: async (store) => {
        await plantFleet(store, now);
        await plantRuntime(store, now);
      },
    });
    await host.sow(makeSeed(now));
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

  describe("while nothing was told", () => {
    it.each([
      ["/detections", "Nothing was detected yet", "pratique selftest"],
      [livePath, "Nothing was seen of it yet", "pratique doctor"],
      [`/hosts/${HOST}?tab=runtime`, "It has told nothing of what runs yet", "pratique doctor"],
      ["/", "Nothing was detected", "pratique selftest"],
    ])("%s says so, and what to do next", async (path, words, command) => {
      await open(path);
      await page.getByText(words, { exact: true }).waitFor();
      expect(await page.getByText(command).count()).toBe(1);
    });
  });

  it("shows what comes in without being asked again", async () => {
    await open("/detections");
    await host.say("POST", pathOf(putRecords), {
      logId: RUNTIME_LOG_ID,
      host: HOST,
      records: runtimeRecords(now),
    });
    await host.say("PUT", pathOf(putRuntime), localRuntime(now));
    await page.getByRole("link", { name: "Miner started" }).waitFor();
    expect(await page.getByText("Nothing was detected yet").count()).toBe(0);
    await page.getByRole("link", { name: /^Detections \d+ urgent in the last 24 hours/u }).waitFor();
  });

  describe("detections", () => {
    it("stand with what is urgent, on the overview, and lead to their story", async () => {
      await open("/");
      const urgent = rows(page, "Newest urgent detections");
      expect(await urgent.first().textContent()).toMatch(/critical.*Miner started.*web.*Killed/u);
      await picture(page, "overview with detections");
      await page.getByRole("link", { name: "Miner started" }).click();
      await heading(page, "Miner started").waitFor();
    });

    it.each([
      ["Priority", "critical", "priority", 4],
      ["Outcome", "prevented", "outcome", 1],
      ["Technique", "T1496", "tag", 1],
      ["Host", "db-1.example", "host", 0],
    ])("are narrowed by %s", async (label, value, member, count) => {
      await open("/detections");
      await page.getByLabel(label, { exact: true }).selectOption(value);
      await expect.poll(() => searchOf(page)).toEqual({ [member]: value });
      await expect.poll(() => rows(page, "Detections").count()).toBe(count);
      await page.reload();
      await settled(page);
      expect(await page.getByLabel(label, { exact: true }).inputValue()).toBe(value);
      expect(await rows(page, "Detections").count()).toBe(count);
    });

    it("are found by what is typed, and saved as CSV as they are narrowed", async () => {
      await open("/detections");
      await page.getByPlaceholder("Find detections").fill("docker.sock");
      await expect.poll(() => rows(page, "Detections").count()).toBe(1);
      const [head, ...lines] = await savedCsv(page, "CSV");
      expect(head).toContain('"time","host","priority","rule","container"');
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain("Hardened: engine socket");
    });

    it("of a container and of a time are reached by an address, and the filter is taken away", async () => {
      const from = new Date(now - 10 * 60_000).toISOString();
      await open(`/detections?containerId=${WEB_CONTAINER_ID}&from=${from}`);
      expect(await rows(page, "Detections").count()).toBe(3);
      await page.getByRole("button", { name: "Show every from" }).click();
      await page.getByRole("button", { name: "Show every container" }).click();
      await expect.poll(() => searchOf(page)).toEqual({});
    });

    it("stand over a day or a week, and the numbers are there as a table", async () => {
      await open("/detections");
      await page
        .getByRole("img", { name: /^Detections of the last 24 hours/u })
        .locator("svg")
        .waitFor();
      await page.getByRole("button", { name: "7 days" }).click();
      await page
        .getByRole("img", { name: /^Detections of the last 7 days/u })
        .locator("svg")
        .waitFor();
      expect(searchOf(page)).toEqual({ span: "7d" });
      await documentPicture(page, "console-detections", TALL);
      await page.getByRole("button", { name: "Numbers" }).click();
      await expect.poll(() => rows(page, "Detections of the last 7 days, numbers").count()).toBe(28);
      await picture(page, "detections of a week");
    });
  });

  describe("a detection", () => {
    it("tells what happened, why it matched, by whom, and what was done about it", async () => {
      await open(storyPath);
      await heading(page, "Miner started").waitFor();
      await page.getByText("A miner was started in web").waitFor();
      await page.getByText("2 more of the same were left out before this one").waitFor();
      await page.getByText("the process ended with it").waitFor();
      expect(await rows(page, "Why it matched").last().textContent()).toContain("stratum+tcp");
      const tree = rows(page, "Processes, the one that did it last");
      expect(await tree.allTextContents()).toEqual([
        expect.stringMatching(/^Level 1: nginx.*4400root/u),
        expect.stringMatching(/Level 2: nginx/u),
        expect.stringMatching(/Level 3: sh/u),
        expect.stringMatching(/Level 4: kdevtmpfsi/u),
      ]);
      const done = page.getByRole("list", { name: "Responses" }).getByRole("listitem");
      expect(await done.nth(1).textContent()).toMatch(/Done.*took 41\.7 ms.*Proved.*cut web/u);
      expect(await page.getByRole("link", { name: "T1496" }).getAttribute("href")).toBe(
        "https://attack.mitre.org/techniques/T1496/",
      );
      await documentPicture(page, "console-detection", TALL);
      await picture(page, "a detection whole");
    });

    it("offers what can be done about its container, to those who may", async () => {
      await open(storyPath);
      const head = page.locator("#main section").first();
      await head.getByRole("button", { name: "Respond" }).waitFor();
      await head.getByRole("button", { name: "Undo" }).click();
      await page.getByRole("dialog", { name: "Undo what was done about web?" }).waitFor();
      await page.keyboard.press("Escape");
      await head.getByRole("link", { name: "See it live" }).click();
      await heading(page, "web").waitFor();
      expect(searchOf(page)).toEqual({ tab: "live" });
      const reader = await browser.person(admin, {
        login: "reed",
        permissions: { "detections.read": "allow", "containers.read": "allow" },
      });
      await open(storyPath, reader.page);
      await heading(reader.page, "Miner started").waitFor();
      expect(await reader.page.getByRole("button", { name: /Respond|Undo/u }).count()).toBe(0);
      expect(await reader.page.getByRole("link", { name: /See it live/u }).count()).toBe(0);
      await reader.page.getByRole("link", { name: "Miner started" }).click();
      await expect.poll(() => searchOf(reader.page)).toEqual({ rule: "Miner started" });
      expect(reader.complaints).toEqual([]);
      await reader.context.close();
    });

    it("is answered by an order, and the host hears to which", async () => {
      await open(storyPath);
      const head = page.locator("#main section").first();
      await head.getByRole("button", { name: "Respond" }).click();
      const dialog = page.getByRole("dialog", { name: "Respond to web" });
      await expect.poll(() => dialog.getByRole("radio", { name: "Quarantine" }).isChecked()).toBe(true);
      await dialog.getByRole("radio", { name: "Cut" }).check();
      await dialog.getByLabel("From whom").fill("evil.example");
      await dialog.getByText("Expected addresses").waitFor();
      await dialog.getByLabel("Reason").fill("it mines");
      expect(await dialog.getByRole("button", { name: "Cut" }).isDisabled()).toBe(true);
      await dialog.getByLabel("From whom").fill("203.0.113.99");
      await dialog.getByRole("button", { name: "Cut" }).click();
      await dialog.getByText("Waiting for the agent of").waitFor();
      const work = awaitWork.reply.parse(
        JSON.parse(await host.say("GET", pathOf(awaitWork, {}, { revision: "", waitSeconds: 0 }))),
      );
      expect(work.commands).toContainEqual(
        expect.objectContaining({
          kind: "respond",
          action: "cut",
          peers: ["203.0.113.99"],
          containerId: WEB_CONTAINER_ID,
          answers: expect.any(String),
        }),
      );
      await dialog.getByText(`${HOST} is at it`).waitFor();
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
    });

    it("is closed with what it was, and found by that", async () => {
      await open(storyPath);
      await page.getByRole("button", { name: "Review" }).click();
      await page.getByLabel("State", { exact: true }).selectOption("closed");
      expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
      await page.getByLabel("It was", { exact: true }).selectOption("real");
      await page.getByLabel("Note", { exact: true }).fill("a miner; the image is rebuilt");
      await page.getByRole("button", { name: "Save" }).click();
      await page.locator("span.break", { hasText: "a miner; the image is rebuilt" }).waitFor();
      await page.getByText("Closed", { exact: true }).waitFor();
      await picture(page, "a detection that was reviewed");
      await open("/detections");
      await page.getByLabel("State", { exact: true }).selectOption("closed");
      await expect.poll(() => rows(page, "Detections").count()).toBe(1);
      expect(searchOf(page)).toEqual({ state: "closed" });
    });

    it("leads to its container and its image", async () => {
      await open(storyPath);
      await page.getByRole("link", { name: "web", exact: true }).click();
      await heading(page, "web").waitFor();
      expect(searchOf(page)).toEqual({ tab: "live" });
      await page.goBack();
      await heading(page, "Miner started").waitFor();
      await page.locator(".reference").click();
      await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/images\//u);
    });

    it("that is not there is missed in words", async () => {
      await open("/detections/nothing.1");
      await page.getByText("It is not there, or no longer").waitFor();
      await page.getByText(/no detection/u).waitFor();
      expect(admin.complaints.splice(0).filter((text) => !text.includes("404"))).toEqual([]);
    });
  });

  describe("responses", () => {
    it("stand as a list, and are saved as CSV", async () => {
      await open("/detections");
      await page.getByRole("link", { name: "Responses" }).click();
      await heading(page, "Responses").waitFor();
      await settled(page);
      expect(await rows(page, "Responses").nth(1).textContent()).toMatch(/Donecut.*web.*41\.7 ms.*Proved/u);
      const [head, ...lines] = await savedCsv(page, "CSV");
      expect(head).toContain('"tookMs","proved"');
      expect(lines).toHaveLength(3);
    });

    it("in force are undone with a reason, and the host hears of it", async () => {
      await open(livePath);
      await page.getByRole("button", { name: "Undo" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Reason").fill("the miner is gone");
      await dialog.getByRole("button", { name: "Undo" }).click();
      await dialog.getByText("The host's agent was told to undo it").waitFor();
      const work = awaitWork.reply.parse(
        JSON.parse(await host.say("GET", pathOf(awaitWork, {}, { revision: "", waitSeconds: 0 }))),
      );
      expect(work.commands).toContainEqual(
        expect.objectContaining({ kind: "release-response", containerId: WEB_CONTAINER_ID }),
      );
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
    });
  });

  describe("techniques", () => {
    it("stand by tactic with what hosts do, and with what was detected", async () => {
      await open("/detections");
      await page.getByRole("link", { name: "By technique" }).click();
      await heading(page, "Techniques").waitFor();
      await settled(page);
      const impact = page.getByRole("list", { name: "Impact" }).getByRole("listitem");
      const mining = impact.filter({ hasText: "T1496" });
      expect(await mining.textContent()).toMatch(/Detects: 2 of 3 hosts.*Off: 1 of 3 hosts.*1 detection/u);
      await page.getByLabel("Host", { exact: true }).selectOption(HOST);
      await expect.poll(() => mining.textContent()).toMatch(/Resource hijackingDetects\d/u);
      await page.getByLabel("What hosts do").selectOption("prevents");
      await page.getByRole("list", { name: "Impact" }).waitFor({ state: "detached" });
      expect(searchOf(page)).toEqual({ host: HOST, cover: "prevents" });
      const [head, ...lines] = await savedCsv(page, "CSV of techniques");
      expect(head).toBe('"tactic","technique","covered","rules","detections"');
      expect(lines.every((line) => line.includes("prevents: 1"))).toBe(true);
      expect(lines.length).toBeGreaterThan(0);
    });

    it("lead to their detections", async () => {
      await open("/detections/techniques");
      await page
        .getByRole("listitem")
        .filter({ hasText: "T1496" })
        .getByRole("link", { name: "1 detection" })
        .click();
      await heading(page, "Detections").waitFor();
      expect(searchOf(page)).toEqual({ tag: "T1496" });
    });
  });

  describe("a container", () => {
    it("shows its processes as a tree, whom it talks to, and what it writes", async () => {
      await open(`/containers/${HOST}~${WEB_CONTAINER_ID}`);
      await page.getByRole("tab", { name: "Live" }).click();
      await expect.poll(() => searchOf(page)).toEqual({ tab: "live" });
      await settled(page);
      expect(await rows(page, "Processes").last().textContent()).toMatch(/^Level 1|Level 2: nginx/u);
      expect(await rows(page, "Processes").filter({ hasText: "kdevtmpfsi" }).textContent()).toContain(
        "Level 4",
      );
      expect(await rows(page, "Connections").filter({ hasText: "xmr.pool.example" }).textContent()).toMatch(
        /203\.0\.113\.99.*3333\/tcp.*4/u,
      );
      expect(await rows(page, "Listening ports").allTextContents()).toEqual([
        expect.stringContaining("80/tcp"),
        expect.stringContaining("443/tcp"),
      ]);
      expect(await rows(page, "Files written").first().textContent()).toContain("/tmp/.x/kdevtmpfsi");
      expect(await rows(page, "Detections").first().textContent()).toContain("Miner started");
      await open(livePath);
      await documentPicture(page, "console-container-live", TALL);
      await page.getByRole("link", { name: "On the map" }).click();
      await heading(page, "Network").waitFor();
      expect(searchOf(page)).toEqual({ host: HOST, text: "web" });
      await expect.poll(() => rows(page, "Connections").count()).toBeGreaterThan(3);
    });

    it.each([
      ["CSV of processes", "pid", 5],
      ["CSV of connections", "direction", 5],
      ["CSV of files written", "path", 3],
    ])("%s holds what is shown", async (button, first, count) => {
      await open(livePath);
      const [head, ...lines] = await savedCsv(page, button);
      expect(head).toContain(`"${first}"`);
      expect(lines).toHaveLength(count);
    });

    it("draws what it does in a minute as reports come in", async () => {
      await open(livePath);
      expect(await page.locator(".spark").count()).toBe(0);
      const report = localRuntime(now);
      const takenAt = new Date(now + 1000).toISOString();
      const busier = report.containers.map((each) => ({
        ...each,
        takenAt,
        rates: { ...each.rates, execs: 977 },
      }));
      await host.say("PUT", pathOf(putRuntime), { ...report, containers: busier });
      await page.getByText("977", { exact: true }).waitFor();
      expect(await page.locator(".spark").count()).toBe(5);
    });
  });

  describe("a host", () => {
    it("says what its kernel loads, and why it does not load the rest", async () => {
      await open(`/hosts/${HOST}?tab=runtime`);
      expect(await rows(page, "What loads in its kernel").first().textContent()).toMatch(
        /connect_unix.*Does not load.*needs Linux 6\.7/u,
      );
      await picture(page, "a host's runtime");
    });

    it("says why nothing is seen there", async () => {
      await open("/hosts/build-1.example?tab=runtime");
      await page.getByText("the kernel has no BTF").waitFor();
      await page.getByText("Failed", { exact: true }).waitFor();
      await page.getByText(`Off: ${loadedRules().length} rules`).waitFor();
      expect(await page.getByText("the sensor does not run").count()).toBeGreaterThan(100);
    });

    it("tells for each rule what it does, narrowed by an address and by hand", async () => {
      await open(`/hosts/${HOST}?tab=runtime&does=kills`);
      const shown = await rows(page, "Rules").allTextContents();
      expect(shown.length).toBeGreaterThan(0);
      expect(shown.every((text) => text.includes("Kills"))).toBe(true);
      await page.getByLabel("What this host does").selectOption("off");
      await expect.poll(() => rows(page, "Rules").count()).toBe(1);
      expect(await rows(page, "Rules").first().textContent()).toContain(
        "the sensor does not read DNS over TCP",
      );
      await page.getByPlaceholder("Find rules").fill("nothing of the kind");
      await page.getByRole("button", { name: "Clear the filter" }).click();
      await expect.poll(() => searchOf(page)).toEqual({ tab: "runtime" });
      const [, ...lines] = await savedCsv(page, "CSV of rules");
      expect(lines.length).toBe(await rows(page, "Rules").count());
    });
  });

  describe("the network", () => {
    it("is a picture and a table of the same, and leads to the container", async () => {
      await open("/network");
      await page
        .getByRole("img", { name: /^Map: \d+ peers/u })
        .locator("svg")
        .waitFor();
      await documentPicture(page, "console-network", TALL);
      const line = rows(page, "Connections").filter({ hasText: "xmr.pool.example" });
      expect(await line.textContent()).toMatch(/web.*listed by miners as 203\.0\.113\.99.*3333\/tcp4212/u);
      await page
        .locator(".network-canvas svg text")
        .filter({ hasText: /^listed$/u })
        .waitFor();
      const refused = rows(page, "Connections").filter({ hasText: "listed by drop as 198.51.100.0/24" });
      expect(await refused.textContent()).toMatch(/198\.51\.100\.23.*443\/tcp037/u);
      await page.locator(".network-canvas svg text").filter({ hasText: /^web$/u }).click();
      await heading(page, "web").waitFor();
      expect(searchOf(page)).toEqual({ tab: "live" });
    });

    it("is narrowed to a host and to a peer, and saved", async () => {
      await open("/network");
      await page.getByLabel("Host", { exact: true }).selectOption("db-1.example");
      await page.getByText("Nothing fits the filter").waitFor();
      await page.getByRole("button", { name: "Clear the filter" }).click();
      await page.getByPlaceholder("Find a peer").fill("billing");
      await expect.poll(() => searchOf(page)).toEqual({ text: "billing" });
      await expect.poll(() => rows(page, "Connections").count()).toBe(2);
      const [, ...lines] = await savedCsv(page, "CSV of connections");
      expect(lines).toHaveLength(2);
    });
  });

  describe("the keyboard", () => {
    it.each([
      ["d", "Detections"],
      ["n", "Network"],
    ])("goes with g and %s to %s", async (key, title) => {
      await open("/images");
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await heading(page, title).waitFor();
      await expect.poll(() => page.evaluate("document.activeElement.id")).toBe("main");
    });

    it("opens a detection, and goes from the map's table to a container", async () => {
      await open("/detections");
      await page.getByRole("link", { name: "Miner started" }).focus();
      await page.keyboard.press("Enter");
      await heading(page, "Miner started").waitFor();
      await open("/network");
      await rows(page, "Connections").getByRole("link", { name: "billing" }).first().focus();
      await page.keyboard.press("Enter");
      await heading(page, "billing").waitFor();
      expect(searchOf(page)).toEqual({ tab: "live" });
    });

    it("turns from tab to tab", async () => {
      await open(`/containers/${HOST}~${WEB_CONTAINER_ID}`);
      await page.getByRole("tab", { name: "Container" }).focus();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await expect.poll(() => searchOf(page)).toEqual({ tab: "live" });
    });
  });

  it("is offered to whoever may see it, and to nobody else", async () => {
    const viewer = await browser.person(admin, {
      login: "vera",
      permissions: { "containers.read": "allow", "hosts.read": "allow" },
    });
    await open(livePath, viewer.page);
    await heading(viewer.page, "web").waitFor();
    expect(await viewer.page.getByRole("tab").count()).toBe(0);
    const places = viewer.page.getByRole("navigation", { name: "Places" }).getByRole("link");
    expect(await places.allTextContents()).toEqual(["Containers", "Hosts", "Approvals"]);
    expect(viewer.complaints).toEqual([]);
    await viewer.context.close();
  });

  it.each([
    ["overview of what runs", "/", "Overview"],
    ["detections", "/detections", "Detections"],
    ["detections that are narrowed", "/detections?priority=critical&span=7d", "Detections"],
    ["a detection", storyPath, "Miner started"],
    ["responses", "/detections/responses", "Responses"],
    ["techniques", "/detections/techniques", "Techniques"],
    ["techniques of a host", `/detections/techniques?host=${HOST}`, "Techniques"],
    ["a container live", livePath, "web"],
    ["a host's runtime", `/hosts/${HOST}?tab=runtime`, HOST],
    ["a host that sees nothing", "/hosts/build-1.example?tab=runtime", "build-1.example"],
    ["the network", "/network", "Network"],
  ] as const)("%s keeps to WCAG 2.2 AA, light and dark, wide and narrow", async (name, path, title) => {
    await open(path);
    await heading(page, title).waitFor();
    expect(await barriersEverywhere(page, name)).toEqual([]);
  });

  it("gave the browser nothing to complain of", () => {
    expect(admin.complaints).toEqual([]);
  });
});
