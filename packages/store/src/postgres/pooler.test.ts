import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { postgresUnavailable, sharedPostgres } from "@pratique/testkit";
import { describe, expect, it, vi } from "vitest";
import { openStore } from "../index.ts";

const PORT = 6432;
const unavailable =
  postgresUnavailable() ??
  (process.getuid?.() === 0 ? undefined : "(skipped: needs root)") ??
  (spawnSync("which", ["pgbouncer"]).status === 0 ? undefined : "(skipped: needs pgbouncer)");

/** A PgBouncer of our own before the PostgreSQL of the tests, by a Unix socket only. */
class Pooler implements AsyncDisposable {
  readonly directory: string;
  readonly #child: ChildProcess;

  constructor(cluster: string, more: Readonly<Record<string, string>>) {
    this.directory = mkdtempSync(path.join(tmpdir(), "pratique-pooler-"));
    chmodSync(this.directory, 0o777);
    const settings = {
      listen_addr: "",
      listen_port: String(PORT),
      unix_socket_dir: this.directory,
      auth_type: "any",
      ...more,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
    const file = path.join(this.directory, "pgbouncer.ini");
    const databases = `[databases]\n* = host=${cluster} user=postgres\n`;
    writeFileSync(file, `${databases}[pgbouncer]\n${lines.join("\n")}\n`);
    const as = ["--reuid=postgres", "--regid=postgres", "--clear-groups"];
    this.#child = spawn("setpriv", [...as, "pgbouncer", "-q", file], { stdio: "ignore" });
  }

  async ready(): Promise<void> {
    const socket = path.join(this.directory, `.s.PGSQL.${PORT}`);
    await vi.waitUntil(() => existsSync(socket), { timeout: 10_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

describe.skipIf(unavailable !== undefined)(`a connection pooler ${unavailable ?? ""}`, () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ["as it comes", {}],
    [
      "that was told to pass over what it does not know",
      {
        pool_mode: "transaction",
        ignore_startup_parameters:
          "statement_timeout, lock_timeout, idle_in_transaction_session_timeout, application_name",
      },
    ],
  ])("is not written through, %s, and the error says what to do", async (_, settings) => {
    const cluster = await sharedPostgres();
    await using pooler = new Pooler(cluster.directory, settings);
    await pooler.ready();
    const url = new URL(await cluster.createDatabase());
    url.port = String(PORT);
    url.searchParams.set("host", pooler.directory);
    await expect(openStore({ postgres: url.href })).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringContaining("is a connection pooler, which does not pass on"),
    });
  });
});
