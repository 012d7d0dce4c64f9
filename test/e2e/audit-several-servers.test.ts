import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseCheckpoint } from "@pratique/audit";
import { type PostgresCluster, postgresUnavailable, startPostgres } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandHome } from "./command.ts";
import { ServerProcess, until } from "./server-process.ts";

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
  #witness: ChildProcess | undefined;

  private constructor(cluster: PostgresCluster, environment: Readonly<Record<string, string>>) {
    this.#cluster = cluster;
    const all = { PRATIQUE_CONFIG: this.home.at("pratique.yaml"), ...environment };
    this.first = new ServerProcess(this.home, "first", all);
    this.second = new ServerProcess(this.home, "second", all);
    mkdirSync(this.home.at("auditor"));
    copyFileSync(this.home.at("bundle", "pratique-audit.js"), this.at("pratique-audit.js"));
  }

  static async open(): Promise<Scene> {
    const cluster = await startPostgres();
    const scene = new Scene(cluster, { PRATIQUE_DATABASE_URL: await cluster.createDatabase() });
    scene.#configure([]);
    await scene.#noteKeys();
    await scene.#startWitness();
    await scene.first.start();
    await scene.second.start();
    await scene.#makeToken();
    return scene;
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

  #configure(audit: readonly string[]): void {
    const encryption = ["encryption:", `  file: ${this.home.at("shared", "kek")}`];
    writeFileSync(this.home.at("pratique.yaml"), `${[...encryption, ...audit].join("\n")}\n`);
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
    this.#configure(["audit:", `  witnesses: ["${url}#${key}"]`]);
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

describe.skipIf(unavailable !== undefined)("two servers that sign one log with a key each", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open();
  });
  afterAll(async () => await scene?.[Symbol.asyncDispose]());

  it("are trusted with both keys, and the other's alone is not trusted", async () => {
    const [first, second] = [scene.key("first"), scene.key("second")];
    expect(first).not.toBe(second);
    for (const [name, server] of scene.servers) {
      await scene.act(server);
      const [own, other] = name === "first" ? [first, second] : [second, first];
      const all = await scene.verify(name, server, ["--key", `@${scene.at("log.vkey")}`]);
      expect([all.kinds, all.signedBy]).toEqual([[], [own]]);
      expect((await scene.verify(name, server, ["--key", own])).kinds).toEqual([]);
      expect((await scene.verify(name, server, ["--key", other])).kinds).toEqual(["checkpoint-untrusted"]);
    }
  });

  it("show one history, whichever of them is asked", async () => {
    const earlier = scene.at("last.checkpoint");
    const keys = ["--key", `@${scene.at("log.vkey")}`];
    await scene.verify("first", scene.first, [...keys, "--save", earlier]);
    const { size } = parseCheckpoint(readFileSync(earlier, "utf8"));
    await scene.act(scene.second);
    const later = await scene.verify("second", scene.second, [...keys, "--earlier", earlier]);
    expect(later.kinds).toEqual([]);
    expect(later.size).toBeGreaterThan(size);
  });

  it("are both cosigned by a witness that knows both keys", async () => {
    const words = ["--key", `@${scene.at("log.vkey")}`, "--witness", `@${scene.at("witness.vkey")}`];
    for (const [name, server] of scene.servers) {
      await until(`the witness cosigns what the ${name} signed`, 20_000, async () => {
        await scene.act(server);
        const { kinds, signedBy } = await scene.verify(name, server, [...words, "--quorum", "1"]);
        expect(signedBy).toEqual([scene.key(name)]);
        return kinds.length === 0;
      });
      const { json } = await server.api(scene.cookie, "GET", "/audit/status");
      expect(json.witnesses).toMatchObject([{ name: "witness.example/w1", size: expect.any(Number) }]);
    }
  });
});
