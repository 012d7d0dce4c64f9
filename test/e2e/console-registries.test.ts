import { deleteRegistryLocally, listRegistriesLocally, pathOf, putRegistryLocally } from "@pratique/api";
import type { Store } from "@pratique/store";
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
  settled,
  tellFailures,
  type Visitor,
} from "./console-browser.ts";
import { plantFindings } from "./console-fleet-seed.ts";
import { type ConsoleHost, startConsoleHost } from "./console-host.ts";

const HOST = "registry.example";
const HARBOR = "harbor.example";
const PASSWORD = "canary-71c2-password";
const PUSH_SECRET = "canary-71c2-of-pushes";

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
  };
  await settings.put({ ...setting, id: "main", address: HOST });
  await settings.put({ ...setting, id: "old", name: "Old registry", address: "old.example", path: "team" });
  const listing = await listings.begin("main", "web-1/7 a");
  const broken = await listings.begin("old", "web-1/7 a");
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
    const claimed = await queue.claim("main", { slot: 0, holder: "web-1/7 a" });
    if (claimed !== undefined) await queue.finish(claimed, outcome);
  }
  await queue.claim("main", { slot: 0, holder: "web-1/7 a" });
}

describe.skipIf(noBrowser !== undefined)(`registries in a browser ${noBrowser ?? ""}`, () => {
  let host: ConsoleHost;
  let browser: ConsoleBrowser;
  let administrator: Visitor;
  let page: Page;

  tellFailures(() => browser);

  beforeAll(async () => {
    host = await startConsoleHost({
      prepare: async (store) => {
        await prepare(store);
        await plantFindings(store, { images: 1, each: 1 });
      },
    });
    browser = await ConsoleBrowser.start(host);
    administrator = await browser.administrator();
    ({ page } = administrator);
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
    await documentPicture(page, "console-registries", SMALL);
    expect(await barriersEverywhere(page, "registries")).toEqual([]);
  });

  it("scan what lies on no host, which nobody else could scan again", async () => {
    await open("/images");
    await page.getByRole("link", { name: "registry.example/fleet/service-0:1" }).click();
    await page.getByRole("link", { name: "What changed" }).waitFor();
    await page.getByText("1 finding has a fix").waitFor();
    expect(await page.getByRole("button", { name: "Scan again" }).count()).toBe(0);
    await open("/registries");
  });

  it("have all else that can be done with them in a menu", async () => {
    await page.getByRole("button", { name: "More of Main registry" }).click();
    const items = page.getByRole("menuitem");
    await items.first().waitFor();
    expect(await items.allTextContents()).toEqual(["Scan now", "Retry what failed", "Change", "Remove"]);
    await picture(page, "menu of a registry");
    expect(await barriers(page)).toEqual([]);
    await items.getByText("Remove").click();
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await page.locator(":focus").getAttribute("aria-label")).toBe("More of Main registry");
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

  const registryOf = async (id: string) => {
    const { items } = listRegistriesLocally.reply.parse(
      JSON.parse(await host.say("GET", pathOf(listRegistriesLocally))),
    );
    return items.find((registry) => registry.id === id);
  };

  const more = (name: string) => page.getByRole("button", { name: `More of ${name}` });
  const choose = async (name: string, act: string) => {
    await more(name).click();
    await page.getByRole("menuitem", { name: act }).click();
  };
  const save = () => page.getByRole("button", { name: "Save", exact: true });

  it("are added by a form that says at its field what is refused", async () => {
    await open("/registries");
    await page.getByRole("button", { name: "New registry" }).click();
    await page.locator("#registry-name").fill("Harbor of the shop");
    await page.locator("#registry-kind").selectOption("harbor");
    await page.locator("#setting-address").fill("127.0.0.1:5000");
    await page.locator("#registry-credentials").selectOption("password");
    await page.locator("#setting-username").fill("robot");
    expect(await save().isDisabled()).toBe(true);
    await page.locator("#setting-password").fill(PASSWORD);
    await page.locator("#setting-include").fill("shop/*, base/*");
    await page.locator("#setting-lookFor").selectOption({ label: "Secrets and licenses" });
    await page.locator("#setting-everyMinutes").fill("720");
    await page.getByText("It tells of pushes").click();
    await page.locator("#setting-pushSecret").fill(PUSH_SECRET);
    const hook = page.getByRole("textbox", { name: "Address to register there" });
    expect(await hook.inputValue()).toBe(`${host.server.url}/hooks/registry/harbor-of-the-shop`);
    await page.getByText("with the secret as its auth header").waitFor();
    await save().click();
    await page.locator("#setting-address-help").getByText("may be connected to").waitFor();
    await page.locator("#setting-address:focus").waitFor();
    expect(await barriersEverywhere(page, "registry form")).toEqual([]);
    await page.locator("#setting-address").fill(HARBOR);
    await save().click();
    await page.getByRole("row", { name: /Harbor of the shop/u }).waitFor();
    expect(await registryOf("harbor-of-the-shop")).toMatchObject({
      kind: "harbor",
      address: HARBOR,
      include: ["shop/*", "base/*"],
      everyMinutes: 720,
      secrets: ["password", "pushSecret", "username"],
    });
    const shown = await page.content();
    for (const secret of [PASSWORD, PUSH_SECRET]) expect(shown).not.toContain(secret);
  });

  it("keep their secrets when they are changed, and want them again for another address", async () => {
    await choose("Harbor of the shop", "Change");
    await page.getByText("It is set; leave it empty to keep it.").first().waitFor();
    await page.locator("#setting-address").fill("evil.example");
    expect(await save().isDisabled()).toBe(true);
    await page.locator("#setting-address").fill(HARBOR);
    await page.locator("#registry-name").fill("Shop");
    await page.locator("#setting-newestTags").fill("3");
    await save().click();
    await more("Shop").waitFor();
    expect(await registryOf("harbor-of-the-shop")).toMatchObject({
      name: "Shop",
      newestTags: 3,
      include: ["shop/*", "base/*"],
      lookFor: ["secrets", "licenses"],
      everyMinutes: 720,
      secrets: ["password", "pushSecret", "username"],
    });
  });

  it("drop the secrets that are not wanted any more", async () => {
    await choose("Shop", "Change");
    await page.locator("#registry-credentials").selectOption("none");
    await page.getByText("It tells of pushes").click();
    await save().click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await registryOf("harbor-of-the-shop")).toMatchObject({ name: "Shop", secrets: [] });
  });

  it("are not changed over somebody else's change unseen", async () => {
    await choose("Shop", "Change");
    await page.locator("#registry-name").fill("Mine");
    const theirs = { kind: "harbor", name: "Theirs", address: HARBOR };
    await host.say("PUT", pathOf(putRegistryLocally, { registry: "harbor-of-the-shop" }), theirs);
    await save().click();
    await page.getByText("nothing of yours was saved").waitFor();
    await picture(page, "registry conflict");
    expect(await registryOf("harbor-of-the-shop")).toMatchObject({ name: "Theirs" });
    await page.getByRole("button", { name: "Take theirs and drop mine" }).click();
    expect(await page.locator("#registry-name").inputValue()).toBe("Theirs");
    await page.locator("#registry-name").fill("Ours");
    await save().click();
    await more("Ours").waitFor();
  });

  it("are not made in the place of one that is there", async () => {
    await page.getByRole("button", { name: "New registry" }).click();
    await page.locator("#registry-name").fill("Main");
    await page.locator("#setting-address").fill("elsewhere.example");
    await save().click();
    await page
      .locator("#registry-name-help")
      .getByText('The name "main" is taken by another registry')
      .waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    expect(await registryOf("main")).toMatchObject({ name: "Main registry", address: HOST });
  });

  it("are asked for where a second person has to agree, and only seen by who may no more", async () => {
    const see = { "registries.read": "allow" } as const;
    const reader = await browser.person(administrator, { login: "reader", permissions: see });
    await reader.page.goto(`${host.server.url}/registries`);
    await reader.page.getByText("Ours", { exact: true }).waitFor();
    expect(await reader.page.getByRole("button", { name: /New registry|Pause|More/u }).count()).toBe(0);
    const asks = { ...see, "registries.write": "needs-approval" } as const;
    const asker = await browser.person(administrator, { login: "asker", permissions: asks });
    await asker.page.goto(`${host.server.url}/registries`);
    await asker.page.getByRole("button", { name: "New registry" }).click();
    await asker.page.locator("#registry-name").fill("Asked");
    await asker.page.locator("#setting-address").fill("asked.example");
    await asker.page.getByRole("button", { name: "Ask to save" }).click();
    await asker.page.getByText("This waits for a second person").waitFor();
    expect(await registryOf("asked")).toBeUndefined();
  });

  it("are removed once somebody has said so twice", async () => {
    const row = page.getByRole("row", { name: /Ours/u });
    await choose("Ours", "Remove");
    await page.getByText("The reports of its images stay").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await row.waitFor({ state: "detached" });
    expect(await registryOf("harbor-of-the-shop")).toBeUndefined();
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
