import { readFile } from "node:fs/promises";
import { awaitWork, pathOf, putContainers, putProfiles } from "@pratique/api";
import { type Digest, parseDigest } from "@pratique/core";
import { beginLearning, ImageLearner, readItem } from "@pratique/profile";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  barriersEverywhere,
  ConsoleBrowser,
  documentPicture,
  noBrowser,
  picture,
  settled,
  tellFailures,
  type Visitor,
} from "./console-browser.ts";
import { localContainers, plantFleet } from "./console-fleet-seed.ts";
import { type ConsoleHost, startConsoleHost } from "./console-host.ts";
import { HOST, makeSeed } from "./console-seed.ts";

const now = Date.now();
const DAY_MS = 86_400_000;
const options = { host: HOST, sight: { systemCalls: "some", capabilities: "implied" } } as const;
const SHOP = parseDigest(`sha256:${"5a".repeat(32)}`);
const DATABASE = parseDigest(`sha256:${"db".repeat(32)}`);
const shopPath = `/profiles/${HOST}/${encodeURIComponent(SHOP)}`;

const learned = [
  "executable:/usr/local/bin/node=image",
  "executable:/bin/busybox=image",
  "parent:/usr/local/bin/node=(outside)",
  "peer:payments.example tcp/443",
  "peer:10.0.3.7 tcp/5432",
  "name:api.payments.example",
  "listen:tcp/3000",
  "write:/data/orders",
  "write:/tmp/upload-<n>",
  "mount:/data",
  "capability:CHOWN",
  "user:1000",
  "syscall:execve",
  "syscall:openat",
];
const deviations = [
  [
    "write:/etc/crontab",
    "error",
    "/bin/busybox wrote /etc/crontab; for 7 days it was /data/orders, /tmp/upload-<n>",
  ],
  [
    "peer:203.0.113.66 tcp/4444",
    "warning",
    "node talked to 203.0.113.66 tcp/4444; for 7 days it was payments.example",
  ],
] as const;

/** A profile that was learned over days, with what came then. */
function learner(image: Digest, items: readonly string[]): ImageLearner {
  const made = new ImageLearner(options, beginLearning(image));
  const document = made.toDocument();
  const { profile } = made;
  for (const item of items)
    profile.learn(readItem(item), { first: now - 7 * DAY_MS, last: now - 2 * 60_000 });
  profile.learnFrom({ container: "c1", ...options });
  const span = { first: now - 2 * 3_600_000, last: now - 5 * 60_000 };
  const open = deviations.map(([item, priority, text]) => ({
    ...readItem(item),
    ...span,
    priority,
    text,
    count: 3,
    toldAt: span.last,
  }));
  const withheld = [{ ...readItem("executable:/tmp/.x/kdevtmpfsi=added"), ...span, rule: "Miner started" }];
  return ImageLearner.restore(options, {
    ...document,
    profile: profile.toDocument(),
    mode: "watch",
    since: now - 6 * DAY_MS,
    open,
    withheld,
  });
}

function report(image: Digest, name: string, made: ImageLearner) {
  return {
    image,
    names: [name],
    lastEventAt: new Date(now - 60_000).toISOString(),
    architecture: "amd64",
    learning: made.toDocument(),
  };
}

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const rows = (page: Page, table: string) =>
  page.getByRole("grid", { name: table, exact: true }).locator("tbody tr");
const searchOf = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams);

async function saved(page: Page, button: string): Promise<string> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: button, exact: true }).click();
  return await readFile(await (await download).path(), "utf8");
}

