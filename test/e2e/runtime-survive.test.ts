import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { pinnedDirectory, pinsOf } from "@pratique/agent";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDebian, repaired } from "./debian-root.ts";
import { succeed } from "./far-network.ts";
import { Pratique } from "./pratique.ts";
import { engineUnavailable } from "./private-engine.ts";

const dist = path.resolve(import.meta.dirname, "../../dist/sensor");
const talkSource = path.resolve(import.meta.dirname, "../../packages/sensor/src/native/testdata/talk.c");
const unavailable =
  engineUnavailable() ??
  (existsSync(path.join(dist, "pratique-sensor")) ? undefined : "the native sensor has not been built") ??
  (spawnSync("which", ["cc"]).status === 0 ? undefined : "needs cc");
if (unavailable !== undefined) console.warn(`SKIPPED: runtime-survive.test.ts ${unavailable}`);

const LISTED = "203.0.113.66";
const configOf = (survive: boolean) => `
runtime:
  hardened: true
  channel: cut
  # Other engines of this machine are not ours to stop.
  prevent: engine
  survive: ${survive}
gate:
  mode: observe
`;
/** Again and again: a program that is not in the image, and an address that is listed. In no network, so that nothing comes of it. */
const TRIES = `cp /bin/busybox /tmp/touch; n=0; while true; do n=$((n+1)); /tmp/touch /ran-$n; /talk tcp ${LISTED} >>/heard; sleep 0.1; done`;
/** What these tests call with is mounted. */
const TALKS = "- list: prq_mounted_programs\n  items: [/talk]\n  override: {items: append}\n";
const SOON_MS = 60_000;

