import { readFile } from "node:fs/promises";
import {
  type AuditEntry,
  createException,
  createSignInLink,
  type Endpoint,
  listAuditEntries,
  listChannels,
  listExceptions,
  listExporters,
  listOwnSessions,
  listPolicies,
  listProviders,
  listRoles,
  pathOf,
  putPolicy,
  putProvider,
  putRecords,
  showAuditStatus,
  showPolicy,
  showSession,
} from "@pratique/api";
import { parseVerifierKey, verifyJsonLine } from "@pratique/audit";
import type { AuditRecord, JsonObject } from "@pratique/core";
import type { Store } from "@pratique/store";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { recordAfter } from "../../packages/audit/src/testdata/record-after.ts";
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
import { type ConsoleHost, startConsoleHost } from "./console-host.ts";
import { HOST, makeSeed } from "./console-seed.ts";

const PASSWORD = "kettle orbit velvet 47";
const PASSWORD_AFTER = `${PASSWORD} and more`;
const seed = makeSeed(Date.now());
const deniedLaunch = `c0ffee00-seed.${seed.records.length}`;

/** Messages that a server gave up before this one was started, for a channel that is set up by then. */
async function giveUp(store: Store): Promise<void> {
  const lease = { name: "earlier", holder: "earlier" };
  const nowMs = Date.now();
  await store.settings.leases.take(lease, { nowMs, untilMs: nowMs + 60_000 });
  const put = ["first", "second"].map((name, index) => {
    const atMs = nowMs - (2 - index) * 3_600_000;
    const time = new Date(atMs).toISOString();
    const item = { severity: "high", title: name, text: name, subject: { kind: "host", id: HOST }, time };
    const message = {
      id: name,
      route: "all",
      kind: "gate.down",
      severity: "high",
      count: 1,
      bySeverity: { high: 1 },
      labels: {},
      items: [item],
      time,
    };
    const lastError = { code: "CHANNEL_REFUSED", message: `answered 403 to the ${name}`, atMs };
    const id = `${name}/hook`;
    const delivery = { id, channel: "hook", message, state: "dead", attempts: 1, lastError };
    return {
      id: `delivery:${id}`,
      value: JSON.stringify({ ...delivery, createdAtMs: atMs, nextAtMs: atMs }),
    };
  });
  await store.settings.notices.commitPending({ put, remove: [] }, lease);
}

/** A policy of one rule, with as many days as its images may be old. */
const policyOf = (days: number) => `apiVersion: pratique/v1
kind: Policy
metadata:
  name: team
spec:
  rules:
    - name: fresh-images
      deny: image.ageDays > ${days}
      message: the image is old
      value: "made {{ image.ageDays }} days ago"
      fix: build the image again
`;

const policyTest = `---
apiVersion: pratique/v1
kind: PolicyTest
metadata:
  name: team
spec:
  cases:
    - name: an old image is refused
      image: { created: "2025-01-01T00:00:00Z" }
      expect: { decision: deny }
    - name: a fresh image is refused
      image: { created: "2025-12-31T00:00:00Z" }
      expect: { decision: deny }
`;

/** The record of a launch with all that is needed to judge it anew: its image has critical findings with a fix. */
function wholeRecord(): AuditRecord {
  const last = seed.records.at(-1);
  const image = seed.images[0];
  if (last === undefined || image === undefined) throw new Error("the seed is empty");
  return recordAfter(undefined, {
    class: last.class,
    action: last.action,
    actor: last.actor,
    time: last.time,
    data: {
      ...last.data,
      imageId: image.imageId,
      host: { name: HOST, labels: { env: "production" }, kernel: "6.12", engineVersion: "28.0" },
      launch: wholeLaunch(image.report.target.reference),
    },
  });
}

function wholeLaunch(image: string): JsonObject {
  const none = [
    "capAdd",
    "capDrop",
    "hostNamespaces",
    "joinedContainers",
    "joinedPrivileged",
    "mounts",
    "volumesFrom",
    "devices",
    "deviceCgroupRules",
    "deviceRequests",
    "ports",
    "groupAdd",
    "entrypoint",
    "command",
    "environmentNames",
  ];
  const no = [
    "runsAsRoot",
    "privileged",
    "readOnlyRoot",
    "selinuxDisabled",
    "noNewPrivileges",
    "unmaskedPaths",
    "publishAllPorts",
    "ranBefore",
  ];
  const empty = ["containerId", "user", "runtime", "cgroupParent", "restartPolicy", "caller"];
  const zero = ["memoryLimitBytes", "pidsLimit", "cpuLimit"];
  return {
    action: "create",
    name: "whole",
    image,
    seccomp: "default",
    apparmor: "default",
    sysctls: {},
    labels: {},
    ...Object.fromEntries([
      ...none.map((name) => [name, []]),
      ...no.map((name) => [name, false]),
      ...empty.map((name) => [name, ""]),
      ...zero.map((name) => [name, 0]),
    ]),
  };
}

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });

