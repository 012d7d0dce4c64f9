import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BundleDetails } from "./container-details.ts";
import { isContainerdName, taskOfCgroup } from "./containerd-task.ts";

describe("taskOfCgroup", () => {
  let tasks = "";

  beforeAll(async () => {
    tasks = await mkdtemp(path.join(tmpdir(), "tasks-"));
    await mkdir(path.join(tasks, "default/shop"), { recursive: true });
    await writeFile(path.join(tasks, "default/shop/config.json"), JSON.stringify({ ociVersion: "1.1.0" }));
  });
  afterAll(() => rm(tasks, { recursive: true }));

  it.each(["/default/shop", "/default/shop/below"])("knows whose %s is, by the bundle", (cgroup) => {
    expect(taskOfCgroup(cgroup, tasks)).toEqual({ id: "shop", runtime: "containerd", namespace: "default" });
  });

  it.each([
    "/default",
    "/default/other",
    "/system.slice/shop",
    "/",
    "",
    "/../default/shop",
    "/default/../shop",
  ])("takes %s for nobody's", (cgroup) => {
    expect(taskOfCgroup(cgroup, tasks)).toBeUndefined();
  });

  it("reads the bundle of an id that somebody chose in its own namespace alone", async () => {
    const details = new BundleDetails({ directories: [path.join(tasks, "NAMESPACE/ID")] });
    const signal = AbortSignal.timeout(60_000);
    const identity = { id: "shop", runtime: "containerd" } as const;
    expect(await details.describe({ ...identity, namespace: "default" }, signal)).toMatchObject({
      name: "shop",
    });
    expect(await details.describe({ ...identity, namespace: "../default" }, signal)).toBeUndefined();
    expect(await details.describe({ ...identity, namespace: "other" }, signal)).toBeUndefined();
    expect(await details.describe(identity, signal)).toBeUndefined();
  });
});

describe("isContainerdName", () => {
  it.each(["shop", "a-b.c_d", "K8s.io", "a".repeat(76)])("takes %s", (name) => {
    expect(isContainerdName(name)).toBe(true);
  });

  it.each(["", ".", "..", "a..b", "-a", "a-", "a/b", "a b", "a".repeat(77)])("refuses %j", (name) => {
    expect(isContainerdName(name)).toBe(false);
  });
});
