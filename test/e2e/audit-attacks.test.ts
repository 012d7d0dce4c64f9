import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { type PostgresCluster, postgresUnavailable, startPostgres } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AuditDatabase } from "./audit-database.ts";
import { CommandHome, rootMissing } from "./command.ts";
import { ServerProcess } from "./server-process.ts";
import { until } from "./until.ts";

const PASSWORD = "kettle-orbit-velvet-47";
/** So that a channel may be on loopback. */
const OUTBOUND = "outbound:\n  allow: [127.0.0.0/8]\n";
const unavailable = postgresUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: audit-attacks.test.ts on PostgreSQL ${unavailable}`);

const kinds = [
  { kind: "SQLite", skipped: undefined },
  { kind: "PostgreSQL", skipped: unavailable },
] as const;

/** A server whose log a witness elsewhere cosigns, and somebody with the stand-alone program. */
class Scene implements AsyncDisposable {
  readonly home = new CommandHome();
  readonly server: ServerProcess;
  readonly database: AuditDatabase;
  readonly #cluster: PostgresCluster | undefined;
  #witness: ChildProcess | undefined;
  #cookie = "";

  private constructor(cluster: PostgresCluster | undefined, url: string | undefined) {
    this.#cluster = cluster;
    const environment = {
      PRATIQUE_CONFIG: this.home.at("pratique.yaml"),
      ...(url !== undefined && { PRATIQUE_DATABASE_URL: url }),
    };
    writeFileSync(this.home.at("pratique.yaml"), OUTBOUND);
    this.server = new ServerProcess(this.home, "server", environment);
    const file = this.home.at("server", "data", "server", "pratique.sqlite");
    this.database = url === undefined ? AuditDatabase.sqlite(file) : AuditDatabase.postgres(url);
    // The program is on a machine of its own, where nothing else of ours is.
    mkdirSync(this.home.at("auditor"));
    copyFileSync(this.home.at("bundle", "pratique-audit.js"), this.home.at("auditor", "pratique-audit.js"));
  }

  static async open(kind: "SQLite" | "PostgreSQL"): Promise<Scene> {
    const cluster = kind === "PostgreSQL" ? await startPostgres() : undefined;
    const scene = new Scene(cluster, await cluster?.createDatabase());
    await scene.server.start();
    await scene.server.stop();
    const key = readFileSync(scene.audit("log.vkey"), "utf8");
    writeFileSync(scene.home.at("auditor", "log.vkey"), key);
    await scene.#startWitness();
    await scene.server.start();
    await scene.#signIn();
    return scene;
  }

  /** A file of the server's directory for its log. */
  audit(name: string): string {
    return this.home.at("server", "data", "server", "audit", name);
  }

  async call(method: string, path: string, body?: unknown) {
    return await this.server.api(this.#cookie, method, path, body === undefined ? {} : { body });
  }

  /** Calls that each leave an entry. */
  async act(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) await this.call("GET", "/accounts");
  }

  async auditor(command: string, ...more: readonly string[]) {
    const at = (name: string) => this.home.at("auditor", name);
    const where = [`${this.server.url}/audit/v1`, "--token", `@${at("token")}`, "--ca", at("server.pem")];
    const child = spawn(process.execPath, [at("pratique-audit.js"), command, ...where, ...more], {
      env: { PATH: process.env.PATH },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    await once(child, "close");
    return { code: child.exitCode, stdout, stderr };
  }

  /** What the program finds: kinds and indexes. */
  async found(...more: readonly string[]): Promise<readonly (readonly [string, number])[]> {
    return (await this.looked(...more)).found;
  }

  /** What it finds, and the size of the log that it looked at: its looking makes the log longer. */
  async looked(...more: readonly string[]) {
    const key = `@${this.home.at("auditor", "log.vkey")}`;
    const { stdout, stderr, code } = await this.auditor("verify", "--key", key, "--json", ...more);
    if (stdout === "") throw new Error(`the log was not verified: ${stderr}`);
    const { problems, size }: { problems: { kind: string; index: number }[]; size: number } =
      JSON.parse(stdout);
    expect(code).toBe(problems.length === 0 ? 0 : 2);
    return { found: problems.map(({ kind, index }) => [kind, index] as const), size };
  }

  async restart(): Promise<void> {
    await this.server.start();
    copyFileSync(
      this.home.at("server", "data", "server", "tls", "cert.pem"),
      this.home.at("auditor", "server.pem"),
    );
  }

  async #startWitness(): Promise<void> {
    const at = (name: string) => this.home.at("auditor", name);
    const words = ["--name", "witness.example/w1", "--key", at("w.pem"), "--state", at("w.json")];
    const log = ["--log", `@${at("log.vkey")}`, "--listen", "127.0.0.1:0"];
    const child = spawn(process.execPath, [at("pratique-audit.js"), "witness", ...words, ...log], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#witness = child;
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    await until("the witness listens", 20_000, () => said.includes("listening on"));
    const key = /^witness (?<key>\S+)$/mu.exec(said)?.groups?.key ?? "";
    const url = /listening on (?<url>\S+)/u.exec(said)?.groups?.url ?? "";
    writeFileSync(this.home.at("auditor", "witness.vkey"), `${key}\n`);
    writeFileSync(this.home.at("pratique.yaml"), `${OUTBOUND}audit:\n  witnesses: ["${url}#${key}"]\n`);
  }

  async #signIn(): Promise<void> {
    this.#cookie = await this.server.signIn(PASSWORD);
    const body = { name: "auditor", permissions: ["audit.read"], scope: {} };
    const { json } = await this.call("POST", "/session/tokens", body);
    writeFileSync(this.home.at("auditor", "token"), String(json.secret), { mode: 0o600 });
    copyFileSync(
      this.home.at("server", "data", "server", "tls", "cert.pem"),
      this.home.at("auditor", "server.pem"),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    this.#witness?.kill("SIGKILL");
    await this.#cluster?.[Symbol.asyncDispose]();
    this.home[Symbol.dispose]();
  }
}

describe.each(kinds.filter(({ skipped }) => skipped === undefined))(
  "the log of a server on $kind",
  ({ kind }) => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await Scene.open(kind);
      await scene.act(40);
    });
    afterAll(async () => await scene?.[Symbol.asyncDispose]());

    /** What is found while something is done to the entries, which are mended afterwards. */
    async function foundDuring(attack: () => void): Promise<readonly (readonly [string, number])[]> {
      const name = `kept${Math.floor(performance.now())}`;
      scene.database.keep(name);
      attack();
      const found = await scene.found();
      scene.database.mend(name);
      return found;
    }

    it("is whole, and cosigned by the witness", async () => {
      await scene.act(1);
      const witness = ["--witness", `@${scene.home.at("auditor", "witness.vkey")}`, "--quorum", "1"];
      await until(
        "the witness has seen it",
        20_000,
        async () => (await scene.found(...witness)).length === 0,
      );
      expect(await scene.found(...witness)).toEqual([]);
    });

    it("names a row that was modified", async () => {
      const { database } = scene;
      const found = await foundDuring(() => {
        const forged = database.entry(30).toString().replace('"admin"', '"nadmi"');
        database.change(30, Buffer.from(forged));
      });
      expect(found[0]).toEqual(["entry-changed", 30]);
    });

    it("names the first of the last rows that were deleted", async () => {
      const from = scene.database.size - 4;
      const found = await foundDuring(() =>
        scene.database.run(`delete from audit_entries where place >= ${from}`),
      );
      expect(found[0]).toEqual(["entry-missing", from]);
    });

    it("names a row in the middle that was deleted", async () => {
      const found = await foundDuring(() => scene.database.run("delete from audit_entries where place = 25"));
      expect(found[0]).toEqual(["entry-missing", 25]);
    });

    it("names rows that changed places", async () => {
      const { database } = scene;
      const found = await foundDuring(() => {
        const [left, right] = [database.entry(31), database.entry(32)];
        database.change(31, right);
        database.change(32, left);
      });
      expect(found.slice(0, 2)).toEqual([
        ["entry-changed", 31],
        ["entry-changed", 32],
      ]);
    });

    it("names a row that was inserted with an earlier time", async () => {
      const { database } = scene;
      const at = database.size - 6;
      const found = await foundDuring(() => {
        const moved = [0, 1, 2, 3, 4, 5].map((after) => database.entry(at + after));
        const forged = (moved[0]?.toString() ?? "").replace(/"time":"\d{4}/u, '"time":"2020');
        const now = [Buffer.from(forged), ...moved.slice(0, 5)];
        for (const [after, bytes] of now.entries()) database.change(at + after, bytes);
      });
      expect(found).toContainEqual(["entry-changed", at]);
      expect(found).toContainEqual(["time-went-back", at]);
    });

    it("finds nothing once all is as it was", async () => {
      expect(await scene.found("--save", scene.home.at("auditor", "kept.checkpoint"))).toEqual([]);
    });

    it("keeps lines and terminal codes of callers inside one line each", async () => {
      await scene.call("GET", `/audit?text=${encodeURIComponent("\n{}\r\n\u001b[2J\u2028CEF:0|")}`);
      const { size } = scene.database;
      for (const format of ["json", "cef", "ocsf"]) {
        const key = `@${scene.home.at("auditor", "log.vkey")}`;
        const { stdout, code } = await scene.auditor("export", "--key", key, "--format", format);
        expect(code).toBe(0);
        const lines = stdout.trimEnd().split("\n");
        expect(lines.length).toBeGreaterThanOrEqual(size);
        expect(/[\p{Cc}\u2028]/u.test(stdout.replaceAll("\n", ""))).toBe(false);
      }
    });

    it("takes a flood of strangers, and loses nothing", async () => {
      const strangers = Array.from(
        { length: 300 },
        async () => (await scene.server.call("/api/v1/accounts")).status,
      );
      const statuses = new Set(await Promise.all(strangers));
      expect([...statuses].every((status) => status === 401 || status === 429)).toBe(true);
      expect((await scene.call("GET", "/accounts")).status).toBe(200);
      // Who was refused so often from here waits a minute, or for a server that has forgotten it.
      await scene.server.stop();
      await scene.restart();
      expect(await scene.found()).toEqual([]);
    });

    it("keeps what was acknowledged when the server is killed, and tells what was begun and never ended", async () => {
      let acknowledged = 0;
      const calls = Array.from({ length: 15 }, async (_, at) => {
        const body = { name: `token ${at}`, permissions: ["images.read"], scope: {} };
        const { status } = await scene.call("POST", "/session/tokens", body);
        if (status === 200) acknowledged += 1;
      });
      // A receiver that takes the message and never answers: what was begun then cannot end.
      const silent = createServer().listen(0, "127.0.0.1");
      await once(silent, "listening");
      const address = silent.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const settings = { url: `http://127.0.0.1:${port}/`, allowPlainHttp: true, secret: "0123456789abcdef" };
      const channel = { kind: "webhook", name: "silent", enabled: true, settings };
      expect((await scene.call("PUT", "/channels/silent", channel)).status).toBe(200);
      const all = Promise.allSettled([...calls, scene.call("POST", "/channels/silent/test")]);
      await until(
        "it is begun",
        20_000,
        () => acknowledged > 0 && scene.database.openCalls("testChannel") > 0,
      );
      await scene.server.stop("SIGKILL");
      await all;
      silent.close();
      await scene.restart();
      expect(await scene.found()).toEqual([]);
      const done = await scene.call("GET", "/audit?text=createToken&limit=200");
      const items: { stage: string; outcome: string | null }[] = Object(done.json).items;
      const succeeded = items.filter(({ stage, outcome }) => stage === "outcome" && outcome === "success");
      expect(succeeded.length).toBeGreaterThanOrEqual(acknowledged);
      // Where servers share the store, it is somebody else's call for as long as its server may live.
      await until("it is told", 90_000, async () => {
        const { json } = await scene.call("GET", "/audit/status");
        return Number(json.unfinished) > 0;
      });
      const attention = await scene.call("GET", "/attention");
      expect(attention.text).toContain("audit-problem");
    });

    it("does not go on with a backup that was restored, and the witness refuses it", async () => {
      scene.database.keep("old");
      await scene.act(20);
      expect(await scene.found("--save", scene.home.at("auditor", "kept.checkpoint"))).toEqual([]);
      await scene.server.stop();
      scene.database.setBack("old");
      await expect(scene.server.start()).rejects.toThrow(/the log had \d+ entries, and now has \d+/u);
      // Whoever has the machine as well takes away what the server remembers.
      renameSync(scene.audit("checkpoint"), scene.audit("checkpoint.old"));
      await scene.restart();
      const { found, size } = await scene.looked("--earlier", scene.home.at("auditor", "kept.checkpoint"));
      expect(found).toEqual([["log-shortened", size]]);
      const { json } = await scene.call("GET", "/audit/status");
      expect(json.witnesses).toMatchObject([{ state: "refuses" }]);
    });

    it("is found out to show two histories", async () => {
      await scene.act(30);
      const kept = readFileSync(scene.home.at("auditor", "kept.checkpoint"), "utf8");
      const size = Number(kept.split("\n")[1]);
      const found = await scene.found("--earlier", scene.home.at("auditor", "kept.checkpoint"));
      expect(found).toEqual([["history-changed", size - 1]]);
    });

    it("is not trusted with another key", async () => {
      await scene.server.stop();
      rmSync(scene.audit("key.pem"));
      await scene.restart();
      const before = scene.database.size;
      const { found, size } = await scene.looked();
      expect(size).toBeGreaterThanOrEqual(before);
      expect(found).toEqual([["checkpoint-untrusted", size]]);
    });
  },
);

