import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { postgresUnavailable, startPostgres } from "./postgres.ts";

const unavailable = postgresUnavailable();

describe.skipIf(unavailable !== undefined)(`a private PostgreSQL ${unavailable ?? ""}`, () => {
  it("makes empty databases, and leaves nothing when it is disposed of", async () => {
    const cluster = await startPostgres();
    const first = new URL(await cluster.createDatabase());
    const second = new URL(await cluster.createDatabase());
    expect(first.pathname).not.toBe(second.pathname);
    const directory = first.searchParams.get("host") ?? "";
    expect(existsSync(directory)).toBe(true);
    await cluster[Symbol.asyncDispose]();
    expect(existsSync(directory)).toBe(false);
  });

  it("keeps what was stored when it is stopped and when it crashes", async () => {
    const cluster = await startPostgres({ fsync: true });
    cluster.execute("create table kept (n int)");
    await cluster.crash();
    cluster.execute("insert into kept values (1)");
    await cluster.stop();
    expect(() => cluster.execute("select * from kept")).toThrow("psql");
    await cluster.start();
    cluster.execute("select 1 / (select count(*) from kept)");
    await cluster[Symbol.asyncDispose]();
  });

  it("ends with the process that started it, and takes its data along", async () => {
    const program = `
      const { startPostgres } = await import(${JSON.stringify(new URL("postgres.ts", import.meta.url).href)});
      const cluster = await startPostgres();
      console.log(new URL(await cluster.createDatabase()).searchParams.get("host"));
      process.kill(process.pid, "SIGKILL");`;
    let output = "";
    try {
      execFileSync(process.execPath, ["--input-type=module", "-e", program], {
        stdio: ["ignore", "pipe", "ignore"],
      });
    } catch (thrown) {
      // It kills itself: that is the point. What it said before comes with the error.
      output = thrown instanceof Error && "stdout" in thrown ? String(thrown.stdout).trim() : "";
    }
    expect(output).toContain("pratique-postgres-");
    for (let attempt = 0; existsSync(output) && attempt < 200; attempt += 1) execFileSync("sleep", ["0.05"]);
    expect(existsSync(output)).toBe(false);
  });
});
