import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { openStore, type StoreOptions } from "@pratique/store";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { channelSecrets } from "../notifications/channel-secrets.ts";
import {
  type Installation,
  keyStatus,
  rotateInstallationKek,
  rotateInstallationKeys,
  withSealing,
} from "./installation.ts";

const DAY_MS = 86_400_000;
const SECRETS = { url: "https://hooks.example/canary" };

let directory: TempDirectory;
let nowMs: number;
let installation: Installation;
let kek: string;

async function putChannels(count: number): Promise<void> {
  await withSealing(installation, async ({ sealer }, store) => {
    for (let index = 0; index < count; index += 1) {
      const id = `channel-${String(index).padStart(4, "0")}`;
      await store.settings.channels.put({
        id,
        kind: "slack",
        name: id,
        enabled: true,
        settings: {},
        sealedSecrets: await channelSecrets.seal(sealer, id, SECRETS),
        secretNames: ["url"],
      });
    }
  });
}

/** Opens every secret that there is, and gives the keys that they are sealed under. */
async function keysInUse(): Promise<readonly string[]> {
  return await withSealing(installation, async ({ sealer }, store) => {
    const used = new Set<string>();
    for (const channel of await store.settings.channels.list()) {
      expect(await channelSecrets.open(sealer, channel)).toEqual(SECRETS);
      used.add(channel.sealedSecrets?.split(":")[1] ?? "");
    }
    return [...used];
  });
}

beforeEach(() => {
  directory = tempDirectory();
  nowMs = Date.UTC(2026, 10, 25);
  kek = directory.at("keys", "kek");
  const database: StoreOptions = { file: directory.at("store.sqlite") };
  installation = { directory: directory.path, database, now: () => nowMs };
});

afterEach(() => directory[Symbol.dispose]());

describe("data keys", () => {
  const purposeOf = <Each extends { readonly purpose: string }>(all: readonly Each[]) =>
    all.find(({ purpose }) => purpose === "channels");

  it("are changed, and what is sealed moves over; the old ones go after a day", async () => {
    await putChannels(3);
    const [before] = await keysInUse();
    const [planned] = [purposeOf(await rotateInstallationKeys(installation, { plan: true }))];
    expect(planned).toMatchObject({ begun: "new", report: { plan: true } });
    expect(await keysInUse()).toEqual([before]);
    const rotated = purposeOf(await rotateInstallationKeys(installation, { plan: false }));
    expect(rotated).toMatchObject({
      begun: "new",
      report: { resealed: 3, failed: 0, kept: [{ keyId: before, references: 0 }] },
    });
    const [after] = await keysInUse();
    expect(after).not.toBe(before);
    nowMs += 2 * DAY_MS;
    const next = purposeOf(await rotateInstallationKeys(installation, { plan: false }));
    expect(next?.report.retired).toContain(before);
    const states = (await keyStatus(installation)).filter(({ purpose }) => purpose === "channels");
    expect(states.map(({ state }) => state)).toEqual(
      expect.arrayContaining(["retired", "retiring", "active"]),
    );
  });

  it("go on where they were stopped, without a further key", async () => {
    await putChannels(250);
    const ending = new AbortController();
    const stopped = rotateInstallationKeys(installation, {
      plan: false,
      signal: ending.signal,
      onProgress: (purpose) => {
        if (purpose === "channels") ending.abort(new Error("stopped half-way"));
      },
    });
    await expect(stopped).rejects.toThrow("stopped half-way");
    expect(await keysInUse()).toHaveLength(2);
    const rotated = purposeOf(await rotateInstallationKeys(installation, { plan: false }));
    expect(rotated).toMatchObject({ begun: "continued", report: { resealed: 150, current: 100 } });
    expect(await keysInUse()).toHaveLength(1);
    const keys = (await keyStatus(installation)).filter(({ purpose }) => purpose === "channels");
    expect(keys).toHaveLength(2);
  });
});