describe.skipIf(rootMissing !== undefined)("a disk that is full", () => {
  it("lets nothing happen that cannot be recorded, and loses nothing", async () => {
    using home = new CommandHome();
    const disk = home.at("server");
    mkdirSync(disk);
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]).status).toBe(0);
    try {
      await using server = await new ServerProcess(home, "server").start();
      const cookie = await server.signIn(PASSWORD);
      const make = async (name: string) => {
        const body = { name, permissions: ["images.read"], scope: {} };
        return (await server.api(cookie, "POST", "/session/tokens", { body })).status;
      };
      expect(await make("before")).toBe(200);
      spawnSync("dd", ["if=/dev/zero", `of=${home.at("server", "ballast")}`, "bs=64k"]);
      const refused: number[] = [];
      for (let at = 0; at < 20; at += 1) refused.push(await make(`while full ${at}`));
      expect(refused.at(-1)).toBe(507);
      rmSync(home.at("server", "ballast"));
      expect(await make("after")).toBe(200);
      const listed = await server.api(cookie, "GET", "/session/tokens");
      const names: string[] = Object(listed.json).items.map(({ name }: { name: string }) => name);
      expect(names).toContain("after");
      const made = names.filter((name) => name.startsWith("while full")).length;
      const acknowledged = refused.filter((status) => status === 200).length;
      // One may have been made and refused all the same: its intent is on record, its outcome found no room.
      expect([acknowledged, acknowledged + 1]).toContain(made);
      await server.stop();
    } finally {
      spawnSync("umount", ["-l", disk]);
    }
  });
});
