import { writeFileSync } from "node:fs";
import { MiB } from "@pratique/core";
import { Engine } from "@pratique/engine";
import { archiveOf, dockerArchiveOf, layerOf, tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineUnavailable, type PrivateEngine, startPrivateEngine, succeed } from "./private-engine.ts";

const unavailable = engineUnavailable();

describe.skipIf(unavailable !== undefined)(`the client of a real engine ${unavailable ?? ""}`, () => {
  let host: PrivateEngine;
  let engine: Engine;
  let imageId: string;

  beforeAll(async () => {
    host = await startPrivateEngine();
    engine = new Engine({ address: { kind: "unix", socketPath: host.socketPath } });
    await host.busyboxImage("busybox:test");
    imageId = await host.imageFromDockerfile(
      'FROM busybox:test\nRUN /bin/touch /a\nUSER app\nLABEL a=b\nEXPOSE 80\nVOLUME /v\nHEALTHCHECK CMD ["/bin/true"]\n',
      "built:test",
    );
  });

  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
  });

  it("tells what the engine is", async () => {
    expect((await engine.version()).apiVersion).toMatch(/^1\.\d+$/u);
    expect(await engine.info()).toMatchObject({
      storageDriver: "overlay2",
      containerdImageStore: false,
      dataRoot: host.dataRoot,
    });
  });

  it("inspects images", async () => {
    const image = await engine.inspectImage("built:test");
    expect(image).toMatchObject({ id: imageId, repoTags: ["built:test"], graphDriver: { name: "overlay2" } });
    expect(image.diffIds).toHaveLength(2);
    expect(image.config).toMatchObject({
      os: "linux",
      user: "app",
      command: ["/bin/sh"],
      labels: { a: "b" },
      exposedPorts: ["80/tcp"],
      volumes: ["/v"],
      healthcheck: ["CMD", "/bin/true"],
    });
    expect((await engine.listImages()).map(({ id }) => id)).toContain(imageId);
    expect((await engine.imageHistory("built:test")).length).toBeGreaterThan(5);
    await expect(engine.inspectImage("absent:test")).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  });

  it("inspects containers and volumes, and hears of them", async () => {
    const controller = new AbortController();
    const events = engine.events({ signal: controller.signal, sinceMs: 1, filters: { type: ["container"] } });
    const args = ["create", "--name", "web", "-v", "data:/data", "built:test", "/bin/sleep", "99"];
    const id = succeed(await host.docker(args)).stdout.trim();

    const created = await engine.inspectContainer("web");
    expect(created).toMatchObject({ id, name: "web", imageId, image: "built:test", labels: { a: "b" } });
    expect(created.state.startedAt).toBeUndefined();
    expect(created.mounts.map(({ destination }) => destination).toSorted()).toEqual(["/data", "/v"]);
    expect((await engine.inspectVolume("data")).mountpoint).toContain(host.dataRoot);

    succeed(await host.docker(["start", "web"]));
    const running = await engine.inspectContainer(id);
    expect(running.state.running).toBe(true);
    expect(Date.parse(running.state.startedAt ?? "")).toBeGreaterThan(0);
    expect((await engine.listContainers()).map((container) => container.names)).toEqual([["web"]]);

    const heard: string[] = [];
    for await (const { action, actorId } of events) {
      if (actorId === id) heard.push(action);
      if (action === "start" && actorId === id) break;
    }
    expect(heard).toEqual(["create", "start"]);
    await expect(engine.inspectContainer("absent")).rejects.toMatchObject({ code: "CONTAINER_NOT_FOUND" });
    await expect(engine.inspectVolume("absent")).rejects.toMatchObject({ code: "VOLUME_NOT_FOUND" });
  });

  it("lists images and containers, and hears of them, whatever labels some of them have", async () => {
    using directory = tempDirectory();
    const label = "y".repeat(12 * MiB);
    for (const name of ["one", "two", "three"]) {
      const config = { config: { Cmd: ["/f"], Labels: { name, label } } };
      const image = dockerArchiveOf({
        layers: [layerOf([{ path: "f", content: name }])],
        tags: [`large:${name}`],
        config,
      });
      writeFileSync(directory.at(name), archiveOf(image));
      succeed(await host.docker(["load", "--input", directory.at(name)]));
    }
    const tags = (await engine.listImages()).flatMap(({ repoTags }) => repoTags);
    expect(tags).toEqual(expect.arrayContaining(["built:test", "large:one", "large:two", "large:three"]));

    const events = engine.events({
      signal: AbortSignal.timeout(60_000),
      sinceMs: Date.now(),
      filters: { type: ["container"] },
    });
    for (const name of ["one", "two", "three"])
      succeed(await host.docker(["create", "--name", name, `large:${name}`]));
    const heard: string[] = [];
    for await (const { actorId } of events) if (heard.push(actorId) === 3) break;
    const listed = await engine.listContainers({ all: true });
    const large = listed.filter(({ image }) => image.startsWith("large:"));
    expect(large.map(({ id }) => id).toSorted()).toEqual(heard.toSorted());
    expect(large.map(({ labels }) => labels.name).toSorted()).toEqual(["one", "three", "two"]);
  });

  it("exports images", async () => {
    let bytes = 0;
    const stream = await engine.exportImage("built:test", { signal: AbortSignal.timeout(60_000) });
    for await (const chunk of stream) bytes += chunk.byteLength;
    expect(bytes % 512).toBe(0);
    expect(bytes).toBeGreaterThan(1_000_000);
  });
});
