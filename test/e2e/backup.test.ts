import { cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandHome } from "./command.ts";
import { ServerProcess } from "./server-process.ts";

const PASSWORD = "kettle-orbit-velvet-47";

describe("a server that is saved and restored", () => {
  let home: CommandHome;
  let first: ServerProcess;
  let restored: ServerProcess;
  let cookie: string;
  let file: string;

  const signIn = async (server: ServerProcess) =>
    await server.call("/api/v1/session/password", {
      method: "POST",
      headers: { origin: server.url },
      body: { login: "admin", password: PASSWORD },
    });
  const keyOf = (server: ServerProcess) => `${server.data}/server/keys`;

  beforeAll(async () => {
    home = new CommandHome();
    file = home.at("backup");
    first = await new ServerProcess(home, "first").start();
    restored = new ServerProcess(home, "restored");
    cookie = await first.signIn(PASSWORD);
    const settings = { url: "https://hooks.example/services/x" };
    const body = { kind: "slack", name: "Operations", enabled: false, settings };
    expect((await first.api(cookie, "PUT", "/channels/ops", { body })).status).toBe(200);
  });

  afterAll(async () => {
    await first?.[Symbol.asyncDispose]();
    await restored?.[Symbol.asyncDispose]();
    home?.[Symbol.dispose]();
  });

  it("is saved while it works, for its owner alone", async () => {
    const { code, stdout, stderr } = await first.command(["server", "backup", "--output", file, "--json"]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("keep that key, and apart from the backup")]);
    expect(JSON.parse(stdout)).toMatchObject({ file, sealed: true });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file).includes("Operations")).toBe(false);
  });

  it("is not restored without its key, over itself, or from half a backup", async () => {
    const keyless = await restored.command(["server", "restore", file]);
    expect([keyless.code, keyless.stderr]).toEqual([1, expect.stringContaining("put the key back")]);
    const over = await first.command(["server", "restore", file]);
    expect([over.code, over.stderr]).toEqual([1, expect.stringContaining("the store is not empty")]);
    mkdirSync(keyOf(restored), { recursive: true, mode: 0o700 });
    cpSync(keyOf(first), keyOf(restored), { recursive: true });
    writeFileSync(home.at("half"), readFileSync(file).subarray(0, -100));
    const half = await restored.command(["server", "restore", home.at("half")]);
    expect([half.code, half.stderr]).toEqual([1, expect.stringMatching(/not what was sealed|ends within/u)]);
  });

  it("is whole again with its key: people sign in anew, and channels have their secrets", async () => {
    const { code, stderr } = await restored.command(["server", "restore", file]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("people sign in anew")]);
    await restored.start();
    expect((await restored.api(cookie, "GET", "/session")).status).toBe(401);
    const again = await signIn(restored);
    expect(again.status).toBe(200);
    const session = again.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    const channels = await restored.api(session, "GET", "/channels");
    expect(channels.json).toMatchObject({ items: [{ id: "ops", name: "Operations", secrets: ["url"] }] });
    const rotated = await restored.command(["server", "keys", "rotate", "--json"]);
    const purposes: readonly { readonly purpose: string; readonly report: object }[] = JSON.parse(
      rotated.stdout,
    ).purposes;
    expect(purposes.find(({ purpose }) => purpose === "channels")?.report).toMatchObject({
      resealed: 1,
      failed: 0,
    });
  });

  it("has a new outermost key when it is told to, and starts with it", async () => {
    const plan = await restored.command(["server", "keys", "rotate", "--kek", "--plan"]);
    expect([plan.code, plan.stderr]).toEqual([0, expect.stringContaining("would be wrapped")]);
    const before = readFileSync(`${keyOf(restored)}/kek`, "utf8");
    expect((await restored.command(["server", "keys", "rotate", "--kek"])).code).toBe(0);
    expect(readFileSync(`${keyOf(restored)}/kek`, "utf8")).not.toBe(before);
    await restored.stop();
    await restored.start();
    expect((await signIn(restored)).status).toBe(200);
    const { stdout } = await restored.command(["server", "keys", "status", "--json"]);
    const keys: readonly { readonly isCurrent: boolean }[] = JSON.parse(stdout).keys;
    expect(keys.every(({ isCurrent }) => isCurrent)).toBe(true);
  });
});
