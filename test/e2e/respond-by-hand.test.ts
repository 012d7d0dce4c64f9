import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type OrderedAction, showContainerOrders } from "@pratique/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  barriers,
  ConsoleBrowser,
  noBrowser,
  picture,
  settled,
  tellFailures,
  type Visitor,
} from "./console-browser.ts";
import { setFirstPassword } from "./console-host.ts";
import { importDebian, repaired } from "./debian-root.ts";
import { FarNetwork } from "./far-network.ts";
import { peersIn } from "./peers-in.ts";
import { Pratique } from "./pratique.ts";
import { engineUnavailable } from "./private-engine.ts";

const dist = path.resolve(import.meta.dirname, "../../dist/sensor");
const unavailable =
  engineUnavailable() ??
  noBrowser ??
  (existsSync(path.join(dist, "pratique-sensor")) ? undefined : "the native sensor has not been built");
if (unavailable !== undefined) console.warn(`SKIPPED: respond-by-hand.test.ts ${unavailable}`);

const RESOLVER = "203.0.113.53";
const HOME = "203.0.113.61";
const SHOP = "198.51.100.61";
const SOON_MS = 30_000;

const CONFIG = `
runtime:
  # Other engines of this machine are not ours to stop.
  prevent: engine
gate:
  mode: observe
`;

const OTHER_RULES = `
- rule: tool is forbidden
  desc: d
  condition: evt.type in (execve, execveat) and container.id != host and proc.name = forbidden-tool
  output: o
  priority: ERROR
  action: kill
`;

interface View {
  readonly Status: string;
  readonly Pid: number;
}

