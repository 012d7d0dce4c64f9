import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import type { Readable, Writable } from "node:stream";
import type { Detection } from "@pratique/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDebian, repaired } from "./debian-root.ts";
import { FarNetwork, succeed } from "./far-network.ts";
import { peersIn } from "./peers-in.ts";
import { Pratique } from "./pratique.ts";
import { engineUnavailable } from "./private-engine.ts";

const dist = path.resolve(import.meta.dirname, "../../dist/sensor");
const talkSource = path.resolve(import.meta.dirname, "../../packages/sensor/src/native/testdata/talk.c");
const unavailable =
  engineUnavailable() ??
  (existsSync(path.join(dist, "pratique-sensor")) ? undefined : "the native sensor has not been built") ??
  ["cc", "ip", "nsenter"].map(lacking).find((each) => each !== undefined);
if (unavailable !== undefined) console.warn(`SKIPPED: runtime-channel.test.ts ${unavailable}`);

const actions = ["report", "cut", "pause", "stop", "kill", "quarantine"] as const;
type Action = (typeof actions)[number];
const listedFor: Readonly<Record<Action, string>> = {
  report: "203.0.113.11",
  cut: "203.0.113.12",
  pause: "203.0.113.13",
  stop: "203.0.113.14",
  kill: "203.0.113.15",
  quarantine: "203.0.113.16",
};
/** Is talked to by who says nothing more. */
const LISTED_FOR_SILENT = "203.0.113.17";
const HONEST = "198.51.100.30";
const RESOLVER = "203.0.113.53";
const BEHIND_ALIAS = ["198.51.100.41", "198.51.100.42"] as const;
const BEHIND_LISTED_LATER = "198.51.100.43";
const SHOWS_LISTED_NAME = "198.51.100.44";
const ASKED_BY_RULE = "198.51.100.45";
const LISTED_WHILE_HUNG = "198.51.100.46";
const RULE = "Channel to a listed peer";
/** Measured far below; machines of others are slow. */
const SOON_MS = 20_000;

const CONFIG = `
runtime:
  channel: cut
  # Other engines of this machine are not ours to stop.
  prevent: engine
gate:
  mode: observe
`;

/** One container for each rung; those of other names are only told about. */
const RESPONSES = `
graceSeconds: 1
limits: { containersPerCause: 100, containersPerHost: 100, shareOfHost: 1 }
ladders:
${actions.map((action) => `  - { name: ${action}, match: { names: [on-${action}] }, channel: { action: ${action}, forMinutes: ${action === "pause" ? 0.2 : "null"} } }`).join("\n")}
  - name: asked
    match: { names: [asks-*] }
    channel: { action: pause, forMinutes: null }
  - name: engine
    match: { names: [paused-when-it-answers] }
    channel: { action: pause, forMinutes: null }
  - name: rules
    match: { names: [by-rule-*] }
    channel: { action: report }
    detections:
      - { rules: ["quarantined for it"], rung: { action: quarantine, forMinutes: null } }
    ruleActions: { hardest: stop, forMinutes: null }
  - name: rest
    channel: { action: cut, forMinutes: null }
`;

const ruleOf = (name: string, argument: string, action = "") => `
- rule: ${name}
  desc: d
  condition: evt.type in (execve, execveat) and container.id != host and proc.args contains ${argument}
  output: o
  priority: ERROR
${action === "" ? "" : `  action: ${action}\n`}`;
const OWN_RULES = [
  ruleOf("cut for it", "cut-me", "cut"),
  ruleOf("stopped for it", "stop-me", "stop"),
  ruleOf("quarantined for it", "quarantine-me"),
].join("");

interface ResponseRecord {
  readonly action: string;
  readonly data: {
    readonly act?: string | null;
    readonly action?: string;
    readonly asked?: string;
    readonly trigger?: string | null;
    readonly container?: { readonly name: string } | null;
    readonly steps?: readonly { readonly name: string; readonly outcome: string }[];
    readonly proof?: {
      readonly proved: boolean;
      readonly checks: readonly { readonly name: string; readonly outcome: string; readonly atMs: number }[];
    } | null;
    readonly evidence?: {
      readonly directory: string;
      readonly complete: boolean;
      readonly atMs: number;
    } | null;
    readonly flows?: readonly string[];
    readonly because?: string;
    readonly cause?: string;
  };
}