describe.skipIf(unavailable !== undefined)("when the agent and its sensor are killed", () => {
  let pratique: Pratique;
  let pins: string;

  beforeAll(() => {
    pratique = new Pratique({ runtime: "auto" });
    pratique.environment.PRATIQUE_CONFIG = path.join(pratique.directory, "pratique.yaml");
    pins = pinnedDirectory(pinsOf(pratique.data()));
    succeed("cc", [
      "-D_GNU_SOURCE",
      "-O1",
      "-static",
      "-o",
      path.join(pratique.directory, "talk"),
      talkSource,
    ]);
    const list = path.join(pratique.directory, "list.txt");
    writeFileSync(list, `${LISTED}\n`);
    writeFileSync(path.join(pratique.directory, "pratique.yaml"), configOf(true));
    expect(pratique.command(["intel", "update", "--from", `list:${list}`])).toMatchObject({ code: 0 });
    mkdirSync(pratique.data("rules"), { recursive: true });
    writeFileSync(pratique.data("rules", "own.yaml"), TALKS);
  });
  afterAll(async () => {
    await pratique?.[Symbol.asyncDispose]();
    // Whatever became of the test, nothing of it stays in the kernel.
    rmSync(pins, { recursive: true, force: true });
  });

  async function up(survive: boolean): Promise<void> {
    writeFileSync(path.join(pratique.directory, "pratique.yaml"), configOf(survive));
    await pratique.up(["--private-engine"]);
    await pratique.until("the sensor runs", SOON_MS, () => pratique.command(["rules", "list"]).code === 0);
  }

  /** A container that tries all the time; its files are read from outside, as no engine need answer for that. */
  async function start(name: string): Promise<Tries> {
    const talk = ["-v", `${path.join(pratique.directory, "talk")}:/talk:ro`];
    const run = ["run", "-d", "--name", name, "--network", "none", ...talk, "shop:good", "sh", "-c", TRIES];
    expect(pratique.docker(run)).toMatchObject({ code: 0 });
    const pid = pratique.docker(["inspect", "-f", "{{.State.Pid}}", name]).stdout.trim();
    const tries = new Tries(path.join("/proc", pid, "root"));
    await pratique.until("both are refused", SOON_MS, () => tries.heard().at(-1) === "EPERM");
    tries.forget();
    return tries;
  }

  /** Kills both at one instant, and whoever would start them again waits. */
  function kill(): { readonly agent: number; readonly keeper: number } {
    const [agent = 0] = pratique.processes("agent");
    const keeper = Number(
      /^\d+ \(.*\) \S (?<parent>\d+)/u.exec(readFileSync(`/proc/${agent}/stat`, "utf8"))?.groups?.parent,
    );
    const sensor = Number(
      spawnSync("pgrep", ["-P", String(agent), "pratique-sensor"], { encoding: "utf8" }).stdout,
    );
    process.kill(keeper, "SIGSTOP");
    process.kill(agent, "SIGKILL");
    process.kill(sensor, "SIGKILL");
    return { agent, keeper };
  }

  function prevention(): { readonly state: string; readonly detail: string } | undefined {
    const { findings } = JSON.parse(pratique.command(["doctor", "--json"]).stdout);
    return findings.find(({ what }: { readonly what: string }) => what === "prevention");
  }

  it("prevention goes on where it is to survive, and the next sensor takes it over without a gap", async () => {
    await up(true);
    importDebian(pratique.engineHost, "shop:good", repaired);
    expect(pratique.command(["rules", "list"]).stderr).toContain("goes on without the agent");
    expect(prevention()).toMatchObject({ state: "ok", detail: expect.stringContaining(pins) });
    const tries = await start("kept");
    const { agent, keeper } = kill();
    try {
      const before = tries.heard().length;
      await pratique.until(
        "it has tried with nobody there",
        SOON_MS,
        () => tries.heard().length > before + 20,
      );
      expect(existsSync(`/proc/${agent}/exe`)).toBe(false);
      expect(tries.outcomes()).toEqual({ heard: ["EPERM"], ran: [] });
      expect(pratique.command(["rules", "list"]).code).toBe(3);
      expect(prevention()).toMatchObject({ state: "warn" });
    } finally {
      process.kill(keeper, "SIGCONT");
    }
    await pratique.until(
      "another agent watches",
      SOON_MS,
      () => pratique.command(["rules", "list"]).code === 0,
    );
    const before = tries.heard().length;
    await pratique.until("it has tried again", SOON_MS, () => tries.heard().length > before + 20);
    expect(tries.outcomes()).toEqual({ heard: ["EPERM"], ran: [] });
    expect(pratique.command(["runtime", "clear"])).toMatchObject({ code: 1 });
  });

  it("nothing is left of it once a person clears it", async () => {
    await pratique.down();
    expect(readdirSync(pins)).toContain("link_executed");
    expect(prevention()).toMatchObject({ state: "warn", detail: expect.stringContaining("still prevents") });
    expect(pratique.command(["runtime", "clear"])).toMatchObject({ code: 0 });
    expect(existsSync(pins)).toBe(false);
    expect(prevention()).toBeUndefined();
  });

  it("nothing is prevented any more where it is not to survive", async () => {
    await up(false);
    expect(existsSync(pins)).toBe(false);
    const tries = await start("bare");
    const { keeper } = kill();
    try {
      await pratique.until("what is not in the image runs", SOON_MS, () => tries.outcomes().ran.length > 0);
      await pratique.until("the address is tried", SOON_MS, () => tries.heard().at(-1) === "ENETUNREACH");
      expect(existsSync(pins)).toBe(false);
    } finally {
      process.kill(keeper, "SIGCONT");
    }
    await pratique.until("it is prevented again", SOON_MS, () => tries.heard().at(-1) === "EPERM");
  });

  it("nothing is left when watching is turned off", async () => {
    await pratique.down();
    await up(true);
    expect(existsSync(pins)).toBe(true);
    await pratique.down();
    expect(existsSync(pins)).toBe(true);
    pratique.environment.PRATIQUE_RUNTIME = "off";
    await pratique.up(["--private-engine"]);
    expect(existsSync(pins)).toBe(false);
    await pratique.down();
    expect(pratique.leftovers()).toBe("");
  });
});

/** What became of the tries of a container. */
class Tries {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Nothing before the container has tried for the first time. */
  heard(): readonly string[] {
    const file = path.join(this.#root, "heard");
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    return text.split("\n").filter((line) => line !== "");
  }

  outcomes(): { readonly heard: readonly string[]; readonly ran: readonly string[] } {
    const ran = readdirSync(this.#root).filter((name) => name.startsWith("ran-"));
    return { heard: [...new Set(this.heard())], ran };
  }

  forget(): void {
    writeFileSync(path.join(this.#root, "heard"), "");
  }
}