describe.skipIf(unavailable !== undefined)("a person who responds by hand, on a real engine", () => {
  let pratique: Pratique;
  let far: FarNetwork;
  let browser: ConsoleBrowser;
  let admin: Visitor;
  let host = "";
  let url = "";
  const ids = new Map<string, string>();

  tellFailures(() => browser);

  beforeAll(async () => {
    pratique = new Pratique({ runtime: "auto" });
    const config = path.join(pratique.directory, "pratique.yaml");
    writeFileSync(config, CONFIG);
    pratique.environment.PRATIQUE_CONFIG = config;
    far = await FarNetwork.start({ addresses: [RESOLVER, HOME, SHOP], names: {} });
    await pratique.up(["--private-engine"]);
    importDebian(pratique.engineHost, "shop:good", repaired);
    await pratique.until("the sensor runs", 60_000, () => pratique.command(["rules", "list"]).code === 0);
    const signInLink = async () => pratique.command(["server", "link"]).stdout.trim();
    const first = await signInLink();
    url = new URL(first).origin;
    await setFirstPassword(url, first);
    browser = await ConsoleBrowser.start({ server: { url }, signInLink });
    admin = await browser.administrator();
    for (const name of ["web", "bystander"]) {
      start(name);
      await pratique.until(
        `${name} talks`,
        SOON_MS,
        async () => (await peersOf(name)).join(" ") === `${SHOP} ${HOME}`,
      );
    }
    await pratique.until("both are reported", SOON_MS, async () => {
      const { json } = await call("GET", "/api/v1/containers?state=running");
      for (const { name, id, host: on } of json.items) {
        ids.set(name, `${on}~${id}`);
        host = on;
      }
      return ids.has("web") && ids.has("bystander");
    });
    await pratique.until("the server knows the sensor", SOON_MS, async () => {
      const { json } = await call("GET", `/api/v1/containers/${idOf("web")}/orders`);
      return showContainerOrders.reply.parse(json).actions.every(({ obstacle }) => obstacle === "");
    });
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await far?.[Symbol.asyncDispose]();
    await pratique?.[Symbol.asyncDispose]();
  });

  const idOf = (name: string) => ids.get(name) ?? "";

  /** A container that talks to both once it has a way out. */
  function start(name: string): void {
    const waits = "until busybox grep -q '^eth0.00000000' /proc/net/route; do sleep 0.1; done";
    const talk = [HOME, SHOP].map(
      (to) => `(while echo on; do sleep 0.2; done | busybox nc ${to} 9000 >/dev/null) &`,
    );
    const flags = ["run", "-d", "--name", name, "--network", "none", "--restart", "unless-stopped"];
    const command = `trap 'exit 0' TERM; (${waits}; ${talk.join(" ")}) & sleep 3600 & wait`;
    expect(pratique.docker([...flags, "shop:good", "sh", "-c", command])).toMatchObject({ code: 0 });
    far.join(view(name).Pid);
  }

  function view(name: string): View {
    return JSON.parse(pratique.docker(["inspect", "-f", "{{json .State}}", name]).stdout);
  }

  async function peersOf(name: string): Promise<readonly string[]> {
    const peers = await peersIn(view(name).Pid);
    return [...new Set(peers.map(({ address }) => address))].toSorted();
  }

  async function call(method: string, at: string, data?: unknown, who = admin) {
    const options = { method, headers: { origin: url }, ...(data !== undefined && { data }) };
    const response = await who.context.request.fetch(`${url}${at}`, options);
    const text = await response.text();
    return { status: response.status(), json: text === "" ? {} : JSON.parse(text) };
  }

  async function respond(name: string, action: OrderedAction, more: object = {}): Promise<string> {
    const body = { action, reason: `test of ${action}`, ...more };
    const { status, json } = await call("POST", `/api/v1/containers/${idOf(name)}/respond`, body);
    expect([status, json]).toEqual([200, { commandId: expect.any(String) }]);
    return await cameOf(name, json.commandId);
  }

  /** What came of an order, as `done: web: …`. */
  async function cameOf(name: string, id: string): Promise<string> {
    const find = async () => {
      const { json } = await call("GET", `/api/v1/containers/${idOf(name)}/orders`);
      return showContainerOrders.reply.parse(json).orders.find((order) => order.id === id);
    };
    await pratique.until("something came of it", SOON_MS, async () =>
      ["done", "failed", "expired"].includes((await find())?.state ?? ""),
    );
    const { state, detail } = (await find()) ?? { state: "", detail: "" };
    return `${state}: ${detail}`;
  }

  async function release(name: string): Promise<void> {
    const at = `/api/v1/containers/${idOf(name)}/release-response`;
    const { json } = await call("POST", at, { reason: "the test goes on" });
    expect(await cameOf(name, json.commandId)).toBe("done: what was done about the container was undone");
  }

  /** Whom the host's own log names. */
  function actorsOf(action: string): readonly unknown[] {
    using log = new DatabaseSync(pratique.data("audit/log.sqlite"), { readOnly: true });
    const actors = log.prepare("SELECT actor FROM record WHERE class = 'response' AND action = ?");
    return actors.all(action).map(({ actor }) => actor);
  }

  /** The host's own log. */
  function recorded(action: string): readonly { readonly decidedBy: string; readonly reason: string }[] {
    using log = new DatabaseSync(pratique.data("audit/log.sqlite"), { readOnly: true });
    return log
      .prepare("SELECT data FROM record WHERE class = 'response' AND action = ? ORDER BY sequence")
      .all(action)
      .map(({ data }) => JSON.parse(String(data)));
  }

  async function talksAgain(name: string): Promise<void> {
    await pratique.until(`${name} runs again`, SOON_MS, () => view(name).Status === "running");
    pratique.docker(["restart", "-t", "1", name]);
    far.join(view(name).Pid);
    await pratique.until(
      `${name} talks`,
      SOON_MS,
      async () => (await peersOf(name)).join(" ") === `${SHOP} ${HOME}`,
    );
  }

  it("quarantines by the API: its connections die, nobody else's do, and release brings it back", async () => {
    expect(await respond("web", "quarantine")).toMatch(
      /^done: web: quarantine was done in \d+ ms, proved \(act /u,
    );
    expect(view("web").Status).toBe("paused");
    expect(await peersOf("web")).toEqual([]);
    expect(await peersOf("bystander")).toEqual([SHOP, HOME]);
    const [intended] = recorded("response.intended");
    expect(intended).toMatchObject({
      reason: "test of quarantine",
      decidedBy: expect.stringMatching(/^person /u),
    });
    expect(recorded("response.done")[0]).toMatchObject({ outcome: "acted", proof: { proved: true } });
    await pratique.until("the server has it in its log", SOON_MS, async () => {
      const { json } = await call("GET", `/api/v1/responses?host=${host}`);
      return json.items.some(
        ({ event, proved }: { event: string; proved?: boolean }) => event === "response.done" && proved,
      );
    });
    expect(await respond("web", "quarantine")).toMatch(/^done: web: quarantine is in force already/u);
    await release("web");
    expect(actorsOf("response.released")).toEqual(["person admin"]);
    expect(view("web").Status).toBe("running");
    await talksAgain("web");
  });

  it("cuts from one peer alone where no list is in force, and for as long as was said", async () => {
    const came = await respond("web", "cut", { peers: [HOME], forSeconds: 15 });
    expect(came).toMatch(/^done: web: cut was done in \d+ ms, proved/u);
    expect(view("web").Status).toBe("running");
    expect(await peersOf("web")).toEqual([SHOP]);
    expect(await peersOf("bystander")).toEqual([SHOP, HOME]);
    const connect = () =>
      pratique.docker(["exec", "web", "sh", "-c", `echo x | busybox nc -w 2 ${HOME} 9000`]).code;
    expect(connect()).not.toBe(0);
    // Policies of all containers are sent anew with other rules.
    mkdirSync(pratique.data("rules"), { recursive: true });
    writeFileSync(pratique.data("rules", "own.yaml"), OTHER_RULES);
    await pratique.until("other rules are in force", SOON_MS, () =>
      pratique.command(["rules", "list"]).stdout.includes("tool is forbidden"),
    );
    expect(connect()).not.toBe(0);
    await pratique.until("its time is over", SOON_MS, () => recorded("response.released").length >= 2);
    expect(connect()).toBe(0);
    await talksAgain("web");
  });

  it("is heeded from the command line, with an exit code that says how it went", async () => {
    const order = (...more: readonly string[]) =>
      pratique.command(["runtime", "respond", "web", "--reason", "by hand", ...more]);
    const paused = order("--action", "pause", "--for", "1h");
    expect(paused).toMatchObject({ code: 0, stdout: "" });
    expect(paused.stderr).toMatch(/^web: pause was done in \d+ ms, proved \(act /u);
    expect(view("web").Status).toBe("paused");
    expect(recorded("response.done").at(-1)).toMatchObject({ decidedBy: "person uid:0", reason: "by hand" });
    expect(pratique.command(["runtime", "release", "web"]).code).toBe(0);
    expect(view("web").Status).toBe("running");

    const killed = order("--action", "kill", "--json");
    expect([killed.code, JSON.parse(killed.stdout)]).toMatchObject([
      0,
      { state: "done", act: expect.any(String) },
    ]);
    expect(view("web").Status).toBe("exited");
    expect(pratique.command(["runtime", "release", "web"]).code).toBe(0);
    await talksAgain("web");
  });

  it.each<[string, readonly string[], RegExp]>([
    [
      "a container that is not there",
      ["nobody", "--action", "pause"],
      /no container "nobody" runs on this host/u,
    ],
    [
      "an action that is none",
      ["web", "--action", "report"],
      /--action is one of cut, pause, stop, kill, quarantine/u,
    ],
    ["peers of what is no cut", ["web", "--action", "pause", "--peer", HOME], /--peer is for --action cut/u],
    [
      "what nobody has",
      ["web", "--action", "cut", "--peer", "0.0.0.0"],
      /without --peer it is cut from everybody/u,
    ],
    ["a name for an address", ["web", "--action", "cut", "--peer", "evil.example"], /expected an address/u],
  ])("refuses %s in one line, and does nothing", (_, words, expected) => {
    const { code, stderr } = pratique.command(["runtime", "respond", ...words, "--reason", "x"]);
    expect([code, stderr.trim().split("\n").length]).toEqual([1, 1]);
    expect(stderr).toMatch(expected);
    expect(view("web").Status).toBe("running");
  });

  it("does nothing for whoever only reads", async () => {
    const viewer = await browser.person(admin, {
      login: "vic",
      permissions: { "containers.read": "allow", "detections.read": "allow", "runtime.read": "allow" },
    });
    const body = { action: "pause", reason: "x" };
    const { status, json } = await call("POST", `/api/v1/containers/${idOf("web")}/respond`, body, viewer);
    expect([status, json.code]).toEqual([403, "PERMISSION_DENIED"]);
    await viewer.page.goto(`${url}/containers/${idOf("web")}`);
    await settled(viewer.page);
    expect(await viewer.page.getByRole("button", { name: "Respond" }).count()).toBe(0);
    expect(view("web").Status).toBe("running");
    await viewer.context.close();
  });

  it("is done in the console, which tells what came of it, and takes it back", async () => {
    const { page } = admin;
    await page.goto(`${url}/containers/${idOf("web")}?tab=live`);
    await settled(page);
    await page.getByRole("button", { name: "Respond" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByRole("radio", { name: "Quarantine" }).isChecked()).toBe(true);
    await dialog.getByLabel("For how long").selectOption("3600");
    await dialog.getByLabel("Reason").fill("it mines coins");
    await picture(page, "respond to a container");
    expect(await barriers(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Quarantine" }).click();
    await dialog.getByText(/quarantine was done in \d+ ms, proved/u).waitFor();
    expect(view("web").Status).toBe("paused");
    await picture(page, "what came of a response");
    await dialog.getByRole("button", { name: "Close" }).first().click();
    await page.getByRole("grid", { name: "Orders" }).getByText("it mines coins").waitFor();
    await page.getByRole("grid", { name: "Responses" }).getByText("it mines coins").first().waitFor();
    await picture(page, "a container that was responded to");
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("dialog").getByLabel("Reason").fill("it was ours");
    await page.getByRole("dialog").getByRole("button", { name: "Undo" }).click();
    await pratique.until("it runs again", SOON_MS, () => view("web").Status === "running");
    await page.keyboard.press("Escape");
    await talksAgain("web");
  });

  it("is done in the console about one peer, where it is listed", async () => {
    const { page } = admin;
    await page.goto(`${url}/containers/${idOf("web")}?tab=live`);
    await settled(page);
    await page
      .getByRole("button", { name: `Cut from ${HOME}` })
      .first()
      .click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByLabel("From whom").inputValue()).toBe(HOME);
    await dialog.getByLabel("Reason").fill("it calls home");
    await dialog.getByRole("button", { name: "Cut" }).click();
    await dialog.getByText(/cut was done in \d+ ms, proved/u).waitFor();
    expect(await peersOf("web")).toEqual([SHOP]);
    expect(admin.complaints).toEqual([]);
  });
});