describe("the outermost key", () => {
  it("is changed for a new one in its place, and the old one is kept beside it", async () => {
    await putChannels(1);
    const wrappedBy = async () => new Set((await keyStatus(installation)).map((key) => key.wrappedBy));
    const before = await wrappedBy();
    const plan = await rotateInstallationKek(installation, true);
    expect(plan.rotation).toMatchObject({
      plan: true,
      rewrapped: expect.arrayContaining([expect.stringMatching(/^channels/u)]),
    });
    expect(await wrappedBy()).toEqual(before);
    expect(existsSync(`${kek}.next`)).toBe(false);
    const { rotation, formerFile } = await rotateInstallationKek(installation, false);
    expect(rotation.rewrapped).toHaveLength(2);
    expect(formerFile).toBe(`${kek}.former`);
    rmSync(`${kek}.former`);
    expect(await keysInUse()).toHaveLength(1);
    expect((await keyStatus(installation)).every(({ isCurrent }) => isCurrent)).toBe(true);
  });

  it("is not changed again while the one before lies beside it, which would be lost", async () => {
    await putChannels(1);
    const first = readFileSync(kek, "utf8");
    await rotateInstallationKek(installation, false);
    const second = readFileSync(kek, "utf8");
    for (const plan of [true, false]) {
      const again = await rotateInstallationKek(installation, plan);
      expect(again).toMatchObject({ isNewKey: false, rotation: { rewrapped: [] } });
      expect(again.rotation.already).toHaveLength(2);
    }
    expect(readFileSync(kek, "utf8")).toBe(second);
    expect(readFileSync(`${kek}.former`, "utf8")).toBe(first);
    rmSync(`${kek}.former`);
    expect(await rotateInstallationKek(installation, false)).toMatchObject({ isNewKey: true });
    expect(readFileSync(`${kek}.former`, "utf8")).toBe(second);
  });

  it("opens what a change left that was killed at any of its steps, and comes to its end", async () => {
    await putChannels(1);
    await rotateInstallationKek(installation, false);
    // As it lies between the two renames.
    renameSync(kek, `${kek}.next`);
    expect(await keysInUse()).toHaveLength(1);
    await rotateInstallationKek(installation, false);
    expect([existsSync(kek), existsSync(`${kek}.next`)]).toEqual([true, false]);
    // As it lies before them: all is wrapped under the key that is not in its place yet.
    renameSync(kek, `${kek}.next`);
    renameSync(`${kek}.former`, kek);
    expect(await keysInUse()).toHaveLength(1);
    await rotateInstallationKek(installation, false);
    rmSync(`${kek}.former`);
    expect(await keysInUse()).toHaveLength(1);
  });

  it("moves to a passphrase, with the file named as the former one", async () => {
    await putChannels(1);
    writeFileSync(directory.at("passphrase"), "correct horse battery\n", { mode: 0o440 });
    const passphrase = {
      kind: "passphrase" as const,
      passphraseFile: directory.at("passphrase"),
      parametersFile: directory.at("keys", "passphrase.json"),
    };
    const former = [{ kind: "file" as const, file: kek }];
    installation = { ...installation, keys: { current: passphrase, former } };
    expect((await rotateInstallationKek(installation, false)).rotation.rewrapped).toHaveLength(2);
    rmSync(kek);
    installation = { ...installation, keys: { current: passphrase } };
    expect(await keysInUse()).toHaveLength(1);
    writeFileSync(directory.at("passphrase"), "wrong horse battery\n");
    await expect(keyStatus(installation)).rejects.toMatchObject({ code: "KEY_WRONG" });
  }, 30_000);

  it("is not made anew when it is lost, and no other one will do", async () => {
    await putChannels(1);
    renameSync(kek, `${kek}.away`);
    await expect(keyStatus(installation)).rejects.toMatchObject({ code: "KEY_PROVIDER_UNAVAILABLE" });
    expect(existsSync(kek)).toBe(false);
    const other = { kind: "file" as const, file: directory.at("other") };
    writeFileSync(other.file, `${Buffer.alloc(32, 7).toString("base64")}\n`, { mode: 0o400 });
    await expect(keyStatus({ ...installation, keys: { current: other } })).rejects.toMatchObject({
      code: "KEY_WRONG",
    });
  });

  it("is there from the first start on, so that a second server with a key of its own hears of it", async () => {
    await keyStatus(installation);
    const store = await openStore(installation.database);
    expect(await store.settings.keyRecords.list()).toMatchObject([{ purpose: "backup", state: "active" }]);
    await store.close();
    const second = { ...installation, directory: directory.at("second") };
    await expect(keyStatus(second)).rejects.toMatchObject({ code: "KEY_PROVIDER_UNAVAILABLE" });
  });
});
