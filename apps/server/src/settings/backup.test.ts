import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { openStore, type StoreOptions } from "@pratique/store";
import {
  findCanary,
  postgresUnavailable,
  sharedPostgres,
  type TempDirectory,
  tempDirectory,
} from "@pratique/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { channelSecrets } from "../notifications/channel-secrets.ts";
import { type Installation, rotateInstallationKek, withSealing } from "../sealing/installation.ts";
import { sampleReport } from "../testdata/samples.ts";
import { backUp, restore } from "./backup.ts";

const CANARY = "canary-reference.example/shop";
const SECRETS = { url: "https://hooks.example/canary" };

let directory: TempDirectory;
let installation: Installation;
let file: string;

function installationAt(name: string, database?: StoreOptions): Installation {
  mkdirSync(directory.at(name), { recursive: true });
  const own = { file: directory.at(name, "store.sqlite") };
  return { directory: directory.at(name), database: database ?? own, now: () => Date.UTC(2026, 10, 25) };
}

/** Another machine to which the key was brought. */
function elsewhere(name = "elsewhere", database?: StoreOptions): Installation {
  const made = installationAt(name, database);
  mkdirSync(directory.at(name, "keys"), { recursive: true });
  copyFileSync(directory.at("first", "keys", "kek"), directory.at(name, "keys", "kek"));
  return made;
}

async function contentsOf(of: Installation) {
  return await withSealing(of, async ({ sealer }, store) => {
    const [channel] = await store.settings.channels.list();
    const images = await store.changes.since(0, 10);
    return {
      secrets: channel === undefined ? undefined : await channelSecrets.open(sealer, channel),
      images: images.changes.map(({ subject }) => subject),
      launches: await store.jobs.list({ limit: 10 }),
    };
  });
}

beforeEach(async () => {
  directory = tempDirectory();
  installation = installationAt("first");
  file = directory.at("backup");
  await withSealing(installation, async ({ sealer }, store) => {
    const report = sampleReport(CANARY);
    if (report.target.imageId !== undefined) await store.images.put(report.target.imageId, report);
    await store.settings.channels.put({
      id: "ops",
      kind: "slack",
      name: "Operations",
      enabled: true,
      settings: {},
      sealedSecrets: await channelSecrets.seal(sealer, "ops", SECRETS),
      secretNames: ["url"],
    });
  });
});

afterEach(() => directory[Symbol.dispose]());

describe("a sealed backup", () => {
  it("shows nothing of what is in it, and is whole again elsewhere with the key", async () => {
    const summary = await backUp(installation, { file, sealed: true });
    expect(summary).toMatchObject({ sealed: true, openedBy: [expect.stringMatching(/^file:/u)] });
    mkdirSync(directory.at("saved"));
    copyFileSync(file, directory.at("saved", "backup"));
    expect(await findCanary([directory.at("saved")], CANARY)).toEqual([]);
    const other = elsewhere();
    expect(await restore(other, file)).toEqual(summary);
    expect(await contentsOf(other)).toEqual(await contentsOf(installation));
    expect(readdirSync(directory.path)).not.toContain("backup.part");
  });

  it("is not read into a store that is in use", async () => {
    await backUp(installation, { file, sealed: true });
    await expect(restore(installation, file)).rejects.toMatchObject({ code: "STORE_NOT_EMPTY" });
    expect((await contentsOf(installation)).secrets).toEqual(SECRETS);
  });

  it("does not open without the key, and makes none", async () => {
    await backUp(installation, { file, sealed: true });
    const other = installationAt("elsewhere");
    await expect(restore(other, file)).rejects.toMatchObject({ code: "KEY_PROVIDER_UNAVAILABLE" });
    expect(existsSync(directory.at("elsewhere", "keys", "kek"))).toBe(false);
  });

  it("opens with the key of its day after that was changed", async () => {
    await backUp(installation, { file, sealed: true });
    await rotateInstallationKek(installation, false);
    const other = elsewhere();
    await expect(restore(other, file)).rejects.toMatchObject({ code: "KEY_WRONG" });
    const former = directory.at("first", "keys", "kek.former");
    copyFileSync(former, directory.at("elsewhere", "keys", "kek.former"));
    await restore(other, file);
    expect((await contentsOf(other)).secrets).toEqual(SECRETS);
  });

  it.each([
    [
      "a byte is another one",
      (bytes: Buffer) => bytes.fill((bytes.at(-40) ?? 0) ^ 1, bytes.length - 40, bytes.length - 39),
      "SEAL_TAMPERED",
    ],
    ["its end is cut off", (bytes: Buffer) => bytes.subarray(0, -5), "SEAL_TAMPERED"],
    [
      "its header is another one",
      (bytes: Buffer) =>
        Buffer.from(bytes.toString("latin1").replace(/"createdAt":"2026/u, '"createdAt":"2025'), "latin1"),
      "SEAL_TAMPERED",
    ],
    ["it has no header", (bytes: Buffer) => bytes.subarray(10), "BACKUP_MALFORMED"],
    ["it is empty", () => Buffer.alloc(0), "BACKUP_MALFORMED"],
    ["it is something else", () => Buffer.from("pratique-backup/1 {}\n"), "BACKUP_MALFORMED"],
  ])("is refused when %s, and leaves the store empty", async (_, change, code) => {
    await backUp(installation, { file, sealed: true });
    const good = readFileSync(file);
    writeFileSync(file, change(Buffer.from(good)));
    const other = elsewhere();
    await expect(restore(other, file)).rejects.toMatchObject({ code });
    writeFileSync(file, good);
    await restore(other, file);
    expect((await contentsOf(other)).secrets).toEqual(SECRETS);
  });
});

describe("a plain backup", () => {
  it("needs no key to be read, though the secrets in it do", async () => {
    expect(await backUp(installation, { file, sealed: false })).toMatchObject({
      sealed: false,
      openedBy: [],
    });
    await restore(installationAt("keyless"), file);
    const store = await openStore(installationAt("keyless").database);
    expect(await store.settings.channels.list()).toMatchObject([{ id: "ops" }]);
    await store.close();
  });

  it("is refused when its end is missing", async () => {
    await backUp(installation, { file, sealed: false });
    writeFileSync(file, readFileSync(file).subarray(0, -20));
    await expect(restore(elsewhere(), file)).rejects.toMatchObject({ code: "BACKUP_MALFORMED" });
  });
});

describe.skipIf(postgresUnavailable() !== undefined)(`on PostgreSQL ${postgresUnavailable() ?? ""}`, () => {
  it("is read what was saved from a file, and the other way round", async () => {
    const cluster = await sharedPostgres();
    const url = await cluster.createDatabase();
    await backUp(installation, { file, sealed: true });
    const shared = elsewhere("shared", { postgres: url });
    await restore(shared, file);
    expect((await contentsOf(shared)).secrets).toEqual(SECRETS);
    await backUp(shared, { file: directory.at("back"), sealed: true });
    const other = elsewhere("again");
    await restore(other, directory.at("back"));
    expect(await contentsOf(other)).toEqual(await contentsOf(installation));
    await cluster.execute(`drop database ${new URL(url).pathname.slice(1)} with (force)`);
  }, 30_000);
});
