import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BundleDetails, type ContainerDetails, FirstOfDetails } from "./container-details.ts";
import { undescribed } from "./sensor-container.ts";

const id = "d".repeat(64);
const identity = { id, runtime: "containerd" } as const;
const signal = AbortSignal.timeout(60_000);

describe("BundleDetails", () => {
  let root = "";
  let details: BundleDetails;

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "bundle-"));
    await mkdir(path.join(root, "second", id), { recursive: true });
    details = new BundleDetails({ directories: [path.join(root, "first/ID"), path.join(root, "second/ID")] });
  });

  afterEach(() => rm(root, { recursive: true }));

  const write = (text: string) => writeFile(path.join(root, "second", id, "config.json"), text);

  it("finds a bundle where its runtime keeps it", async () => {
    await write(JSON.stringify({ ociVersion: "1.0.2", annotations: { "nerdctl/name": "shop" } }));
    expect(await details.describe(identity, signal)).toMatchObject({
      name: "shop",
      runtime: "containerd",
      described: true,
    });
  });

  it("needs no turn of its thread, of which a busy one has few", async () => {
    await write(JSON.stringify({ ociVersion: "1.0.2", annotations: { "nerdctl/name": "shop" } }));
    const next = new Promise((resolve) => setImmediate(() => resolve("the next turn")));
    expect(await Promise.race([next, details.describe(identity, signal)])).toMatchObject({ name: "shop" });
  });

  it.each([
    ["half written", '{"ociVersion":"1.0'],
    ["of another kind", "{}"],
  ])("knows nothing by a file that is %s", async (_, text) => {
    await write(text);
    expect(await details.describe(identity, signal)).toBeUndefined();
  });

  it("makes no path of a name that somebody chose", async () => {
    await mkdir(path.join(root, "evil"));
    await writeFile(path.join(root, "evil/config.json"), JSON.stringify({ ociVersion: "1.0.2" }));
    const chosen = { id: "../evil", runtime: "lxc" } as const;
    expect(await details.describe(chosen, signal)).toBeUndefined();
  });
});

describe("FirstOfDetails", () => {
  const source = (name: string | undefined): ContainerDetails => ({
    describe: async (who) => (name === undefined ? undefined : { ...undescribed(who, 0), name }),
    accounts: async () => (name === undefined ? undefined : { passwd: name, group: undefined }),
  });
  const broken: ContainerDetails = { describe: () => Promise.reject(new Error("no engine")) };

  it("asks until one knows, and is not stopped by one that cannot be asked", async () => {
    const first = new FirstOfDetails([broken, source(undefined), source("a"), source("b")]);
    expect((await first.describe(identity, signal))?.name).toBe("a");
    expect(await first.accounts(undescribed(identity, 0), signal)).toMatchObject({ passwd: "a" });
  });

  it("knows nothing where nobody does", async () => {
    expect(await new FirstOfDetails([broken]).describe(identity, signal)).toBeUndefined();
  });
});
