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
import { localContainers, plantFleet } from "./console-fleet-seed.ts";
import { type ConsoleHost, startConsoleHost } from "./console-host.ts";
import { localRuntime, plantRuntime, RUNTIME_LOG_ID, runtimeRecords } from "./console-runtime-seed.ts";
import { HOST, makeSeed } from "./console-seed.ts";

const TALL = { width: 1280, height: 1180 } as const;
const now = Date.now();
const MINER = "Miner started";
const minerPath = `/rules/named/${encodeURIComponent(MINER)}`;

/** Leaves out what the seeds tell of one miner. */
const calmer = `- rule: ${MINER}
  condition: and not proc.exepath startswith /tmp/.x
  override: {condition: append}
- rule: Anything from a hidden directory
  desc: Nothing runs from there.
  condition: evt.type = execve and container.id != host and proc.exepath startswith /tmp/.x
  output: Something ran (exe=%proc.exepath)
  priority: WARNING
  tags: [container, T1564.001]
  action: kill
`;

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const rows = (page: Page, table: string) =>
  page.getByRole("grid", { name: table, exact: true }).locator("tbody tr");
const searchOf = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams);
const editor = (page: Page) => page.getByRole("textbox", { name: "Rules of the file" });

async function write(page: Page, text: string): Promise<void> {
  await editor(page).click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(text);
}

