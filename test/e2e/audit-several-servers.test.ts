import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { showAuditStatus, showHealth } from "@pratique/api";
import { parseCheckpoint } from "@pratique/audit";
import { type PostgresCluster, postgresUnavailable, startPostgres } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandHome } from "./command.ts";
import { ConsoleBrowser, noBrowser } from "./console-browser.ts";
import { ServerProcess } from "./server-process.ts";
import { until } from "./until.ts";

const unavailable = postgresUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: audit-several-servers.test.ts ${unavailable}`);

const PASSWORD = "kettle-orbit-velvet-47";

/** Two servers over one PostgreSQL, a witness of their log, and somebody with the stand-alone program. */
class Scene implements AsyncDisposable {
  readonly home = new CommandHome();
  readonly first: ServerProcess;
  readonly second: ServerProcess;
  cookie = "";
  readonly #cluster: PostgresCluster;
  readonly #audit: string[] = [];
  #witness: ChildProcess | undefined;

  private constructor(cluster: PostgresCluster, environment: Readonly<Record<string, string>>) {
    this.#cluster = cluster;
    const all = { PRATIQUE_CONFIG: this.home.at("pratique.yaml"), ...environment };
    this.first = new ServerProcess(this.home, "first", all);
    this.second = new ServerProcess(this.home, "second", all);
    mkdirSync(this.home.at("auditor"));
    copyFileSync(this.home.at("bundle", "pratique-audit.js"), this.at("pratique-audit.js"));
  }

  static async open(keys: "own" | "shared"): Promise<Scene> {
    const cluster = await startPostgres();
    const scene = new Scene(cluster, { PRATIQUE_DATABASE_URL: await cluster.createDatabase() });
    if (keys === "shared") scene.#shareKey();
    scene.#configure();
    await scene.#noteKeys();
    await scene.#startWitness();
    await scene.first.start();
    await scene.second.start();
    await scene.#makeToken();
    return scene;
  }

  /** Whose console is shown. */
  get server(): ServerProcess {
    return this.second;
  }

  async signInLink(): Promise<string> {
    const { stdout } = await this.second.command(["server", "link", "--json"]);
    return JSON.parse(stdout).url;
  }

  get servers(): readonly (readonly [string, ServerProcess])[] {
    return [
      ["first", this.first],
      ["second", this.second],
    ];
  }

  /** A file of the auditor's. */
  at(name: string): string {
    return this.home.at("auditor", name);
  }

  key(name: string): string {
    return readFileSync(this.at(`${name}.vkey`), "utf8").trim();
  }

  /** A call that leaves an entry, and is signed within a second by the server that took it. */
  async act(server: ServerProcess): Promise<void> {
    expect((await server.api(this.cookie, "GET", "/accounts")).status).toBe(200);
  }

  async status(server: ServerProcess) {
    return showAuditStatus.reply.parse((await server.api(this.cookie, "GET", "/audit/status")).json);
  }

  /** What the program says of the log as one of the servers shows it. */
  async verify(name: string, server: ServerProcess, words: readonly string[]) {
    const where = [`${server.url}/audit/v1`, "--token", `@${this.at("token")}`];
    const program = [this.at("pratique-audit.js"), "verify", ...where, "--ca", this.at(`${name}.pem`)];
    const child = spawn(process.execPath, [...program, "--json", ...words], {
      env: { PATH: process.env.PATH },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    await once(child, "close");
    if (stdout === "") throw new Error(`the log was not verified: ${stderr}`);
    const found: { problems: { kind: string }[]; signedBy: string[]; size: number } = JSON.parse(stdout);
    return { ...found, kinds: found.problems.map(({ kind }) => kind) };
  }

  #shareKey(): void {
    mkdirSync(this.home.at("shared"), { mode: 0o700 });
    const { privateKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ type: "pkcs8", format: "pem" });
    writeFileSync(this.home.at("shared", "log.pem"), pem, { mode: 0o400 });
    this.#audit.push(`  keyFile: ${this.home.at("shared", "log.pem")}`);
  }

  #configure(): void {
    const lines = ["encryption:", `  file: ${this.home.at("shared", "kek")}`];
    if (this.#audit.length > 0) lines.push("audit:", ...this.#audit);
    writeFileSync(this.home.at("pratique.yaml"), `${lines.join("\n")}\n`);
  }

  /** As the howto says: once, at the installation. */
  async #noteKeys(): Promise<void> {
    const lines: string[] = [];
    for (const [name, server] of this.servers) {
      await server.start();
      await server.stop();
      const directory = this.home.at(name, "data", "server");
      copyFileSync(`${directory}/audit/log.vkey`, this.at(`${name}.vkey`));
      copyFileSync(`${directory}/tls/cert.pem`, this.at(`${name}.pem`));
      lines.push(readFileSync(this.at(`${name}.vkey`), "utf8"));
    }
    writeFileSync(this.at("log.vkey"), lines.join(""));
  }

  async #startWitness(): Promise<void> {
    const words = ["--name", "witness.example/w1", "--key", this.at("w.pem"), "--state", this.at("w.json")];
    const log = ["--log", `@${this.at("log.vkey")}`, "--listen", "127.0.0.1:0"];
    const child = spawn(process.execPath, [this.at("pratique-audit.js"), "witness", ...words, ...log], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#witness = child;
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    await until("the witness listens", 20_000, () => said.includes("listening on"));
    const key = /^witness (?<key>\S+)$/mu.exec(said)?.groups?.key ?? "";
    const url = /listening on (?<url>\S+)/u.exec(said)?.groups?.url ?? "";
    writeFileSync(this.at("witness.vkey"), `${key}\n`);
    this.#audit.push(`  witnesses: ["${url}#${key}"]`);
    this.#configure();
  }

  async #makeToken(): Promise<void> {
    this.cookie = await this.first.signIn(PASSWORD);
    const body = { name: "auditor", permissions: ["audit.read"], scope: {} };
    const { json } = await this.first.api(this.cookie, "POST", "/session/tokens", { body });
    writeFileSync(this.at("token"), String(json.secret), { mode: 0o600 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.first[Symbol.asyncDispose]();
    await this.second[Symbol.asyncDispose]();
    this.#witness?.kill("SIGKILL");
    await this.#cluster[Symbol.asyncDispose]();
    this.home[Symbol.dispose]();
  }
}

describe.skipIf(unavailable !== undefined).each(["own", "shared"] as const)(
  "two servers that sign one log, with keys that are %s",
  (keys) => {
    let scene: Scene;
    let all: readonly string[];
    beforeAll(async () => {
      scene = await Scene.open(keys);
      all = ["--key", `@${scene.at("log.vkey")}`];
    });
    afterAll(async () => await scene?.[Symbol.asyncDispose]());

    it("are trusted with all keys, and with the other's alone only where it is shared", async () => {
      const [first, second] = [scene.key("first"), scene.key("second")];
      expect(first === second).toBe(keys === "shared");
      for (const [name, server] of scene.servers) {
        await scene.act(server);
        const [own, other] = name === "first" ? [first, second] : [second, first];
        const { kinds, signedBy } = await scene.verify(name, server, all);
        expect([kinds, signedBy]).toEqual([[], [own]]);
        const untrusted = keys === "shared" ? [] : ["checkpoint-untrusted"];
        expect((await scene.verify(name, server, ["--key", other])).kinds).toEqual(untrusted);
      }
    });

    it("show one history, whichever of them is asked", async () => {
      const earlier = scene.at("last.checkpoint");
      await scene.verify("first", scene.first, [...all, "--save", earlier]);
      const { size } = parseCheckpoint(readFileSync(earlier, "utf8"));
      await scene.act(scene.second);
      const later = await scene.verify("second", scene.second, [...all, "--earlier", earlier]);
      expect(later.kinds).toEqual([]);
      expect(later.size).toBeGreaterThan(size);
    });

    it("are both cosigned by a witness that knows all keys, also while both sign at once", async () => {
      const witness = ["--witness", `@${scene.at("witness.vkey")}`, "--quorum", "1"];
      for (let at = 0; at < 20; at += 1) {
        await Promise.all(scene.servers.map(async ([, server]) => await scene.act(server)));
      }
      for (const [name, server] of scene.servers) {
        await until(`the witness cosigns what the ${name} signed`, 20_000, async () => {
          await scene.act(server);
          const { kinds, signedBy } = await scene.verify(name, server, [...all, ...witness]);
          expect(signedBy).toEqual([scene.key(name)]);
          return kinds.length === 0;
        });
        const { witnesses } = await scene.status(server);
        expect(witnesses[0]?.state).toMatch(/^(?:agrees|behind)$/u);
        expect(server.said).not.toContain('"kind":"refused"');
      }
    });

    it("tell each other's keys, and are two servers", async () => {
      for (const [, server] of scene.servers) {
        const told = (await scene.status(server)).keys;
        expect(told.map(({ key }) => key)).toEqual([scene.key("first"), scene.key("second")]);
        expect(told.map(({ state }) => state)).toEqual(["running", "running"]);
        const health = await server.api(scene.cookie, "GET", "/health");
        expect(showHealth.reply.parse(health.json).servers).toHaveLength(2);
      }
    });

    it.skipIf(noBrowser !== undefined)(`show the keys in the console ${noBrowser ?? ""}`, async () => {
      await using browser = await ConsoleBrowser.start(scene);
      const { page, complaints } = await browser.administrator();
      await page.goto(`${scene.second.url}/audit`);
      const rows = page.getByRole("grid", { name: "Keys of all servers" }).locator("tbody tr");
      await rows.nth(1).waitFor();
      const shown = await rows.allTextContents();
      expect(shown).toEqual(["first", "second"].map((name) => expect.stringContaining(scene.key(name))));
      expect(shown.every((text) => text.includes("Running"))).toBe(true);
      expect(complaints).toEqual([]);
    });

    it("tell the keys of one that has ended, which may have signed what is kept elsewhere", async () => {
      await scene.second.stop();
      const told = (await scene.status(scene.first)).keys;
      expect(told.map(({ key, state }) => [key, state])).toEqual([
        [scene.key("first"), "running"],
        [scene.key("second"), "gone"],
      ]);
    });
  },
);
