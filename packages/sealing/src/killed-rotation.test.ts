import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { KeyRing } from "./key-ring.ts";
import { openFileKey } from "./providers/file/file.ts";
import { Sealer } from "./sealer.ts";
import { FileKeyStore } from "./testdata/file-key-store.ts";

const SCRIPT = fileURLToPath(new URL("testdata/killed-rotation.ts", import.meta.url));
const context = { table: "channels", column: "secret", rowId: "1" };
const now = () => new Date(0);

it.each([1, 2, 3])(
  "opens everything, and ends the rotation, after a process was killed at step %i",
  async (steps) => {
    using directory = tempDirectory();
    const [records, oldFile, newFile] = [directory.at("keys.json"), directory.at("old"), directory.at("new")];
    const store = new FileKeyStore(records);
    using old = await openFileKey({ file: oldFile });
    using before = await KeyRing.open({ store, provider: old, now });
    const sealed: string[] = [];
    for (const purpose of ["oidc", "tokens"]) {
      sealed.push(await new Sealer({ keys: before }).seal(purpose, context, purpose));
    }
    const { signal } = spawnSync(process.execPath, [SCRIPT, records, oldFile, newFile, String(steps)]);
    expect(signal).toBe("SIGKILL");
    using young = await openFileKey({ file: newFile, mayCreate: false });
    using after = await KeyRing.open({ store, provider: young, former: [old], now });
    const rotation = await after.rotateKek(young);
    expect([rotation.already.length, rotation.rewrapped.length]).toEqual(steps < 2 ? [0, 2] : [1, 1]);
    using alone = await KeyRing.open({ store, provider: young, now });
    const sealer = new Sealer({ keys: alone });
    expect(String(await sealer.open("oidc", context, sealed[0] ?? ""))).toBe("oidc");
    expect(String(await sealer.open("tokens", context, sealed[1] ?? ""))).toBe("tokens");
    expect(readdirSync(directory.path).sort()).toEqual(["keys.json", "new", "old"]);
  },
);