describe.skipIf(noBrowser !== undefined)(`learned profiles, in a browser ${noBrowser ?? ""}`, () => {
  let host: ConsoleHost;
  let browser: ConsoleBrowser;
  let admin: Visitor;
  let page: Page;

  tellFailures(() => browser);

  beforeAll(async () => {
    host = await startConsoleHost({ prepare: async (store) => await plantFleet(store, now) });
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

  const commands = async () =>
    awaitWork.reply.parse(JSON.parse(await host.say("GET", pathOf(awaitWork, {}, { waitSeconds: 0 }))))
      .commands;

  it("say that nothing was learned yet, and what to do next", async () => {
    await open("/profiles");
    await page.getByText("No host has learned anything yet").waitFor();
    expect(await page.getByText("pratique profile list").count()).toBe(1);
  });

  it("stand with what is new first, and lead to one", async () => {
    const young = new ImageLearner(options, beginLearning(DATABASE));
    await host.say("PUT", pathOf(putProfiles), {
      known: [SHOP, DATABASE],
      leftOut: 3,
      profiles: [report(SHOP, "shop:1", learner(SHOP, learned)), report(DATABASE, "postgres:16", young)],
    });
    await open("/");
    await page.keyboard.press("g");
    await page.keyboard.press("b");
    await heading(page, "Profiles").waitFor();
    await settled(page);
    expect(await rows(page, "Profiles").allTextContents()).toEqual([
      expect.stringMatching(/^shop:15a5a5a5a5a5a.*Watches.*waits for.*2.*1.*14/u),
      expect.stringMatching(/^postgres:16dbdbdbdbdbdb.*Learns.*none.*none.*0/u),
    ]);
    await page.getByText("Of 3 images nothing is learned").waitFor();
    await picture(page, "profiles");
    await page.getByRole("link", { name: "shop:1" }).focus();
    await page.keyboard.press("Enter");
    await heading(page, "shop:1").waitFor();
    expect(new URL(page.url()).pathname).toBe(shopPath);
  });

  it.each([
    ["?mode=learn", 1],
    ["?deviations=true", 1],
    ["?text=POSTGRES", 1],
    [`?imageId=${encodeURIComponent(SHOP)}`, 1],
    ["?host=db-1.example", 0],
  ])("are narrowed by the address %s, and saved as CSV", async (search, count) => {
    await open(`/profiles${search}`);
    expect(await rows(page, "Profiles").count()).toBe(count);
    const [head, ...lines] = (await saved(page, "CSV")).trimEnd().split("\r\n");
    expect(head).toContain('"host","image","names","mode"');
    expect(lines).toHaveLength(count);
  });

  it("are shown whole: what is new, what was withheld, and what is known by kind", async () => {
    await open(shopPath);
    expect(await rows(page, "New").allTextContents()).toEqual([
      expect.stringMatching(/write:\/etc\/crontab.*error.*3/u),
      expect.stringMatching(/203\.0\.113\.66.*warning/u),
    ]);
    expect(await rows(page, "Withheld").textContent()).toMatch(/kdevtmpfsi.*Miner started/u);
    expect(await rows(page, "Known").count()).toBe(learned.length);
    await documentPicture(page, "console-profile", { width: 1280, height: 1500 });
    await page.getByLabel("Kind", { exact: true }).selectOption("peer");
    await expect.poll(() => searchOf(page)).toEqual({ kind: "peer" });
    expect(await rows(page, "Known").count()).toBe(2);
    const [, ...lines] = (await saved(page, "CSV of what is known")).trimEnd().split("\r\n");
    expect(lines).toHaveLength(2);
    await page.getByPlaceholder("Find what is known").fill("nothing of the kind");
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await expect.poll(() => searchOf(page)).toEqual({});
  });

  it("are written for Compose, Docker, Kubernetes and as seccomp", async () => {
    await open(shopPath);
    await page.getByLabel("Name of the container").fill("shop");
    expect(await saved(page, "Save shop.compose.yaml")).toMatch(
      /^ {2}shop:$[\s\S]*read_only: true[\s\S]*seccomp:\.\/shop\.json/mu,
    );
    await page.getByLabel("Format").selectOption("kubernetes");
    expect(await saved(page, "Save shop.pod.yaml")).toContain("kind: NetworkPolicy");
    await page.getByLabel("Format").selectOption("docker");
    expect(await saved(page, "Save shop.args")).toContain("seccomp=./shop.json");
    await page.getByLabel("Format").selectOption("seccomp");
    const seccomp: unknown = JSON.parse(await saved(page, "Save shop.json"));
    expect(seccomp).toHaveProperty("defaultAction");
    await page.getByLabel("Name of the container").fill("Not A Name");
    await page.getByText("Lower-case letters, digits and dashes").waitFor();
  });

  it("go on as a person says, and the host's agent hears of it", async () => {
    await open(shopPath);
    await page.getByRole("button", { name: "Change the mode" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Learn afresh").click();
    await dialog.getByLabel("Learn for, in hours").fill("x");
    await dialog.getByText("Expected hours").waitFor();
    await dialog.getByLabel("Learn for, in hours").fill("2.5");
    await dialog.getByText("Enforce after that, once nothing new is open").click();
    await dialog.getByLabel("Reason").fill("a new release");
    await picture(page, "the mode of a profile");
    await dialog.getByRole("button", { name: "Change it" }).click();
    await dialog.getByText("The host's agent was told").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Reject write:/etc/crontab" }).click();
    await dialog.getByLabel("Reason").fill("never");
    await dialog.getByRole("button", { name: "Reject" }).click();
    await dialog.getByText("The host's agent was told").waitFor();
    await page.keyboard.press("Escape");
    expect(await commands()).toMatchObject([
      {
        kind: "set-profile-mode",
        imageId: SHOP,
        mode: "learn",
        afresh: true,
        learnMs: 9_000_000,
        afterWatch: "enforce",
        by: "account:admin",
      },
      { kind: "decide-profile-item", item: "write:/etc/crontab", verdict: "rejected" },
    ]);
  });

  it("are changed by whoever may, with a second person where the role says so, and by nobody else", async () => {
    const reader = await browser.person(admin, {
      login: "rita",
      permissions: { "runtime.read": "allow", "hosts.read": "allow" },
    });
    await open(shopPath, reader.page);
    expect(await reader.page.getByRole("button", { name: /Change the mode|Accept|Reject/u }).count()).toBe(0);
    expect(reader.complaints).toEqual([]);
    await reader.context.close();
    const careful = await browser.person(admin, {
      login: "carla",
      permissions: { "runtime.read": "allow", "profiles.write": "needs-approval" },
    });
    await open(shopPath, careful.page);
    await careful.page.getByRole("button", { name: "Accept peer:203.0.113.66 tcp/4444" }).click();
    const dialog = careful.page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("a partner");
    await dialog.getByRole("button", { name: "Ask a second person" }).click();
    await dialog.getByText("This waits for a second person").waitFor();
    await careful.context.close();
    expect(await commands()).toEqual([]);
  });

  it.each([
    ["profiles", "/profiles", "Profiles"],
    ["a profile", shopPath, "shop:1"],
    ["a profile that begins", `/profiles/${HOST}/${encodeURIComponent(DATABASE)}`, "postgres:16"],
  ] as const)("%s keeps to WCAG 2.2 AA, light and dark, wide and narrow", async (name, path, title) => {
    await open(path);
    await heading(page, title).waitFor();
    expect(await barriersEverywhere(page, name)).toEqual([]);
  });

  it("keeps to WCAG 2.2 AA where the mode is changed", async () => {
    await open(shopPath);
    await page.getByRole("button", { name: "Change the mode" }).click();
    await page.getByRole("dialog").waitFor();
    expect(await barriersEverywhere(page, "the dialog of a mode")).toEqual([]);
  });

  it("gave the browser nothing to complain of", () => {
    expect(admin.complaints).toEqual([]);
  });
});