type HostTalk = ChildProcessByStdio<Writable, Readable, null>;

interface View {
  readonly Status: string;
  readonly Pid: number;
}

describe.skipIf(unavailable !== undefined)("a channel to a listed peer, on a real engine", () => {
  let pratique: Pratique;
  let far: FarNetwork;
  const list: string[] = [];

  beforeAll(async () => {
    pratique = new Pratique({ runtime: "auto" });
    const config = path.join(pratique.directory, "pratique.yaml");
    writeFileSync(config, CONFIG);
    pratique.environment.PRATIQUE_CONFIG = config;
    mkdirSync(pratique.data("rules"), { recursive: true });
    writeFileSync(pratique.data("rules", "own.yaml"), OWN_RULES);
    writeFileSync(pratique.data("responses.yaml"), RESPONSES);
    succeed("cc", [
      "-D_GNU_SOURCE",
      "-O1",
      "-static",
      "-o",
      path.join(pratique.directory, "talk"),
      talkSource,
    ]);
    far = await FarNetwork.start({
      addresses: [
        RESOLVER,
        ...Object.values(listedFor),
        LISTED_FOR_SILENT,
        ...BEHIND_ALIAS,
        HONEST,
        BEHIND_LISTED_LATER,
        SHOWS_LISTED_NAME,
        ASKED_BY_RULE,
        LISTED_WHILE_HUNG,
      ],
      names: {
        "evil.example.com": { addresses: [HONEST] },
        "honest.example.com": { alias: "cdn.evil.example.net", addresses: BEHIND_ALIAS },
        "later.example.org": { addresses: [BEHIND_LISTED_LATER, "127.0.0.1", RESOLVER] },
      },
    });
    await pratique.up(["--private-engine"]);
    importDebian(pratique.engineHost, "shop:good", repaired);
    await pratique.until("the sensor runs", 60_000, () => pratique.command(["rules", "list"]).code === 0);
    // The first set makes each packet be looked at; what it lists nobody talks to.
    listAlso("192.0.2.200");
    await pratique.until("the set is in force", 30_000, () => loadedSets() > 0);
  });
  afterAll(async () => {
    await far?.[Symbol.asyncDispose]();
    await pratique?.[Symbol.asyncDispose]();
  });

  function updateWith(indicators: readonly string[]): readonly string[] {
    list.push(...indicators);
    const file = path.join(pratique.directory, "list.txt");
    writeFileSync(file, `${list.join("\n")}\n`);
    return ["intel", "update", "--from", `list:${file}`];
  }

  function listAlso(...indicators: readonly string[]): void {
    expect(pratique.command(updateWith(indicators))).toMatchObject({ code: 0 });
  }

  function loadedSets(): number {
    return pratique.said.split("listed peers are looked for").length - 1;
  }

  /** A container that does this once it has a way out; started anew it has none. */
  function start(name: string, script: string): void {
    const waits = "until busybox grep -q '^eth0.00000000' /proc/net/route; do sleep 0.1; done";
    const talk = ["-v", `${path.join(pratique.directory, "talk")}:/talk:ro`];
    const flags = ["run", "-d", "--name", name, "--network", "none", "--restart", "unless-stopped", ...talk];
    const command = `trap 'exit 0' TERM; (${waits}; ${script}) & sleep 3600 & wait`;
    const started = pratique.docker([...flags, "shop:good", "sh", "-c", command]);
    expect(started).toMatchObject({ code: 0 });
    far.join(view(name).Pid);
  }

  const talkTo = (address: string) =>
    `(while echo beacon; do sleep 0.2; done | busybox nc ${address} 9000 >/dev/null) &`;

  function view(name: string): View {
    return JSON.parse(pratique.docker(["inspect", "-f", "{{json .State}}", name]).stdout);
  }

  async function peersOf(name: string): Promise<readonly string[]> {
    const peers = await peersIn(view(name).Pid);
    return [...new Set(peers.map(({ address }) => address))].toSorted();
  }

  /** What a program of the container hears that opens a connection. */
  function connect(name: string, address: string): string {
    const { stdout, stderr } = pratique.docker(["exec", name, "/talk", "tcp", address]);
    return `${stdout}${stderr}`.trim();
  }

  function rows<T>(class_: string): readonly { readonly action: string; readonly data: T }[] {
    using log = new DatabaseSync(pratique.data("audit/log.sqlite"), { readOnly: true });
    return log
      .prepare("SELECT action, data FROM record WHERE class = ? ORDER BY sequence")
      .all(class_)
      .map(({ action, data }) => ({ action: String(action), data: JSON.parse(String(data)) }));
  }

  function responsesAbout(name: string): readonly ResponseRecord[] {
    return rows<ResponseRecord["data"]>("response").filter(({ data }) => data.container?.name === name);
  }

  async function doneAbout(name: string, action: string): Promise<ResponseRecord["data"]> {
    const find = () =>
      responsesAbout(name).find((each) => each.action === "response.done" && each.data.action === action);
    await pratique.until(`${action} about ${name}`, SOON_MS, () => find() !== undefined);
    return find()?.data ?? {};
  }

  function detectionsIn(name: string): readonly Detection[] {
    return rows<Detection>("detection")
      .map(({ data }) => data)
      .filter(({ container, rule }) => container?.name === name && rule === RULE);
  }

  function actsAbout(name: string): readonly string[] {
    const { acts } = JSON.parse(pratique.command(["runtime", "acts", "--json"]).stdout);
    return acts.flatMap((act: { readonly containerName: string; readonly action: string }) =>
      act.containerName === name ? [act.action] : [],
    );
  }

  function refusedIn(name: string): readonly unknown[] {
    const { containers } = JSON.parse(pratique.command(["runtime", "top", "--json"]).stdout);
    const { flows } = containers.find((container: { readonly name: string }) => container.name === name);
    return flows.flatMap(({ address, refused }: { readonly address: string; readonly refused?: number }) =>
      refused === undefined ? [] : [{ address, refused }],
    );
  }

  async function release(name: string): Promise<void> {
    // What was being proved may have the container's turn.
    await pratique.until(
      `${name} is released`,
      SOON_MS,
      () => pratique.command(["runtime", "release", name]).code === 0,
    );
    expect(actsAbout(name)).toEqual([]);
  }

  describe("that is open when it is listed", () => {
    let ofHost: HostTalk | undefined;

    beforeAll(async () => {
      for (const action of actions) start(`on-${action}`, `${talkTo(listedFor[action])} ${talkTo(HONEST)}`);
      start("bystander", talkTo(HONEST));
      start("silent", `(sleep 3600 | busybox nc ${LISTED_FOR_SILENT} 9000 >/dev/null) &`);
      for (const action of actions) {
        const wanted = [HONEST, listedFor[action]].join(" ");
        const isTalking = async () => (await peersOf(`on-${action}`)).join(" ") === wanted;
        await pratique.until(`on-${action} talks`, SOON_MS, isTalking);
      }
      const isConnected = async () => (await peersOf("silent")).includes(LISTED_FOR_SILENT);
      await pratique.until("silent is connected", SOON_MS, isConnected);
      ofHost = talkFromHost(view("on-cut").Pid, listedFor.cut);
      expect(await heard(ofHost)).toBe("ok\n");

      const isOpen = await channelOf("on-cut", listedFor.cut);
      const updated = pratique.later(updateWith([...Object.values(listedFor), LISTED_FOR_SILENT]));
      await pratique.until("the channel is dead", 60_000, async () => !(await isOpen()));
      const deadAt = Date.now();
      expect(await updated).toMatchObject({ code: 0 });
      const listedAt = statSync(pratique.data("intel", "current")).mtimeMs;
      const heardAt = (await far.lastHeard())[listedFor.cut] ?? 0;
      console.info(
        `after its address was listed: the last bytes came through after ${Math.round(heardAt - listedAt)} ms, the socket was gone after ${Math.round(deadAt - listedAt)} ms`,
      );
    });
    afterAll(() => {
      ofHost?.kill("SIGKILL");
    });

    /** A process of the host in a container's network. */
    function talkFromHost(pid: number, address: string): HostTalk {
      const talk = path.join(pratique.directory, "talk");
      return spawn("nsenter", ["-t", String(pid), "-n", talk, "stay", address], {
        stdio: ["pipe", "pipe", "inherit"],
      });
    }

    async function heard({ stdout }: HostTalk): Promise<string> {
      const [bytes] = await once(stdout, "data");
      return String(bytes);
    }

    /** Whether the container's own connection is there: by the kernel's tables alone, as they are at once. */
    async function channelOf(name: string, address: string): Promise<() => Promise<boolean>> {
      const pid = view(name).Pid;
      return async () => (await peersIn(pid)).some((peer) => peer.address === address && peer.port === 9000);
    }

    it("is told, with who talked to whom and which list says so", async () => {
      for (const action of actions) {
        const name = `on-${action}`;
        await pratique.until(`a detection in ${name}`, SOON_MS, () => detectionsIn(name).length > 0);
        expect(detectionsIn(name)[0]).toMatchObject({
          priority: "critical",
          outcome: "prevented",
          fields: { listed: listedFor[action] },
          container: { name },
        });
      }
    });

    it("report: refuses the peer, and does nothing about the container", async () => {
      expect(connect("on-report", listedFor.report)).toBe("EPERM");
      await expect
        .poll(() => refusedIn("on-report"), { timeout: SOON_MS })
        .toContainEqual({ address: listedFor.report, refused: expect.any(Number) });
      expect(view("on-report").Status).toBe("running");
      expect(responsesAbout("on-report")).toEqual([]);
    });

    it("cut: ends the channel, proves it by the kernel's tables, and keeps it closed", async () => {
      const done = await doneAbout("on-cut", "cut");
      expect(done.flows).toEqual([expect.stringMatching(/^tcp \d+ to 203\.0\.113\.12 9000 established$/u)]);
      expect(done.proof).toMatchObject({ proved: true });
      expect(done.proof?.checks.map(({ name, outcome }) => `${name} ${outcome}`)).toContain(
        "socket-table holds",
      );
      expect(done.proof?.checks.map(({ name }) => name)).toEqual(["socket-table", "connections", "probe"]);
      expect(connect("on-cut", listedFor.cut)).toBe("EPERM");
      // Evidence comes after the cut, and is told by a record of its own.
      const order = responsesAbout("on-cut").map(({ action }) => action);
      expect(order.slice(0, 2)).toEqual(["response.intended", "response.done"]);
      await pratique.until("its evidence", SOON_MS, () =>
        rows<{ readonly act: string }>("response").some(
          ({ action, data }) => action === "response.evidence" && data.act === done.act,
        ),
      );
      await release("on-cut");
      // What is listed is refused to all the same.
      expect(connect("on-cut", listedFor.cut)).toBe("EPERM");
    });

    it("cut: ends a channel as well on which nothing is said, and tells whose it is", async () => {
      expect((await doneAbout("silent", "cut")).proof).toMatchObject({ proved: true });
      expect(await peersOf("silent")).toEqual([]);
      const [detection] = detectionsIn("silent");
      expect(detection?.processes[0]).toMatchObject({
        commandLine: expect.stringContaining(LISTED_FOR_SILENT),
      });
    });

    it("pause: freezes it, and thaws it when its time is over", async () => {
      const done = await doneAbout("on-pause", "pause");
      expect(done.proof).toMatchObject({ proved: true });
      expect(done.proof?.checks.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
        "engine-state holds",
        "freezer holds",
      ]);
      // The channel was cut first.
      expect((await doneAbout("on-pause", "cut")).proof).toMatchObject({ proved: true });
      await pratique.until("it runs again", 40_000, () => view("on-pause").Status === "running");
      await pratique.until("its end is recorded", SOON_MS, () =>
        rows<ResponseRecord["data"]>("response").some(
          ({ action, data }) => action === "response.released" && data.act === done.act,
        ),
      );
    });

    it.each(["stop", "kill"] as const)(
      "%s: looks at it while it is frozen, and then ends it",
      async (action) => {
        const name = `on-${action}`;
        const done = await doneAbout(name, action);
        expect(done.steps?.[0]).toMatchObject({ name: "hold", outcome: "done" });
        const { directory = "", complete } = done.evidence ?? {};
        expect(complete).toBe(true);
        const files: readonly { readonly name: string }[] = JSON.parse(
          readFileSync(path.join(directory, "manifest.json"), "utf8"),
        ).files;
        expect(files.map((file) => file.name)).toEqual(
          expect.arrayContaining(["processes.jsonl", "sockets.json", "executables.jsonl", "events.jsonl"]),
        );
        expect(readFileSync(path.join(directory, "processes.jsonl"), "utf8")).toContain(listedFor[action]);
        const proofAt = done.proof?.checks.at(-1)?.atMs ?? 0;
        expect(done.evidence?.atMs).toBeLessThan(proofAt);
        expect(done.proof).toMatchObject({ proved: true });
        expect(view(name).Status).toBe("exited");
        await release(name);
        expect(view(name).Status).toBe("running");
        const policy = pratique.docker(["inspect", "-f", "{{.HostConfig.RestartPolicy.Name}}", name]);
        expect(policy.stdout.trim()).toBe("unless-stopped");
      },
    );

    it("quarantine: takes all network from it, and freezes it", async () => {
      const done = await doneAbout("on-quarantine", "quarantine");
      expect(done.proof).toMatchObject({ proved: true });
      expect(view("on-quarantine").Status).toBe("paused");
      expect(await peersOf("on-quarantine")).toEqual([]);
      await release("on-quarantine");
      expect(view("on-quarantine").Status).toBe("running");
      expect(connect("on-quarantine", HONEST)).toBe("ok");
      expect(connect("on-quarantine", listedFor.quarantine)).toBe("EPERM");
    });

    it("leaves the host and every other channel alone", async () => {
      expect(await peersOf("bystander")).toEqual([HONEST]);
      expect(await peersOf("on-report")).toContain(HONEST);
      expect(await peersOf("on-cut")).toContain(HONEST);
      expect(responsesAbout("bystander")).toEqual([]);
      if (ofHost === undefined) throw new Error("nobody of the host talks");
      const answer = heard(ofHost);
      ofHost.stdin.write("again\n");
      expect(await answer).toBe("ok\n");
    });
  });

  describe("by its name", () => {
    it("is refused where a container asks for it, and the ladder says what becomes of the container", async () => {
      listAlso("evil.example.com", "evil.example.net");
      start("asks-1", "");
      start("asker", "");
      const ask = (name: string, wanted: string) =>
        pratique.docker(["exec", name, "/talk", "resolve", wanted, RESOLVER]).stdout.trim();
      expect(ask("asker", "www.EVIL.example.com")).not.toBe("ok");
      await pratique.until("it is told", SOON_MS, () => detectionsIn("asker").length > 0);
      expect(detectionsIn("asker")[0]).toMatchObject({
        eventType: "dns",
        outcome: "prevented",
        fields: { peer: "www.evil.example.com", listed: "evil.example.com" },
      });
      // There is nobody to be cut from, least of all the resolver.
      expect(actsAbout("asker")).toEqual([]);
      expect(ask("asker", "other.example.com")).toBe("ok");

      expect(ask("asks-1", "evil.example.com")).not.toBe("ok");
      expect((await doneAbout("asks-1", "pause")).proof).toMatchObject({ proved: true });
      await release("asks-1");
    });

    it("is cut off by the addresses that were answered, where another name leads to it", async () => {
      start("alias", talkTo(BEHIND_ALIAS[0]));
      start("alias-not-asked", "");
      await expect.poll(() => peersOf("alias"), { timeout: SOON_MS }).toEqual([BEHIND_ALIAS[0]]);
      const asked = pratique.docker(["exec", "alias", "/talk", "resolve", "honest.example.com", RESOLVER]);
      expect(asked.stdout.trim()).toBe("ok");
      const done = await doneAbout("alias", "cut");
      expect(done.proof).toMatchObject({ proved: true });
      expect(detectionsIn("alias")[0]).toMatchObject({
        eventType: "dns",
        fields: { peer: "cdn.evil.example.net", listed: "evil.example.net" },
      });
      for (const address of BEHIND_ALIAS) {
        expect(connect("alias", address)).toBe("EPERM");
        expect(connect("alias-not-asked", address)).toBe("ok");
      }
      expect(connect("alias", HONEST)).toBe("ok");
      await release("alias");
      expect(connect("alias", BEHIND_ALIAS[1])).toBe("ok");
    });

    it("is cut off where its name is listed after it was asked for, and never from what a feed has no say about", async () => {
      start("early", talkTo(BEHIND_LISTED_LATER));
      await expect.poll(() => peersOf("early"), { timeout: SOON_MS }).toEqual([BEHIND_LISTED_LATER]);
      const ask = ["exec", "early", "/talk", "resolve", "later.example.org", RESOLVER];
      expect(pratique.docker(ask).stdout.trim()).toBe("ok");
      expect(responsesAbout("early")).toEqual([]);
      listAlso("later.example.org");
      expect((await doneAbout("early", "cut")).proof).toMatchObject({ proved: true });
      expect(connect("early", BEHIND_LISTED_LATER)).toBe("EPERM");
      expect(connect("early", "127.0.0.1")).toBe("ECONNREFUSED");
    });

    it("is cut off where a ClientHello names it, at an address that nobody lists", async () => {
      start("hello", "");
      start("hello-other", "");
      expect(connect("hello", SHOWS_LISTED_NAME)).toBe("ok");
      const greet = (name: string, shown: string) =>
        pratique.docker(["exec", name, "/talk", "hello", shown, SHOWS_LISTED_NAME]).stdout.trim();
      expect(greet("hello", "www.evil.example.com")).not.toBe("ok");
      const done = await doneAbout("hello", "cut");
      expect(done.proof).toMatchObject({ proved: true });
      expect(detectionsIn("hello")[0]).toMatchObject({
        eventType: "connect",
        outcome: "prevented",
        fields: { peer: "www.evil.example.com", listed: "evil.example.com" },
      });
      expect(connect("hello", SHOWS_LISTED_NAME)).toBe("EPERM");
      expect(greet("hello-other", "www.example.com")).toBe("ok");
      await release("hello");
    });
  });

  describe("that a rule asks to be ended", () => {
    it.each([
      { action: "cut", status: "running", afterwards: "ok" },
      // Started anew it is in a network without a way out.
      { action: "stop", status: "exited", afterwards: "ENETUNREACH" },
      { action: "quarantine", status: "paused", afterwards: "ok" },
    ])("$action", async ({ action, status, afterwards }) => {
      const name = `by-rule-${action}`;
      start(name, talkTo(ASKED_BY_RULE));
      await expect.poll(() => peersOf(name), { timeout: SOON_MS }).toEqual([ASKED_BY_RULE]);
      pratique.docker(["exec", "-d", name, "sh", "-c", `/bin/true ${action}-me; sleep 1`]);
      const done = await doneAbout(name, action);
      expect(done).toMatchObject({ asked: action, action, proof: { proved: true } });
      const detected = rows<Detection>("detection").find(({ data }) => data.id === String(done.trigger));
      expect(detected?.data.container?.name).toBe(name);
      expect(responsesAbout(name)[0]?.action).toBe("response.intended");
      expect(view(name).Status).toBe(status);
      // From everybody: a rule names no peer.
      expect(await peersOf(name)).toEqual([]);
      const heardOf = status === "running" ? connect(name, HONEST) : "EPERM";
      expect(heardOf).toBe("EPERM");
      await release(name);
      await pratique.until(`${name} runs again`, SOON_MS, () => view(name).Status === "running");
      expect(connect(name, HONEST)).toBe(afterwards);
    });
  });

  it("is cut off while the engine hangs, by what the kernel says of the container", async () => {
    const names = ["hung", "paused-when-it-answers"];
    for (const name of names) {
      start(name, talkTo(LISTED_WHILE_HUNG));
      await expect.poll(() => peersOf(name), { timeout: SOON_MS }).toEqual([LISTED_WHILE_HUNG]);
    }
    const pids = names.map((name) => view(name).Pid);
    const engine = Number(readFileSync(pratique.data("engine/dockerd.pid"), "utf8"));
    process.kill(engine, "SIGSTOP");
    try {
      listAlso(LISTED_WHILE_HUNG);
      for (const name of names) expect((await doneAbout(name, "cut")).proof).toMatchObject({ proved: true });
      for (const pid of pids) expect(await peersIn(pid)).toEqual([]);
      const pause = ["runtime", "respond", "hung", "--action", "pause", "--reason", "tried"];
      expect(pratique.command(pause)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("the engine, which does not answer"),
      });
    } finally {
      process.kill(engine, "SIGCONT");
    }
    expect(connect("hung", LISTED_WHILE_HUNG)).toBe("EPERM");
    expect(connect("hung", HONEST)).toBe("ok");
    // What is for the engine comes when it answers again.
    expect(await doneAbout("paused-when-it-answers", "pause")).toMatchObject({ proof: { proved: true } });
    expect(view("paused-when-it-answers").Status).toBe("paused");
    for (const name of names) await release(name);
    expect(names.map((name) => view(name).Status)).toEqual(["running", "running"]);
  });

  describe("that most containers talk to", () => {
    const SHARED = "198.51.100.60";

    it("is told and not refused, until a person says that it is right", async () => {
      pratique.docker(["rm", "-f", ...pratique.docker(["ps", "-aq"]).stdout.trim().split("\n")]);
      writeFileSync(pratique.data("responses.yaml"), RESPONSES.replace("shareOfHost: 1", "shareOfHost: 0.5"));
      far.add(SHARED);
      for (const name of ["a", "b", "c"]) start(`most-${name}`, talkTo(SHARED));
      for (const name of ["d", "e"]) start(`most-${name}`, talkTo(HONEST));
      for (const name of ["a", "b", "c"])
        await expect.poll(() => peersOf(`most-${name}`), { timeout: SOON_MS }).toEqual([SHARED]);
      const sets = loadedSets();
      // Of the same set what nobody talks to is refused.
      listAlso(SHARED, "203.0.113.17");
      await pratique.until("the set is in force", SOON_MS, () => loadedSets() > sets);
      expect(connect("most-d", "203.0.113.17")).toBe("EPERM");
      for (const name of ["a", "b", "c"]) {
        await pratique.until("it is told", SOON_MS, () => detectionsIn(`most-${name}`).length > 0);
        expect(detectionsIn(`most-${name}`)[0]).toMatchObject({ outcome: "none" });
        expect(await peersOf(`most-${name}`)).toEqual([SHARED]);
        expect(connect(`most-${name}`, SHARED)).toBe("ok");
      }
      const waits = pratique.command(["runtime", "acts"]);
      expect(waits).toMatchObject({ code: 3 });
      expect(waits.stdout).toMatch(/^held +198\.51\.100\.60: .*among what 3 of 5 containers talk to$/mu);
      expect(pratique.command(["agent", "status"]).stdout + pratique.said).toContain(SHARED);
      const tripped = rows<ResponseRecord["data"]>("response").find(
        ({ action, data }) => action === "response.breaker-tripped" && data.cause?.endsWith(SHARED) === true,
      );
      expect(tripped?.data.because).toContain("3 of 5 running containers");

      expect(pratique.command(["runtime", "confirm", "192.0.2.1"])).toMatchObject({ code: 1 });
      expect(pratique.command(["runtime", "confirm", SHARED])).toMatchObject({ code: 0 });
      for (const name of ["a", "b", "c"]) {
        await expect.poll(() => peersOf(`most-${name}`), { timeout: SOON_MS }).toEqual([]);
        expect(connect(`most-${name}`, SHARED)).toBe("EPERM");
      }
      expect(await peersOf("most-d")).toEqual([HONEST]);
      const acts = () => JSON.parse(pratique.command(["runtime", "acts", "--json"]).stdout);
      expect(acts()).toMatchObject({ trips: [], held: [] });
      // What was in force about containers that are gone ended with them.
      const names = () => acts().acts.map((act: { readonly containerName: string }) => act.containerName);
      await pratique.until("what is gone is forgotten", SOON_MS, () =>
        names().every((name: string) => name.startsWith("most-")),
      );
    });
  });

  it("leaves a record that verifies, and nothing pinned", async () => {
    expect(pratique.command(["audit", "verify"]).code).toBe(0);
    expect(pratique.command(["runtime", "clear"])).toMatchObject({ code: 0 });
    await pratique.down();
    expect(pratique.leftovers()).toBe("");
  });
});

function lacking(tool: string): string | undefined {
  return spawnSync("which", [tool]).status === 0 ? undefined : `needs ${tool}`;
}
