import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BundleDetails } from "./container-details.ts";
import { readStorageRecord } from "./storage-record.ts";

const id = "07dcb6162374b60076f087c405d7fb40bd8cd8d65a50c9aa1659de6386fb295a";
const image = "c6538a472d677c61ee8b7cbb6b396822e67d28e68f62ffcfde392050718f3ebf";

/** As Podman 5.4 writes it. */
const entry = {
  id,
  names: ["pod4"],
  image,
  metadata: `{"image-name":"localhost/shop:1","image-id":"${image}","name":"pod4","created-at":1795724332}`,
  flags: { Volatile: true },
};
const known = { name: "pod4", image: "localhost/shop:1", imageId: `sha256:${image}` };

describe("readStorageRecord", () => {
  let root = "";

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "storage-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  const write = (name: string, content: unknown) =>
    writeFile(path.join(root, name), typeof content === "string" ? content : JSON.stringify(content));

  it.each(["containers.json", "volatile-containers.json"])("finds a container in %s", async (name) => {
    await write(name, [{ id: "f".repeat(64) }, entry]);
    expect(readStorageRecord(root, id)).toEqual(known);
  });

  it.each([
    ["is not there", undefined],
    ["is half written", '[{"id":"07dc'],
    ["is of another form", { containers: [entry] }],
    ["has none of its name", [{ ...entry, names: null, metadata: "" }]],
  ])("knows nothing by an index that %s", async (_, content) => {
    if (content !== undefined) await write("containers.json", content);
    expect(readStorageRecord(root, id)).toBeUndefined();
  });

  it("tells the name where the metadata is somebody else's", async () => {
    await write("containers.json", [{ ...entry, metadata: '{"image-id":"../x"}' }]);
    expect(readStorageRecord(root, id)).toEqual({ name: "pod4", image: "", imageId: undefined });
  });

  it("names what the bundle beside it leaves out", async () => {
    await write("containers.json", [entry]);
    await mkdir(path.join(root, id, "userdata"), { recursive: true });
    await write(`${id}/userdata/config.json`, { ociVersion: "1.2.0", annotations: {} });
    const details = new BundleDetails({ directories: [path.join(root, "ID/userdata")] });
    const found = await details.describe({ id, runtime: "podman" }, AbortSignal.timeout(60_000));
    expect(found).toMatchObject({ ...known, runtime: "podman", described: true });
  });
});
