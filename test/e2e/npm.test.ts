import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Pratique } from "./pratique.ts";
import { engineUnavailable } from "./private-engine.ts";

const root = path.resolve(import.meta.dirname, "../..");
const READY_DEADLINE_MS = 180_000;

const unavailable = engineUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: npm.test.ts ${unavailable}`);

describe.skipIf(unavailable !== undefined)("what newcomers type", () => {
  let pratique: Pratique;
  let typed: Typed | undefined;

  beforeEach(() => {
    pratique = new Pratique();
    typed = undefined;
  });
  afterEach(async () => {
    if (typed?.hasEnded === false) typed.pressCtrlC();
    await typed?.ended;
    await pratique[Symbol.asyncDispose]();
  });

  /** A group of its own, as a terminal makes one for what is typed into it. */
  const npm = (...args: readonly string[]) => {
    typed = new Typed(spawn("npm", args, { cwd: root, env: pratique.environment, detached: true }));
    return typed;
  };

  it("npm start ends with a link, and leaves nothing after Ctrl-C", async () => {
    const start = npm("start", "--", "--private-engine");
    await pratique.until("npm start is ready", READY_DEADLINE_MS, () => {
      if (start.hasEnded) throw new Error(`npm start ended: ${start.said}`);
      return start.said.includes("Ready after");
    });
    expect(start.said).toMatch(/https:\/\/127\.0\.0\.1:\d+\/signin#[\w-]{20,}/u);
    expect(start.said).toContain(`export DOCKER_HOST=${pratique.engineHost}`);
    expect(pratique.leftovers()).not.toBe("");
    const bridge = `/sys/class/net/br-${pratique.docker(["network", "create", "mesh"]).stdout.slice(0, 12)}`;
    expect(existsSync(bridge)).toBe(true);
    start.pressCtrlC();
    await start.ended;
    await pratique.until("nothing is left", 10_000, () => pratique.leftovers() === "");
    // npm tells it a second time, which does not keep it from clearing up.
    await pratique.until("the bridge is gone", 10_000, () => !existsSync(bridge));
  });

  it("npm run demo tells its story to the end, and leaves nothing", async () => {
    const temporary = path.join(pratique.directory, "t");
    mkdirSync(temporary);
    pratique.environment.TMPDIR = temporary;
    const demo = npm("run", "demo");
    expect({ code: await demo.ended, said: demo.said }).toMatchObject({ code: 0 });
    const acts = [...demo.said.matchAll(/^── (?<act>\d)\. .+$/gmu)].map(({ groups }) => groups?.act);
    expect(acts).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(demo.said).toContain("Everything went as told.");
    // What README.md shows: nothing in the image is unassessed, so that the advisory alone refuses it.
    expect(demo.said).toContain("docker:shop:1  debian 12, 2 packages\n");
    expect(demo.said).not.toContain("images/assessed");
    expect(pratique.leftovers()).toBe("");
    expect(readdirSync(temporary).filter((name) => name.startsWith("pratique"))).toEqual([]);
  });

  it("a symlink in PATH runs what is built here, from anywhere", () => {
    const link = path.join(pratique.directory, "pratique");
    symlinkSync(path.join(root, "bin/pratique"), link);
    const { stdout, stderr } = spawnSync(link, ["--version"], {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
      encoding: "utf8",
    });
    const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    expect({ stdout, stderr }).toEqual({ stdout: `${version}\n`, stderr: "" });
  });
});

/** A command that somebody typed, and all that it has said. */
class Typed {
  readonly ended: Promise<unknown>;
  readonly #child: ChildProcess;
  #said = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = once(child, "close").then(([code]) => code);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#said += text;
      });
    }
  }

  get said(): string {
    return this.#said;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null;
  }

  /** A terminal tells the whole group. */
  pressCtrlC(): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGINT");
  }
}