describe.skipIf(noBrowser !== undefined)(`people and the record in a browser ${noBrowser ?? ""}`, () => {
  let host: ConsoleHost;
  let browser: ConsoleBrowser;
  let admin: Visitor;
  let page: Page;

  tellFailures(() => browser);

  beforeAll(async () => {
    host = await startConsoleHost({ prepare: giveUp });
    browser = await ConsoleBrowser.start(host);
    admin = await browser.stranger();
    page = admin.page;
    // Not every refusal of the page's own policy is told on the console.
    await admin.context.addInitScript({
      content: `document.addEventListener("securitypolicyviolation", ({ violatedDirective, sourceFile }) =>
        console.error("the page broke " + violatedDirective + " in " + sourceFile));`,
    });
  });

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  const open = async (path: string, at: Page = page) => {
    await at.goto(`${host.server.url}${path}`);
    await settled(at);
  };
  /** Calls the API as somebody would beside the page. */
  const call = async (method: string, path: string, data?: unknown, more: Record<string, string> = {}) => {
    const response = await admin.context.request.fetch(`${host.server.url}${path}`, {
      method,
      headers: { origin: host.server.url, ...more },
      ...(data !== undefined && { data }),
    });
    const text = await response.text();
    if (!response.ok()) throw new Error(`${method} ${path} was answered ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const signOut = async (at: Page = page) => {
    await at.getByRole("button", { name: "account" }).click();
    await at.getByRole("menuitem", { name: "Sign out" }).click();
    await heading(at, "Sign in to Pratique").waitFor();
  };

  describe("signing in", () => {
    it("asks whoever comes by the first link for a password, and shows nothing else before", async () => {
      const { url } = JSON.parse(await host.say("POST", pathOf(createSignInLink)));
      await page.goto(url);
      await heading(page, "Set your password").waitFor();
      await open("/images");
      await heading(page, "Set your password").waitFor();
      const button = page.getByRole("button", { name: "Set the password" });
      await page.locator("#next-password").fill("too short");
      expect(await button.isDisabled()).toBe(true);
      await picture(page, "people set password");
      await page.locator("#next-password").fill(PASSWORD);
      await page.locator("#again-password").fill(`${PASSWORD}!`);
      await page.getByText("It is not the same").waitFor();
      expect(await button.isDisabled()).toBe(true);
    });

    it("tells why the server refuses a password that the page lets pass", async () => {
      const guessable = "administrator-docker";
      await page.locator("#next-password").fill(guessable);
      await page.locator("#again-password").fill(guessable);
      await page.getByRole("button", { name: "Set the password" }).click();
      await page.getByText("the password is made of what is guessed first").waitFor();
      await page.locator("#next-password").fill(PASSWORD);
      await page.locator("#again-password").fill(PASSWORD);
      await page.getByRole("button", { name: "Set the password" }).click();
      await heading(page, "Overview").waitFor();
      expect(new URL(page.url()).pathname).toBe("/");
    });

    it("refuses a wrong password, and leads whoever knows it to where they wanted to go", async () => {
      await signOut();
      await open("/approvals?state=pending");
      await heading(page, "Sign in to Pratique").waitFor();
      await page.locator("#login").fill("admin");
      await page.locator("#password").fill("wrong");
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByText("The login or the password is wrong").waitFor();
      await picture(page, "people sign in");
      await page.locator("#password").fill(PASSWORD);
      await page.keyboard.press("Enter");
      await heading(page, "Approvals").waitFor();
      expect(new URL(page.url()).searchParams.get("state")).toBe("pending");
    });

    it("offers the providers that are switched on, and tells in words where one lets nobody in", async () => {
      // The server reaches nothing on its own machine, whatever its name.
      const body = { name: "Corp", issuer: "https://localhost:1", clientId: "pratique" };
      await call("PUT", pathOf(putProvider, { provider: "corp" }), body);
      const { page: strange, context } = await browser.stranger();
      await open("/audit?class=policy", strange);
      const button = strange.getByRole("link", { name: "Sign in with Corp" });
      const there = encodeURIComponent("/audit?class=policy");
      expect(await button.getAttribute("href")).toBe(`/api/v1/session/oidc/corp?to=${there}`);
      await button.click();
      await strange.getByText("The identity provider cannot be reached").waitFor();
      await open("/signin?refused=SIGN_IN_REFUSED", strange);
      await strange.getByText("The provider vouches for nobody who may sign in here").waitFor();
      await context.close();
    });
  });

  describe("one's own account", () => {
    it("makes a token, shows it once, and revokes it", async () => {
      await open("/account");
      await page.getByRole("button", { name: "Make a token" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.locator("#token-name:focus").waitFor();
      await page.keyboard.type("pipeline");
      await dialog.getByLabel("see images").check();
      await dialog.locator("#token-registries").fill("ghcr.io/acme/*");
      await dialog.getByText("It works for images from ghcr.io/acme/*").waitFor();
      await picture(page, "people token form");
      await dialog.getByRole("button", { name: "Make the token" }).click();
      const secret = await dialog.getByRole("textbox", { name: "The token" }).inputValue();
      expect(secret).toMatch(/^prq_/u);
      await page.keyboard.press("Escape");
      await dialog.getByRole("button", { name: "I have copied it" }).click();
      expect(await page.content()).not.toContain(secret);
      const status = async () => {
        const { context } = await browser.stranger();
        const headers = { authorization: `Bearer ${secret}` };
        const reply = await context.request.get(`${host.server.url}${pathOf(showSession)}`, { headers });
        await context.close();
        return reply.status();
      };
      expect(await status()).toBe(200);
      await page.getByRole("button", { name: "Revoke" }).click();
      await page.getByRole("dialog").locator("button:focus", { hasText: "Cancel" }).waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.getByText("You have none.").waitFor();
      expect(await status()).toBe(401);
    });

    it("asks for the current password before it takes another", async () => {
      await page.locator("#current-password").fill("not this one at all");
      await page.locator("#next-password").fill(PASSWORD_AFTER);
      await page.locator("#again-password").fill(PASSWORD_AFTER);
      await page.getByRole("button", { name: "Set the password" }).click();
      await page.getByText("the current password is another one").waitFor();
      await page.locator("#current-password").fill(PASSWORD);
      await page.getByRole("button", { name: "Set the password" }).click();
      await page.getByText("your other sessions have ended").waitFor();
      expect(await page.locator("#current-password").inputValue()).toBe("");
    });
  });

  describe("sessions", () => {
    it("are listed on one's own account, and end from there", async () => {
      const other = await browser.stranger();
      await open("/signin", other.page);
      await other.page.locator("#login").fill("admin");
      await other.page.locator("#password").fill(PASSWORD_AFTER);
      await other.page.getByRole("button", { name: "Sign in", exact: true }).click();
      await heading(other.page, "Overview").waitFor();
      await open("/account");
      const sessions = page.getByRole("grid", { name: "Your sessions" }).locator("tbody tr");
      await expect.poll(() => sessions.count()).toBe(2);
      expect(await sessions.filter({ hasText: "this browser" }).getByRole("button").count()).toBe(0);
      await page.getByRole("button", { name: "Sign out there" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Sign out there" }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await expect.poll(() => sessions.count()).toBe(1);
      await open("/account", other.page);
      await heading(other.page, "Sign in to Pratique").waitFor();
      await other.context.close();
    });

    it("say so on the page that is open when they end, and lead back to it", async () => {
      const { page: theirs, context } = await browser.person(admin, {
        login: "tess",
        permissions: { "images.read": "allow", "hosts.read": "allow" },
      });
      await open("/images", theirs);
      await context.clearCookies();
      await theirs.getByRole("link", { name: "Hosts", exact: true }).click();
      const dialog = theirs.getByRole("dialog", { name: "Your session is over" });
      await dialog.waitFor();
      expect(await barriers(theirs)).toEqual([]);
      await theirs.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      await theirs.locator("#main").getByRole("link", { name: "Sign in again" }).click();
      await theirs.locator("#login").fill("tess");
      await theirs.locator("#password").fill("kettle-orbit-velvet-48");
      await theirs.getByRole("button", { name: "Sign in", exact: true }).click();
      await heading(theirs, "Hosts").waitFor();
      await settled(theirs);
      expect(await theirs.getByText("Your session is over").count()).toBe(0);
      await context.close();
    });

    it("of somebody else are seen and ended under Access, where nobody makes a link for themselves", async () => {
      const { page: theirs, context } = await browser.person(admin, {
        login: "sam",
        permissions: { "images.read": "allow" },
      });
      await open("/access?text=admin");
      await page.getByRole("link", { name: "admin", exact: true }).click();
      await page.getByRole("grid", { name: "Where admin is signed in" }).getByText("this browser").waitFor();
      expect(await page.getByRole("button", { name: "Make a link for a new password" }).count()).toBe(0);
      await open("/access?text=sam");
      await page.getByRole("link", { name: "sam", exact: true }).click();
      const sessions = page.getByRole("grid", { name: "Where sam is signed in" }).locator("tbody tr");
      await expect.poll(() => sessions.count()).toBe(1);
      expect(await page.getByRole("button", { name: "Make a link for a new password" }).count()).toBe(1);
      expect(await barriers(page)).toEqual([]);
      const endAll = page.getByRole("dialog").getByRole("button", { name: "Sign out everywhere" });
      await endAll.click();
      await page.getByText("Sign sam out everywhere?").waitFor();
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("button", { name: "Cancel" }).click();
      await expect.poll(() => sessions.count()).toBe(1);
      await endAll.click();
      await page.getByText("Sign sam out everywhere?").waitFor();
      await endAll.click();
      await page.getByText("sam is signed in nowhere.").waitFor();
      await open("/images", theirs);
      await heading(theirs, "Sign in to Pratique").waitFor();
      await context.close();
    });
  });

  describe("policies", () => {
    const editor = () => page.locator(".cm-content");

    it("marks the line of an error while one types, and offers to save nothing that has no name", async () => {
      await host.sow(seed);
      await open("/policies");
      await page.getByText("There are no policies of your own yet").waitFor();
      await page.getByRole("link", { name: "New policy" }).click();
      await editor().fill(policyOf(90).replace("image.ageDays > 90", "image.ageDayz > 90"));
      await page.getByText("Line 8:").waitFor();
      await page.locator(".cm-lint-marker-error").waitFor();
      await picture(page, "people policy error");
      await editor().fill("kind: Policy\n");
      await page.getByText("The document names no policy").waitFor();
      expect(await page.getByRole("button", { name: "Add the policy" }).isDisabled()).toBe(true);
    });

    it("does not lose a draft by a click beside it", async () => {
      const asked = page.waitForEvent("dialog").then(async (dialog) => {
        await dialog.dismiss();
        return dialog.message();
      });
      await page.getByRole("link", { name: "Launches", exact: true }).click();
      expect(await asked).toBe("Leave, and lose what you wrote?");
      await heading(page, "New policy").waitFor();
      expect(await editor().textContent()).toContain("kind: Policy");
    });

    it("runs the tests in the document", async () => {
      await editor().fill(policyOf(90) + policyTest);
      await page.getByText("1 of 2 tests passed").waitFor();
      await page.getByRole("list", { name: "Tests" }).getByText("a fresh image is refused").waitFor();
      await page.getByRole("button", { name: "Show all" }).click();
      await page.getByRole("list", { name: "Tests" }).getByText("an old image is refused").waitFor();
      const marks = await page.getByRole("list", { name: "Tests" }).locator("svg title").allTextContents();
      expect(marks).toEqual(["passed", "failed"]);
    });

    it("tries a draft on recorded launches, and shows what would have ended otherwise", async () => {
      await host.say("POST", pathOf(putRecords), { logId: "whole", host: HOST, records: [wholeRecord()] });
      await page.getByRole("button", { name: "Try it on recorded launches" }).click();
      await page.getByText("0 launches would be denied now, 1 would be allowed").waitFor();
      const rows = page.getByRole("grid", { name: "Launches that would end otherwise" }).locator("tbody tr");
      expect(await rows.allInnerTexts()).toEqual([expect.stringMatching(/whole.*Denied.*Allowed/su)]);
      await rows.first().scrollIntoViewIfNeeded();
      await picture(page, "people policy dry run");
      const [head, ...lines] = await savedCsv(page, "CSV of launches that would end otherwise");
      expect(head?.replaceAll('"', "")).toBe("launch,time,host,container,image,before,after,because");
      expect(lines).toEqual([expect.stringMatching(/^"whole\.1",.*"whole",.*"deny","allow",/su)]);
      await page.getByRole("heading", { level: 1 }).scrollIntoViewIfNeeded();
      await documentPicture(page, "console-policy", SMALL);
    });

    it("saves it, and lists where it is in force", async () => {
      await page.getByRole("button", { name: "Add a label" }).click();
      await page.getByLabel("Label 1", { exact: true }).fill("env");
      await page.getByText("Each label needs a name and at least one value").waitFor();
      await page.getByLabel("Values of label 1").fill("production");
      await page.getByText("It holds on hosts with env production.").waitFor();
      await page.getByRole("button", { name: "Add the policy" }).click();
      await heading(page, "team").waitFor();
      await page.getByRole("link", { name: "Policies" }).first().click();
      await page.getByRole("row", { name: /team.*env production.*on 0 of 1 host/u }).waitFor();
      const { text, scope } = await call("GET", pathOf(showPolicy, { policy: "team" }));
      expect({ text, scope }).toEqual({
        text: policyOf(90) + policyTest,
        scope: { labels: { env: ["production"] } },
      });
    });

    it("names who saved meanwhile, shows what differs, and lets one choose", async () => {
      await open("/policies/team");
      const { revision } = await call("GET", pathOf(showPolicy, { policy: "team" }));
      const theirs = { text: policyOf(30), scope: {}, enabled: true };
      await call("PUT", pathOf(putPolicy, { policy: "team" }), theirs, { "if-match": `"${revision}"` });
      await editor().fill(policyOf(60));
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("admin has changed this policy meanwhile").waitFor();
      await page.getByText("-       deny: image.ageDays > 30").waitFor();
      await page.getByText("+       deny: image.ageDays > 60").waitFor();
      await picture(page, "people policy conflict");
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("button", { name: "Save mine over theirs" }).click();
      await page.getByText("It is saved; agents have it within seconds").waitFor();
      const { text } = await call("GET", pathOf(showPolicy, { policy: "team" }));
      expect(text).toBe(policyOf(60));
    });
  });

  describe("exceptions and approvals", () => {
    let developer: Visitor;

    it("fills the form with what a launch was refused for", async () => {
      await open(`/exceptions/new?launch=${deniedLaunch}`);
      expect(await page.locator("#exception-rules").inputValue()).toContain("baseline/");
      expect(await page.locator("#exception-images").inputValue()).toBe(
        "registry.example/shop/checkout:2.8.1",
      );
      expect(await page.locator("#exception-owner").inputValue()).toBe("admin");
      await page.getByRole("button", { name: "Grant the exception" }).click();
      await page.getByText("It still needs a reason").waitFor();
      await page.locator("#exception-reason").fill("The fix breaks payments");
      const asked = Promise.withResolvers<void>();
      await page.route(`**${pathOf(createException)}`, async (route) => {
        await asked.promise;
        await route.continue();
      });
      await page.getByRole("button", { name: "Grant the exception" }).dblclick();
      asked.resolve();
      await page.getByText("In force").waitFor();
      await page.getByText("The fix breaks payments").waitFor();
      await page.unrouteAll();
      // Whoever presses twice means it once.
      expect((await call("GET", pathOf(listExceptions, {}, { state: "active" }))).total).toBe(1);
    });

    it("withdraws one, after asking", async () => {
      await page.getByRole("button", { name: "Withdraw" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.getByText("Withdrawn").first().waitFor();
      expect(await page.getByRole("button", { name: "Withdraw" }).count()).toBe(0);
    });

    it("lets a single license pass, which the address fills in", async () => {
      await open("/exceptions/new?rule=licenses/no-forbidden&license=AGPL-3.0-only");
      expect(await page.locator("#exception-licenses").inputValue()).toBe("AGPL-3.0-only");
      await page.locator("#exception-licenses").fill("AGPL-3.0-only\nMIT OR SSPL-1.0");
      await page.locator("#exception-reason").fill("It is never shipped");
      await settled(page);
      expect(await barriers(page)).toEqual([]);
      await picture(page, "people exception license form");
      await page.getByRole("button", { name: "Grant the exception" }).click();
      await page
        .getByText(
          "may break licenses/no-forbidden by the license AGPL-3.0-only or the license MIT OR SSPL-1.0",
        )
        .waitFor();
      await page.getByRole("term").filter({ hasText: "Licenses" }).waitFor();
      await picture(page, "people exception license");
      await page.getByRole("button", { name: "Withdraw" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
    });

    it("lets a developer ask, and says that it waits for somebody else", async () => {
      developer = await browser.person(admin, {
        login: "dora",
        permissions: {
          "exceptions.grant": "needs-approval",
          "exceptions.read": "allow",
          "launches.read": "allow",
        },
      });
      const { page: theirs } = developer;
      await open("/exceptions/new?rule=baseline/no-fixable-critical&image=shop/*", theirs);
      await theirs.locator("#exception-reason").fill("Until the release");
      await theirs.getByRole("button", { name: "Ask to grant the exception" }).click();
      await theirs.getByText("This waits for a second person").waitFor();
      expect((await call("GET", pathOf(listExceptions, {}, { state: "active" }))).total).toBe(0);
      await theirs.getByRole("link", { name: "See the approval" }).click();
      await theirs.getByText("You may not decide on this").waitFor();
      expect(await theirs.getByRole("button", { name: "Approve" }).count()).toBe(0);
      await theirs.getByRole("button", { name: "Withdraw what you asked for" }).waitFor();
      await picture(theirs, "people approval own");
    });

    it("shows what waits first, and lets another person approve it with a comment", async () => {
      await open("/approvals");
      const waiting = page.getByRole("grid", { name: "Waiting for a second person" });
      await waiting.getByText("Until the release").waitFor();
      await waiting.getByText("may decide").waitFor();
      await picture(page, "people approvals");
      await waiting.getByRole("link").first().click();
      await heading(
        page,
        "Grant the exception from baseline/no-fixable-critical for shop/*, asked by dora",
      ).waitFor();
      const facts = page.locator('dl[aria-label="What was asked for"]');
      await facts.getByText("in 7 days").waitFor();
      expect(await facts.textContent()).not.toMatch(/\d{4}-\d\d-\d\dT/u);
      await page.locator("#decision-comment").fill("Agreed, once");
      await picture(page, "people approval");
      await documentPicture(page, "console-approval", SMALL);
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("button", { name: "Approve: it happens now" }).click();
      await page.getByText("Approved", { exact: true }).first().waitFor();
      const { items } = await call("GET", pathOf(listExceptions, {}, { state: "active" }));
      expect(items[0]).toMatchObject({ grantedBy: "dora", approvedBy: "admin", reason: "Until the release" });
    });

    it("shows the other person what came of it, without being asked again", async () => {
      await developer.page.getByText("Agreed, once").waitFor();
      expect(await developer.page.getByText("Approved", { exact: true }).count()).toBeGreaterThan(0);
    });

    it("offers nothing that the session may not do", async () => {
      const { page: theirs, context, complaints } = developer;
      await open("/exceptions", theirs);
      const places = await theirs.getByRole("navigation").first().getByRole("link").allTextContents();
      expect(places).toEqual(["Launches", "Exceptions", "Approvals"]);
      await theirs.getByRole("link", { name: "baseline/no-fixable-critical" }).first().click();
      await theirs.getByText("Until the release").waitFor();
      expect(await theirs.getByRole("button", { name: "Withdraw" }).count()).toBe(0);
      await theirs.goto(`${host.server.url}/access`);
      await theirs.getByText("There is nothing here that you may see").waitFor();
      await theirs.goto(`${host.server.url}/policies`);
      await theirs.getByText("You may not do that").waitFor();
      expect(complaints.filter((text) => !text.startsWith("Failed to load resource"))).toEqual([]);
      await context.close();
    });

    it("saves the list as CSV", async () => {
      await open("/exceptions");
      const [head, ...rows] = await savedCsv(page);
      expect(head?.replaceAll('"', "")).toBe(listExceptions.csv.join(","));
      expect(rows).toHaveLength(3);
    });
  });

  describe("access", () => {
    it("makes an account, and gives its link once", async () => {
      await open("/access");
      await page.getByRole("button", { name: "New account" }).click();
      await page.locator("#account-login").fill("bob");
      await page.locator("#account-name").fill("Bob Baker");
      await page.getByRole("button", { name: "Make the account" }).click();
      const url = await page.getByRole("textbox", { name: "The link" }).inputValue();
      await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).last().click();
      await page.getByRole("link", { name: "bob" }).waitFor();
      const { page: theirs, context } = await browser.stranger();
      await theirs.goto(url);
      await heading(theirs, "Set your password").waitFor();
      await context.close();
      await open("/access");
      expect(await page.getByRole("row", { name: /bob.*Bob Baker/u }).count()).toBe(1);
    });

    it("makes a role in the matrix, and offers no second person for reading", async () => {
      await open("/access/roles");
      await page.getByRole("button", { name: "New role" }).click();
      await page.locator("#role-name").fill("night-shift");
      await page
        .getByRole("radio", {
          name: "cut, pause, stop, kill and quarantine running containers: With a second person",
        })
        .check();
      await page.getByRole("radio", { name: "see containers: Yes" }).check();
      expect(
        await page.getByRole("radio", { name: "see containers: With a second person" }).isDisabled(),
      ).toBe(true);
      await picture(page, "people role editor");
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("button", { name: "Make the role" }).click();
      await page.getByRole("link", { name: "night-shift" }).waitFor();
    });

    it("removes a role that nobody holds, after asking", async () => {
      await open("/access/roles");
      await page.getByRole("button", { name: "New role" }).click();
      await page.locator("#role-name").fill("day-shift");
      await page.getByRole("radio", { name: "see containers: Yes" }).check();
      await page.getByRole("button", { name: "Make the role" }).click();
      await page.getByRole("link", { name: "day-shift" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: "Remove" }).click();
      await dialog.getByText("Remove the role day-shift?").waitFor();
      expect(await barriers(page)).toEqual([]);
      await dialog.getByRole("button", { name: "Remove" }).click();
      await dialog.waitFor({ state: "detached" });
      await page.getByRole("link", { name: "day-shift" }).waitFor({ state: "detached" });
    });

    it("says in a sentence what is given, before and after", async () => {
      await open("/access/grants");
      await page.getByRole("button", { name: "Give a role" }).click();
      await page.locator("#grant-account").selectOption({ label: "bob" });
      await page.locator("#grant-role").selectOption("night-shift");
      await page.locator("#grant-hosts").fill("web-*");
      await page.getByRole("button", { name: "Add a label" }).click();
      await page.getByLabel("Label 1", { exact: true }).fill("env");
      await page.getByLabel("Values of label 1").fill("test, staging");
      await page.locator("#grant-last-day").fill("2027-03-01");
      const sentence = "bob is night-shift on the hosts web-* with env test or staging, until 2027-03-01.";
      await page.getByText(sentence).waitFor();
      await picture(page, "people grant");
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("button", { name: "Give the role" }).click();
      await page
        .getByRole("row", { name: /bob.*night-shift.*on the hosts web-\* with env test or staging/u })
        .waitFor();
    });

    it("lets nobody give more than they hold", async () => {
      const { page: theirs, context } = await browser.person(admin, {
        login: "grace",
        permissions: { "roles.read": "allow", "roles.write": "allow", "accounts.read": "allow" },
      });
      await open("/access/grants", theirs);
      await theirs.getByRole("button", { name: "Give a role" }).click();
      await theirs.locator("#grant-account").selectOption({ label: "grace" });
      await theirs.locator("#grant-role").selectOption("administrator");
      await theirs.getByRole("dialog").getByRole("button", { name: "Give the role" }).click();
      await theirs.getByText("Nobody gives away what they do not hold themselves").waitFor();
      await context.close();
      await open("/access/grants");
      expect(await page.getByRole("row", { name: /grace.*administrator/u }).count()).toBe(0);
    });

    it("disables an account from its own address", async () => {
      await open("/access");
      await page.getByRole("link", { name: "bob" }).click();
      expect(new URL(page.url()).searchParams.get("account")).not.toBeNull();
      await page.reload();
      await page.getByRole("dialog").getByText("May sign in").click();
      await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
      await page.getByText("Disabled", { exact: true }).waitFor();
    });
  });

  describe("settings", () => {
    it("keeps a channel, and tells step by step why nothing arrives", async () => {
      await open("/settings/channels");
      await page.getByRole("button", { name: "New channel" }).click();
      await page.locator("#channel-name").fill("Hook");
      await page.locator("#channel-kind").selectOption("webhook");
      await page.locator("#setting-url").fill("https://127.0.0.1:9/hook");
      await page.locator("#setting-secret").fill("0123456789abcdef0123456789abcdef");
      await picture(page, "people channel");
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("button", { name: "Try it" }).click();
      await page.getByRole("button", { name: "Send a message" }).click();
      await page.getByText("It was not delivered").waitFor();
      const steps = page.getByRole("list", { name: "Steps of the delivery" }).getByRole("listitem");
      const marks = await steps.locator("svg title").allTextContents();
      expect(marks.at(-1)).toBe("failed");
      await picture(page, "people channel trial");
      await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).last().click();
      expect(await page.content()).not.toContain("0123456789abcdef");
    });

    it("tells how many messages of a channel were given up, when the last one was, and why", async () => {
      const row = page.getByRole("row", { name: /Hook/u });
      await row.getByText("2 messages not delivered, and not tried again").waitFor();
      const told = await row.textContent();
      expect(told).toContain("the last 1 hour ago: answered 403 to the second.");
      expect(told).toContain("Change what is wrong and try it");
      expect(await barriersEverywhere(page, "people channels")).toEqual([]);
    });

    it("keeps a secret that is left out", async () => {
      await page.getByRole("button", { name: "Change" }).click();
      await page.getByText("It is set; leave it empty to keep it.").first().waitFor();
      await page.locator("#channel-name").fill("Hook of the team");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("Hook of the team").waitFor();
      const { items } = await call("GET", pathOf(listChannels));
      expect(items[0]).toMatchObject({ name: "Hook of the team", secrets: ["secret", "url"], settings: {} });
    });

    it("keeps routes in their order", async () => {
      await open("/settings/routing");
      await page.getByText("whatever is at least high goes to every channel").waitFor();
      for (const name of ["refusals", "the rest"]) {
        await page.getByRole("button", { name: "New route" }).click();
        await page.locator("#route-name").fill(name);
        await page.getByRole("dialog").getByLabel("Hook of the team").check();
        await page.getByRole("button", { name: "Keep" }).click();
      }
      await page.getByRole("button", { name: "Try the rest earlier" }).click();
      await page.getByText("There are changes that are not saved yet").waitFor();
      await page.getByRole("button", { name: "Save the routes" }).click();
      await page.getByText("There are changes that are not saved yet").waitFor({ state: "detached" });
      await page.reload();
      const rows = page.getByRole("grid", { name: /^Routes/u }).locator("tbody tr");
      await rows.nth(1).waitFor();
      expect(await rows.first().textContent()).toContain("the rest");
    });

    it("asks before a route is removed", async () => {
      const rows = page.getByRole("grid", { name: /^Routes/u }).locator("tbody tr");
      const remove = rows.first().getByRole("button", { name: "Remove" });
      const dialog = page.getByRole("dialog", { name: /Remove the rest\?/u });
      await remove.click();
      await picture(page, "people route removal");
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await dialog.waitFor({ state: "detached" });
      expect(await rows.count()).toBe(2);
      await remove.click();
      await dialog.getByRole("button", { name: "Remove" }).click();
      await dialog.waitFor({ state: "detached" });
      expect(await rows.count()).toBe(1);
      await page.getByRole("button", { name: "Drop the changes" }).click();
      await expect.poll(() => rows.count()).toBe(2);
    });

    it("keeps nothing for less time than it may be, and holds everything where the law asks for it", async () => {
      await open("/settings/retention");
      await page.locator("#retention-recordDays").fill("30");
      await page.getByText("From 365 to 3660").waitFor();
      expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
      await page.locator("#retention-recordDays").fill("800");
      await page.getByText("Legal hold: nothing is removed").click();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("A legal hold is in force").waitFor();
      await page.reload();
      await page.getByText("A legal hold is in force").waitFor();
      expect(await page.locator("#retention-recordDays").inputValue()).toBe("800");
    });

    it("exports the log, and shows how far behind an export is", async () => {
      await open("/settings/exports");
      await page.getByRole("button", { name: "New export" }).click();
      await page.locator("#exporter-name").fill("Archive");
      await page.locator("#exporter-kind").selectOption("file");
      await page.locator("#setting-name").fill("audit.ndjson");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("row", { name: /Archive.*File, OCSF/u }).waitFor();
      const isUpToDate = async () => {
        await open("/settings/exports");
        return await page.getByRole("row", { name: /Archive.*Up to date/u }).count();
      };
      await expect.poll(isUpToDate, { timeout: 20_000 }).toBe(1);
    });

    it.each<[path: string, endpoint: Pick<Endpoint, "csv">]>([
      ["/policies", listPolicies],
      ["/access/roles", listRoles],
      ["/settings/channels", listChannels],
      ["/settings/exports", listExporters],
      ["/settings/providers", listProviders],
      ["/account", listOwnSessions],
    ])("saves the table of %s as CSV", async (path, { csv = [] }) => {
      await open(path);
      const [head, ...rows] = await savedCsv(page);
      expect(head?.replaceAll('"', "")).toBe(csv.join(","));
      expect(rows.length).toBeGreaterThan(0);
    });

    it.each([
      ["/access/roles", "what roles let do", "may,", /^"overview.read",.*"allow"/mu],
      ["/settings/routing", "routes", "order,name,takes,channels,goOn", /^"1","[^"]+"/mu],
      [
        "/health",
        "servers",
        "name,kind,address,state,version,listensForAgents,startedAt,seenAt",
        /"running"/u,
      ],
      ["/audit", "exports of the log", "name,exported,lagEntries,lagSeconds,error", /^"Archive","\d+"/mu],
    ])("saves of %s the %s as CSV, as the page has them", async (path, table, columns, row) => {
      await open(path);
      const [head = "", ...rows] = await savedCsv(page, `CSV of ${table}`);
      expect(head.replaceAll('"', "").startsWith(columns)).toBe(true);
      expect(rows.join("\n")).toMatch(row);
    });
  });

  describe("the audit log", () => {
    // A reply that is still on its way would be answered twice.
    afterEach(async () => await page.unrouteAll({ behavior: "wait" }));

    /** Changes what the server answers on the way to the page. */
    const lie = async (where: RegExp, change: (answer: JsonObject) => object) => {
      await page.route(where, async (route) => {
        // The connection may be one that the server has just closed.
        const response = await route.fetch({ maxRetries: 5 });
        if (response.ok()) await route.fulfill({ response, json: change(await response.json()) });
        else await route.fulfill({ response });
      });
    };

    it("is searched by the address", async () => {
      await open("/audit?decision=deny");
      const rows = page.getByRole("grid", { name: "Audit" }).locator("tbody tr");
      await rows.first().waitFor();
      expect((await rows.allTextContents()).every((text) => text.includes("Denied"))).toBe(true);
      await open("/audit");
      await rows.getByText("session.started").first().waitFor();
      const titles = await rows.locator("a.strong").allTextContents();
      expect(titles).toContain("Somebody has signed in");
      expect(titles.filter((title) => !title.includes(" "))).toEqual([]);
      await page.getByPlaceholder("Find entries").fill("putPolicy");
      await expect.poll(() => new URL(page.url()).searchParams.get("text")).toBe("putPolicy");
      await settled(page);
      await expect
        .poll(async () => (await rows.allTextContents()).every((text) => /putPolicy/u.test(text)))
        .toBe(true);
      await picture(page, "people audit");
    });

    it("shows both halves of a call, and proves an entry in the browser", async () => {
      await page.getByRole("grid", { name: "Audit" }).getByRole("link").first().click();
      await heading(page, "Makes or changes a policy").waitFor();
      await page.getByText("Exactly what was hashed").waitFor();
      await page.getByText("Was about to happen").waitFor();
      await page.getByText("Came of it").waitFor();
      const changed = page.getByLabel("What was there before, and what is now");
      await changed.locator(".diff-removed, .diff-added").first().waitFor();
      await page.getByRole("button", { name: "Verify in this browser" }).click();
      await page.getByText("The proof holds: the entry is in the log as it is shown").waitFor();
      const steps = page.getByRole("list", { name: "Steps of the proof" }).getByRole("listitem");
      expect(await steps.count()).toBeGreaterThanOrEqual(4);
      await picture(page, "people audit proof");
      await documentPicture(page, "console-audit", SMALL);
      expect(await barriers(page)).toEqual([]);
    });

    it("knows the log's key again, and calls another one by its name", async () => {
      await page.reload();
      await page.getByRole("button", { name: "Verify in this browser" }).click();
      await page.getByText("it is the key that this browser saw before").waitFor();
      await page.evaluate('localStorage.setItem("pratique.audit-key", "another+00000000+AAAA")');
      await page.getByRole("button", { name: "Verify in this browser" }).click();
      await page.getByText("The proof does not hold").waitFor();
      await page.getByText("this browser knows another+00000000+AAAA").waitFor();
      expect(await page.getByText("The proof holds").count()).toBe(0);
      await page.evaluate('localStorage.removeItem("pratique.audit-key")');
    });

    it.each([
      [
        "a hash of the path",
        (proof: JsonObject) => ({ ...proof, hashes: [] }),
        "The path leads from the leaf to the root",
      ],
      [
        "the size that was signed",
        (proof: JsonObject) => ({
          ...proof,
          checkpoint: String(proof.checkpoint).replace(/\n(\d+)\n/u, "\n1$1\n"),
        }),
        "The path leads from the leaf to the root",
      ],
      ["the keys", (proof: JsonObject) => ({ ...proof, keys: [] }), "The log's key signed the root"],
    ])("does not believe a server that changes %s", async (_, change, step) => {
      await lie(/\/proof$/u, change);
      await page.getByRole("button", { name: "Verify in this browser" }).click();
      await page.getByText("The proof does not hold").waitFor();
      expect(await page.getByRole("list", { name: "Steps of the proof" }).textContent()).toContain(step);
    });

    it("does not believe a server that changes the text of an entry", async () => {
      const renamed = (item: AuditEntry) => ({ ...item, text: item.text.replace("admin", "nobody") });
      await lie(/\/api\/v1\/audit\?/u, (list) => ({
        ...list,
        items: listAuditEntries.reply.parse(list).items.map(renamed),
      }));
      await page.reload();
      await page.getByRole("button", { name: "Verify in this browser" }).click();
      await page.getByText("The proof does not hold").waitFor();
      const steps = await page.getByRole("list", { name: "Steps of the proof" }).textContent();
      expect(steps).toContain("The text has the hash of the leaf");
    });

    it("saves what the page is narrowed to, with all that proves it", async () => {
      await open("/audit?text=putPolicy");
      const saved = page.waitForEvent("download");
      await page.getByRole("button", { name: "Export with proofs" }).click();
      const lines = (await readFile(await (await saved).path(), "utf8")).trimEnd().split("\n");
      const entries = lines.map((line) => JSON.parse(line).entry);
      expect(entries.length).toBeGreaterThan(1);
      expect(entries.filter(({ action }) => action !== "putPolicy")).toEqual([]);
      const { keys } = showAuditStatus.reply.parse(
        await page.evaluate('fetch("/api/v1/audit/status").then((reply) => reply.json())'),
      );
      const logKeys = keys.map(({ key }) => parseVerifierKey(key));
      for (const line of lines) expect(verifyJsonLine(line, { logKeys }).checkpoint.size).toBeGreaterThan(1);
    });

    it("erases names and addresses, and says so in the entries", async () => {
      await open("/audit?actor=admin&text=putPolicy");
      const rows = page.getByRole("grid", { name: "Audit" }).locator("tbody tr");
      await rows.first().waitFor();
      expect(await page.getByText("erased").count()).toBe(0);
      await page.getByRole("button", { name: "Erase names" }).click();
      const dialog = page.getByRole("dialog");
      const erase = dialog.getByRole("button", { name: "Erase", exact: true });
      expect(await dialog.locator("#erase-value").inputValue()).toBe("admin");
      expect(await erase.isDisabled()).toBe(true);
      await dialog.locator("#reason").fill("ticket 17");
      await dialog.locator("#erase-value").fill("");
      expect(await erase.isDisabled()).toBe(true);
      await dialog.locator("#erase-value").fill("admin");
      await picture(page, "people audit erase");
      expect(await barriers(page)).toEqual([]);
      await erase.click();
      await dialog.getByText(/They are erased from \d+ entries/u).waitFor();
      await dialog.getByRole("button", { name: "Close" }).last().click();
      await rows.first().getByText("name and address erased").waitFor();
      await rows.first().getByRole("link").first().click();
      await page.getByRole("button", { name: "Verify in this browser" }).waitFor();
      await page.getByText("name and address erased").waitFor();
      await page.getByRole("button", { name: "Verify in this browser" }).click();
      await page.getByText("The proof holds: the entry is in the log as it is shown").waitFor();
    });
  });

  const places = [
    ["the policies", "/policies", "Policies"],
    ["a policy", "/policies/team", "team"],
    ["a new policy", "/policies/new", "New policy"],
    ["the exceptions", "/exceptions", "Exceptions"],
    ["a new exception", `/exceptions/new?launch=${deniedLaunch}`, "New exception"],
    ["the approvals", "/approvals", "Approvals"],
    ["the audit log", "/audit", "Audit"],
    ["the account", "/account", "Your account"],
    ["the accounts", "/access/accounts", "Access"],
    ["the groups", "/access/groups", "Access"],
    ["the roles", "/access/roles", "Access"],
    ["a role", "/access/roles?role=night-shift", "Access"],
    ["the grants", "/access/grants", "Access"],
    ["the tokens", "/access/tokens", "Access"],
    ["the channels", "/settings/channels", "Settings"],
    ["the routes", "/settings/routing", "Settings"],
    ["the exports", "/settings/exports", "Settings"],
    ["the providers", "/settings/providers", "Settings"],
    ["the retention", "/settings/retention", "Settings"],
    ["the encryption", "/settings/encryption", "Settings"],
    ["the health", "/health", "Health"],
  ] as const;

  it.each(places)("%s keeps to WCAG 2.2 AA, light and dark, wide and narrow", async (name, path, title) => {
    await open(path);
    // Behind a dialog the title is there and has no role.
    await page.locator("h1", { hasText: title }).waitFor();
    expect(await barriersEverywhere(page, `people ${name}`)).toEqual([]);
  });

  it.each([
    ["/access/roles", "Roles · Access · Pratique"],
    ["/settings/routing", "Routing · Settings · Pratique"],
  ])("names the tab of %s by the part that is shown", async (path, title) => {
    await open(path);
    expect(await page.title()).toBe(title);
  });

  it.each(["/access/rolls", "/settings/exporters"])("says that there is no place %s", async (path) => {
    await open(path);
    await page.getByText("There is nothing here", { exact: true }).waitFor();
    expect(await page.title()).toBe("Nothing here · Pratique");
  });

  it("tells the health in words and not in codes", async () => {
    await open("/health");
    const store = page.getByLabel("store", { exact: true });
    expect(await store.textContent()).toMatch(/^Ping[\d.,]+ ms$/u);
    const encryption = page.getByLabel("encryption", { exact: true });
    await encryption.getByText("Keys: agents").waitFor();
    expect(await encryption.textContent()).toMatch(/Rotated at(?:just now|\d+ (?:minutes?|hours?) ago)/u);
  });

  it("gave the browser nothing to complain of but the refusals that were asked for", () => {
    expect(admin.complaints.filter((text) => !text.startsWith("Failed to load resource"))).toEqual([]);
  });
});
