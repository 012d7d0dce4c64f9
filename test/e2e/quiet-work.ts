import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { debianRoot, type RootRecipe } from "../../scripts/bench/debootstrap.ts";
import { type PrivateEngine, succeed } from "./private-engine.ts";
import { built, DEBIAN, quietImages, source } from "./quiet-images.ts";

const quietRoot: RootRecipe = {
  name: "quiet",
  packages: [
    "nginx",
    "postgresql",
    "gcc",
    "make",
    "libc6-dev",
    "sqlite3",
    "curl",
    "ca-certificates",
    "procps",
    "logrotate",
    "openssl",
    "python3",
    "cron",
    "git",
    "gosu",
    "redis-server",
    "supervisor",
  ],
};

/** The services are restarted in the second round, and each so many rounds from then on. */
const ROUNDS_TO_RESTART = 6;
const READY_TRIES = 240;

/**
 * What an ordinary host does all day, on one engine, from a Debian root: nginx and Node serve, PostgreSQL and SQLite
 * keep, gcc and make build, images are made, and people and timers do what they do beside it.
 */
export class QuietWork {
  readonly #engine: PrivateEngine;
  #source = "";
  #rounds = 0;

  constructor(engine: PrivateEngine) {
    this.#engine = engine;
  }

  get rounds(): number {
    return this.#rounds;
  }

  /** Makes the images. Takes minutes where the root has not been built on this machine. */
  async prepare(): Promise<void> {
    await this.#engine.imageFromRoot(await debianRoot(quietRoot), DEBIAN);
    for (const { reference, files } of quietImages) {
      const context = await this.#write(files);
      if (files["server.js"] !== undefined) await cp(process.execPath, path.join(context, "node"));
      await this.#docker("build", "--network=none", "-t", reference, context);
      await rm(context, { recursive: true });
    }
    this.#source = await this.#write(source);
  }

  /** Starts what serves. */
  async start(): Promise<void> {
    const run = (name: string, ...args: readonly string[]) =>
      this.#docker("run", "-d", "--name", name, "--restart=unless-stopped", ...args);
    await run("db", "--network=none", "-v", "quiet-data:/data", "--shm-size=128m", "quiet/db:1");
    await run(
      "app",
      "--network=none",
      "--read-only",
      "--tmpfs=/tmp",
      "-v",
      "quiet-app:/var/lib/app",
      "--init",
      "quiet/app:1",
    );
    await run("web", "--network=container:app", "quiet/web:1");
    await run("jobs", "--network=none", "quiet/jobs:1");
    for (const name of ["db", "app", "web", "jobs"]) await this.#healthy(name);
    await this.#once("db", "-u", "postgres", "quiet/db:1", "pgbench", "-q", "-i", "-h", "127.0.0.1", "shop");
  }