describe.skipIf(noBrowser !== undefined)(`rules, in a browser ${noBrowser ?? ""}`, () => {
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
    await host.say("POST", pathOf(putRecords), {
      logId: RUNTIME_LOG_ID,
      host: HOST,
      records: runtimeRecords(now),
    });
    await host.say("PUT", pathOf(putRuntime), localRuntime(now));
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

  /** What the local host's agent is given. */
  const given = async () =>
    awaitWork.reply
      .parse(JSON.parse(await host.say("GET", pathOf(awaitWork, {}, { rules: "", waitSeconds: 0 }))))
      .rules?.files.map(({ name }) => name);

  it("say that there are no files of one's own, and what one is for", async () => {
    await open("/rules/files");
    await page.getByText("There are no files of rules of your own yet").waitFor();
    expect(await page.getByRole("grid").count()).toBe(0);
    await picture(page, "no files of rules");
  });

  describe("all rules", () => {
    it("stand with their techniques, who wrote them, and what hosts do", async () => {
      await open("/");
      await page.keyboard.press("g");
      await page.keyboard.press("r");
      await heading(page, "Rules").waitFor();
      await settled(page);
      const miner = rows(page, "Rules").filter({ hasText: MINER });
      expect(await miner.first().textContent()).toMatch(
        /critical.*T1496 Resource hijacking.*Default rule.*On.*tell.*Detects: 2.*Off: 1/u,
      );
      await open("/rules");
      await documentPicture(page, "console-rules", TALL);
    });

    it("are narrowed by what one chooses, and by an address, and saved as CSV", async () => {
      await open("/rules?origin=hardened&does=kills");
      const count = await rows(page, "Rules").count();
      expect(count).toBeGreaterThan(0);
      const [head, ...lines] = await savedCsv(page, "CSV of rules");
      expect(head).toContain('"rule","priority","tags","origin"');
      expect(lines).toHaveLength(count);
      await page.getByLabel("Written by", { exact: true }).selectOption("server");
      await page.getByText("Nothing fits the filter").waitFor();
      await page.getByRole("button", { name: "Clear the filter" }).click();
      await expect.poll(() => searchOf(page)).toEqual({});
      await page.getByPlaceholder("Find rules").fill("miner");
      await expect.poll(() => searchOf(page)).toEqual({ text: "miner" });
      await expect.poll(() => rows(page, "Rules").count()).toBe(1);
    });

    it("lead to one, with its condition and what each host does by it", async () => {
      await open("/rules?text=miner");
      await page.getByRole("link", { name: MINER }).focus();
      await page.keyboard.press("Enter");
      await heading(page, MINER).waitFor();
      await settled(page);
      expect(await page.locator(".rule-text").textContent()).toContain("prq_container");
      expect(await rows(page, "Hosts").filter({ hasText: "build-1.example" }).textContent()).toMatch(
        /Off.*the sensor does not run/u,
      );
      await page.getByLabel("What the host does").selectOption("off");
      await expect.poll(() => rows(page, "Hosts").count()).toBe(1);
      const [, ...lines] = await savedCsv(page, "CSV of hosts of a rule");
      expect(lines).toHaveLength(1);
      await page.getByRole("link", { name: "Its detections" }).click();
      await heading(page, "Detections").waitFor();
      expect(searchOf(page)).toEqual({ rule: MINER });
    });

    it("that there is not is missed in words", async () => {
      await open("/rules/named/None%2Fof%20the%20kind");
      await page.getByText("It is not there, or no longer").waitFor();
      expect(admin.complaints.splice(0).filter((text) => !text.includes("404"))).toEqual([]);
    });
  });

  describe("a file", () => {
    it("is checked while one writes: each error with its line", async () => {
      await open("/rules/files/new");
      await page.getByText("It loads: 1 rule", { exact: false }).first().waitFor();
      await write(page, calmer.replace("startswith /tmp/.x\n  output", "startswit /tmp/.x\n  output"));
      await page.getByText("1 error").waitFor();
      await page.getByText("Line 6:").waitFor();
      await picture(page, "a file of rules with an error");
      await write(page, calmer);
      await page.getByText("It loads: 1 rule, 1 rule of others changed").waitFor();
      const checks = page.getByRole("list", { name: "Rules of the draft" });
      expect(await checks.textContent()).toMatch(
        /Anything from a hidden directory.*Works in full.*a kernel can decide it before it happens.*Changes Miner started/u,
      );
    });

    it("is tried on recorded detections, and nothing is guessed", async () => {
      await page.getByRole("button", { name: "Try it on recorded detections" }).click();
      await rows(page, "Rules that were tried").first().waitFor();
      const tried = rows(page, "Rules that were tried");
      expect(await tried.filter({ hasText: MINER }).textContent()).toMatch(
        /Miner started01\d+not recorded: .*1$/u,
      );
      const other = rows(page, "Detections that would be others");
      expect(await other.filter({ hasText: "Told as well" }).first().textContent()).toContain(MINER);
      expect(await other.filter({ hasText: "Not told any more" }).first().textContent()).toContain(MINER);
      await heading(page, "New file of rules").scrollIntoViewIfNeeded();
      await documentPicture(page, "console-rule-file", { width: 1280, height: 1700 });
    });

    it("is saved under a name, and hosts have it", async () => {
      const add = page.getByRole("button", { name: "Add the file" });
      expect(await add.isDisabled()).toBe(true);
      await page.getByLabel("Name of the file").fill("not a name");
      await page.getByText("It cannot be called that").waitFor();
      await page.getByLabel("Name of the file").fill("calmer");
      await add.click();
      await heading(page, "calmer").waitFor();
      expect(new URL(page.url()).pathname).toBe("/rules/files/calmer");
      expect(await given()).toEqual(["calmer"]);
      await settled(page);
      await rows(page, "Rules of this file").nth(1).waitFor();
      expect(await rows(page, "Rules of this file").allTextContents()).toEqual([
        expect.stringMatching(/Miner started.*Default rulechanged by calmer.*On/u),
        expect.stringMatching(
          /Anything from a hidden directory.*calmer.*On.*end the process.*no host has told/u,
        ),
      ]);
    });

    it("shows what hosts do by its rules once they tell", async () => {
      const report = localRuntime(now);
      const own = {
        rule: "Anything from a hidden directory",
        priority: "warning" as const,
        tags: ["container", "T1564.001"],
        enabled: true,
        action: "kill" as const,
        enforceability: "detects" as const,
        reasons: ["no events of type execve"],
      };
      await host.say("PUT", pathOf(putRuntime), { ...report, rules: [...(report.rules ?? []), own] });
      await open("/rules/files/calmer");
      await page.getByText("Detects: 1").waitFor();
      await page.getByRole("link", { name: own.rule }).click();
      await heading(page, own.rule).waitFor();
      await settled(page);
      expect(await rows(page, "Hosts").textContent()).toMatch(/Detects.*no events of type execve/u);
      await page.getByRole("link", { name: "Edit its file" }).click();
      await heading(page, "calmer").waitFor();
    });

    it("is listed, limited to some hosts and switched off", async () => {
      await open("/rules/files/calmer");
      await page.getByText("In force", { exact: true }).click();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("It is saved; agents have it within seconds").waitFor();
      expect(await given()).toEqual([]);
      await open("/rules/files");
      expect(await rows(page, "Files of rules").textContent()).toMatch(
        /calmerSwitched off.*on no host.*1 rule/u,
      );
      const [head, ...lines] = await savedCsv(page, "CSV");
      expect(head).toContain('"name","enabled","scope"');
      expect(lines).toHaveLength(1);
      await picture(page, "files of rules");
    });

    it("that somebody else has changed meanwhile is not written over unseen", async () => {
      await open("/rules/files/calmer");
      const other = await admin.context.newPage();
      await open("/rules/files/calmer", other);
      await other.getByText("In force", { exact: true }).click();
      await other.getByRole("button", { name: "Save", exact: true }).click();
      await other.getByText("It is saved; agents have it within seconds").waitFor();
      await other.close();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText(/has changed this file meanwhile/u).waitFor();
      await page.getByRole("button", { name: "Take theirs and drop mine" }).click();
      await page.getByText(/has changed this file meanwhile/u).waitFor({ state: "detached" });
      expect(await page.getByLabel("In force").isChecked()).toBe(true);
      admin.complaints.splice(
        0,
        admin.complaints.length,
        ...admin.complaints.filter((text) => !text.includes("412")),
      );
    });

    it("is removed, and its rules are gone from hosts", async () => {
      await open("/rules/files/calmer");
      await page.getByRole("button", { name: "Remove" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: "Remove" }).click();
      await heading(page, "Files of rules").waitFor();
      await page.getByText("There are no files of rules of your own yet").waitFor();
      expect(await given()).toEqual([]);
    });
  });

  it("that come with Pratique are switched off by a file that says so, and on again without it", async () => {
    await open(minerPath);
    await page.getByRole("link", { name: "Switch off" }).click();
    await heading(page, "New file of rules").waitFor();
    expect(searchOf(page)).toEqual({ off: MINER });
    await page.getByText("It loads: 1 rule of others changed").waitFor();
    await page.getByText("Turns off").waitFor();
    await page.getByRole("button", { name: "Add the file" }).click();
    await heading(page, "zz-off-miner-started").waitFor();
    expect(await given()).toEqual(["zz-off-miner-started"]);
    await open(minerPath);
    expect(await page.getByRole("link", { name: "Switch off" }).count()).toBe(0);
    const facts = page.getByLabel("Rule", { exact: true }).first();
    expect(await facts.textContent()).toMatch(/StateOff.*by zz-off-miner-started/u);
    await picture(page, "a rule that is off");
  });

  it("are written by whoever may, with a second person where the role says so, and by nobody else", async () => {
    const careful = await browser.person(admin, {
      login: "carla",
      permissions: { "rules.read": "allow", "rules.write": "needs-approval" },
    });
    await open("/rules/files/new", careful.page);
    await careful.page.getByLabel("Name of the file").fill("carlas");
    await careful.page.getByRole("button", { name: "Ask to add the file" }).click();
    await careful.page.getByText("This waits for a second person").waitFor();
    expect(await given()).toEqual(["zz-off-miner-started"]);
    await careful.context.close();
    const reader = await browser.person(admin, { login: "rita", permissions: { "rules.read": "allow" } });
    await open("/rules", reader.page);
    expect(await reader.page.getByRole("link", { name: "New file of rules" }).count()).toBe(0);
    await open("/rules/files/zz-off-miner-started", reader.page);
    expect(await reader.page.getByRole("button", { name: /Save|Remove/u }).count()).toBe(0);
    expect(reader.complaints).toEqual([]);
    await reader.context.close();
  });

  it.each([
    ["rules", "/rules", "Rules"],
    ["rules that are narrowed", "/rules?origin=hardened", "Rules"],
    ["a rule", minerPath, MINER],
    ["files of rules", "/rules/files", "Files of rules"],
    ["a new file of rules", "/rules/files/new", "New file of rules"],
    ["a file of rules", "/rules/files/zz-off-miner-started", "zz-off-miner-started"],
  ] as const)("%s keeps to WCAG 2.2 AA, light and dark, wide and narrow", async (name, path, title) => {
    await open(path);
    await heading(page, title).waitFor();
    expect(await barriersEverywhere(page, name)).toEqual([]);
  });

  it("gave the browser nothing to complain of", () => {
    expect(admin.complaints).toEqual([]);
  });
});