  /** One of each. Rejects where anything of it does not do its work. */
  async round(): Promise<void> {
    this.#rounds += 1;
    await this.#visit();
    await this.#keep();
    await this.#make();
    await this.#maintain();
    if (this.#rounds % ROUNDS_TO_RESTART === 2) await this.#restart();
  }

  /** Writes a program into a running container and runs it: what has to be told. */
  async misbehave(): Promise<void> {
    await this.#docker("exec", "web", "sh", "-c", "cp /bin/true /srv/dropped && /srv/dropped");
  }

  async #visit(): Promise<void> {
    const many = "for i in $(seq 60); do curl -sf -o /dev/null $0 || exit 1; done";
    for (const url of ["http://127.0.0.1/", "http://127.0.0.1/large.txt", "http://127.0.0.1/app/a"]) {
      await this.#once("web", DEBIAN, "sh", "-c", many, url);
    }
    await this.#once("web", DEBIAN, "curl", "-sf", "http://127.0.0.1/app/tool");
    await this.#once("none", "quiet/app:1", "sh", "-c", "node --run build && node --run test >/dev/null");
    await this.#once(
      "web",
      DEBIAN,
      "sh",
      "-c",
      'test "$(curl -s -o /dev/null -w "%{http_code}" http://127.0.0.1/no)" = 404',
    );
  }

  async #keep(): Promise<void> {
    const connected = ["-h", "127.0.0.1"];
    await this.#once(
      "db",
      "-u",
      "postgres",
      "quiet/db:1",
      "pgbench",
      "-n",
      "-c4",
      "-j2",
      "-T3",
      ...connected,
      "shop",
    );
    const psql = ["psql", "-q", ...connected, "-U", "postgres", "shop", "-c"];
    await this.#once(
      "db",
      "quiet/db:1",
      ...psql,
      "INSERT INTO orders (note) SELECT md5(random()::text) FROM generate_series(1, 500)",
    );
    await this.#docker(
      "exec",
      "-u",
      "postgres",
      "db",
      "sh",
      "-c",
      "pg_dump shop | gzip >/data/shop.sql.gz.new && mv /data/shop.sql.gz.new /data/shop.sql.gz",
    );
    await this.#docker("exec", "-u", "postgres", "db", "psql", "-q", "shop", "-c", "VACUUM ANALYZE");
    const sqlite =
      "sqlite3 /d/x.sqlite 'CREATE TABLE IF NOT EXISTS t (x); INSERT INTO t VALUES (1); PRAGMA integrity_check' && cp /d/x.sqlite /d/y.sqlite";
    await this.#once("none", "-v", "quiet-sqlite:/d", DEBIAN, "sh", "-c", sqlite);
  }

  async #make(): Promise<void> {
    const make = [
      "-v",
      `${this.#source}:/src`,
      "-w",
      "/src",
      DEBIAN,
      "make",
      "-s",
      "clean",
      "all",
      "check",
      "dist",
    ];
    await this.#once("none", ...make);
    const context = await this.#write({ ...source, Dockerfile: built });
    const round = `--build-arg=round=${this.#rounds}`;
    await this.#docker("build", "--network=none", "--no-cache", round, "-t", "quiet/built:1", context);
    await rm(context, { recursive: true });
    await this.#once("none", "quiet/built:1");
    await this.#docker("image", "prune", "-f");
  }

  async #maintain(): Promise<void> {
    await this.#docker("exec", "web", "sh", "-c", "nginx -t -q && nginx -s reload");
    await this.#docker("exec", "web", "logrotate", "-f", "/etc/logrotate.d/nginx");
    await this.#docker("exec", "web", "ps", "-ef");
    await this.#docker(
      "exec",
      "jobs",
      "sh",
      "-c",
      "redis-cli set round $0 && redis-cli bgsave && supervisorctl status",
      String(this.#rounds),
    );
    await this.#docker("exec", "jobs", "/usr/local/bin/job.sh");
    await this.#docker("cp", "web:/etc/nginx/nginx.conf", "-");
    await this.#docker("logs", "--tail=5", "db");
    await this.#docker("top", "app");
    const backup =
      "tar czf /tmp/data.tgz -C /data shop.sql.gz && openssl dgst -sha256 /tmp/data.tgz && gzip -t /tmp/data.tgz";
    await this.#once("none", "-v", "quiet-data:/data:ro", DEBIAN, "sh", "-c", backup);
    const batch =
      "import json, sqlite3, pathlib; pathlib.Path('/tmp/x').write_text(json.dumps([1])); sqlite3.connect('/tmp/y').execute('create table t (x)')";
    await this.#once(
      "none",
      "-u",
      "1000:1000",
      "--cap-drop=ALL",
      "--security-opt=no-new-privileges",
      DEBIAN,
      "python3",
      "-c",
      batch,
    );
  }

  async #restart(): Promise<void> {
    await this.#docker("pause", "web");
    await this.#docker("unpause", "web");
    await this.#docker("restart", "db", "web", "jobs");
    for (const name of ["db", "web", "jobs"]) await this.#healthy(name);
  }

  /** A container that does one thing, beside another one or alone. */
  async #once(beside: string, ...args: readonly string[]): Promise<void> {
    const network = beside === "none" ? "none" : `container:${beside}`;
    await this.#docker("run", "--rm", `--network=${network}`, ...args);
  }

  async #healthy(name: string): Promise<void> {
    const state = ["inspect", "-f", "{{.State.Health.Status}}", name];
    for (let tries = 0; (await this.#docker(...state)) !== "healthy\n"; tries += 1) {
      if (tries > READY_TRIES)
        throw new Error(`${name} does not become healthy: ${await this.#docker("logs", name)}`);
      await sleep(250);
    }
  }

  async #write(files: Readonly<Record<string, string>>): Promise<string> {
    const directory = await mkdtemp(path.join(this.#engine.directory, "quiet-"));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
      await writeFile(path.join(directory, name), content);
    }
    return directory;
  }

  async #docker(...args: readonly string[]): Promise<string> {
    return succeed(await this.#engine.docker(args)).stdout;
  }
}
