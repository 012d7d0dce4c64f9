import { appendFileSync, readFileSync } from "node:fs";
import path from "node:path";
import type { FilePattern, FileTree } from "@pratique/core";
import { Engine } from "@pratique/engine";
import { containerSource, dockerSource } from "@pratique/oci";
import { archiveOf, dockerArchiveOf, layerOf } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineUnavailable, type PrivateEngine, startPrivateEngine, succeed } from "./private-engine.ts";

const unavailable = engineUnavailable();
const everything: readonly FilePattern[] = [
  { under: ["etc", "data", "gone", "opaque", "replaced", "links"] },
];

/** Each layer undoes something of the one below, in each way in which a layer can. */
const DOCKERFILE = `FROM busybox:test
RUN mkdir -p /data /gone/deep /opaque /links && echo one > /data/a && echo two > /data/b && \\
    echo deep > /gone/deep/file && echo old > /opaque/old && echo target > /data/target && \\
    mkdir /replaced && echo inside > /replaced/file && ln -s ../data/target /links/relative && \\
    ln -s /data/target /links/absolute && ln -s ../../../../etc/passwd /links/out
RUN rm /data/a && rm -r /gone
RUN rm -r /opaque && mkdir /opaque && echo new > /opaque/new && rm -r /replaced && ln -s data /replaced
RUN echo three > /data/a && ln /data/b /data/hard
COPY marker /etc/marker
USER app
`;

describe.skipIf(unavailable !== undefined).each([
  ["overlay2, read in place", false],
  ["the containerd image store, read in place", true],
])(`images in %s ${unavailable ?? ""}`, (_, containerdImageStore) => {
  let host: PrivateEngine;
  let engine: Engine;
  let imageId: string;

  beforeAll(async () => {
    host = await startPrivateEngine({ containerdImageStore });
    engine = new Engine({ address: { kind: "unix", socketPath: host.socketPath } });
    await host.busyboxImage("busybox:test");
    imageId = await host.imageFromDockerfile(
      DOCKERFILE.replaceAll("RUN ", "RUN export PATH=/bin; "),
      "layers:test",
      {
        marker: "marker",
      },
    );
  });

  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
  });

  it("have the tree that a container of theirs has", async () => {
    const opened = await dockerSource({ engine }).open("layers:test", {});
    const tree = await opened.readTree(everything);
    expect(tree.failures).toEqual([]);
    expect(await contentsOf(tree)).toEqual(await contentsInContainer(host, "layers:test"));
    expect(tree.facts.layers).toHaveLength(6);
    expect(tree.facts.config?.user).toBe("app");
    expect(containerdImageStore ? tree.facts.digest : tree.facts.imageId).toBe(imageId);
    await opened.close();
  });

  it("tell which layer brought a file, and what lower layers had", async () => {
    const opened = await dockerSource({ engine }).open("layers:test", {});
    const tree = await opened.readTree(everything);
    const { diffIds } = await engine.inspectImage("layers:test");
    expect(tree.stat("etc/marker")?.layer).toBe(diffIds[5]);
    expect(tree.stat("data/a")?.layer).toBe(diffIds[4]);
    const history = await Promise.all(
      tree.history("data/a").map(async (version) => textOf(await version.read())),
    );
    expect(history).toEqual(["one\n", "three\n"]);
    await opened.close();
  });

  it("are found by id, and not found otherwise", async () => {
    const source = dockerSource({ engine });
    const { reference } = await source.open(imageId, {});
    expect(reference).toBe(imageId);
    await expect(source.open("absent:test", {})).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    const platform = { os: "linux", architecture: "s390x" };
    await expect(source.open("layers:test", { platform })).rejects.toMatchObject({
      code: "PLATFORM_NOT_FOUND",
    });
  });

  it("are what their containers were made from, less what these have changed", async () => {
    const script = "echo four > /data/a; rm /data/b";
    succeed(
      await host.docker(["run", "--name", "changed", "--user", "0", "layers:test", "/bin/sh", "-c", script]),
    );
    const source = containerSource({ engine, podmanRoots: [], containerdRoots: [] });
    const opened = await source.open("changed", {});
    const tree = await opened.readTree([{ under: ["data"] }]);
    const { "data/b": _, ...others } = await contentsOf(
      await (await dockerSource({ engine }).open("layers:test", {})).readTree([{ under: ["data"] }]),
    );
    expect(await contentsOf(tree)).toEqual({ ...others, "data/a": "four\n" });
    const { diffIds } = await engine.inspectImage("layers:test");
    expect([tree.stat("data/a")?.layer, tree.stat("data/target")?.layer]).toEqual([undefined, diffIds[1]]);
    const exported = await containerSource({
      engine: elsewhere(engine),
      podmanRoots: [],
      containerdRoots: [],
    }).open("changed", {});
    expect(await contentsOf(await exported.readTree([{ under: ["data"] }]))).toEqual(await contentsOf(tree));
    succeed(await host.docker(["rm", "changed"]));
  });

  it("can be given up", async () => {
    const controller = new AbortController();
    const opened = await dockerSource({ engine }).open("layers:test", { signal: controller.signal });
    controller.abort();
    await expect(opened.readTree(everything)).rejects.toMatchObject({ code: "ABORTED" });
  });
});

describe.skipIf(unavailable !== undefined)(`an engine with overlay2 ${unavailable ?? ""}`, () => {
  it("gives the same tree in place, from its export and in a container", async () => {
    await using host = await startPrivateEngine();
    await host.busyboxImage("busybox:test");
    const script = DOCKERFILE.replaceAll("RUN ", "RUN export PATH=/bin; ");
    await host.imageFromDockerfile(script, "layers:test", { marker: "marker" });
    await loadOddLayers(host);
    await using engine = new Engine({ address: { kind: "unix", socketPath: host.socketPath } });
    for (const reference of ["layers:test", "odd:test"]) {
      const inPlace = await dockerSource({ engine }).open(reference, {});
      const exported = await dockerSource({ engine: elsewhere(engine) }).open(reference, {});
      const [left, right] = [await inPlace.readTree(everything), await exported.readTree(everything)];
      expect([...left.failures, ...right.failures]).toEqual([]);
      expect(await contentsOf(left)).toEqual(await contentsInContainer(host, reference));
      expect(await contentsOf(right)).toEqual(await contentsOf(left));
      expect(left.facts.imageId).toBe(right.facts.imageId);
      expect(left.facts.layers.map(({ diffId }) => diffId)).toEqual(
        right.facts.layers.map(({ diffId }) => diffId),
      );
    }
  });

  it("has no image whose layer was taken away under it", async () => {
    await using host = await startPrivateEngine();
    await host.busyboxImage("busybox:test");
    await using engine = new Engine({ address: { kind: "unix", socketPath: host.socketPath } });
    const { graphDriver } = await engine.inspectImage("busybox:test");
    const opened = await dockerSource({ engine }).open("busybox:test", {});
    appendFileSync(path.join(graphDriver.data.UpperDir ?? "", "etc/passwd"), "eve:x:0:0::/:/bin/sh\n");
    const tree = await opened.readTree([{ paths: ["etc/passwd"] }]);
    expect(textOf(await tree.read("etc/passwd"))).toContain("eve");
    succeed(await host.docker(["rmi", "busybox:test"]));
    await expect(opened.readTree([{ paths: ["etc/passwd"] }])).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
    });
  });
});

/** The same engine, as one whose directories are not on this host. */
function elsewhere(engine: Engine): Engine {
  return new Proxy(engine, {
    get: (target, name) => {
      if (name === "address") return { kind: "tcp", host: "127.0.0.1", port: 1, tls: false };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** What no builder makes, but an archive may bring: opaque markers early and late, and kinds that change. */
async function loadOddLayers(host: PrivateEngine): Promise<void> {
  const busybox = readFileSync("/bin/busybox");
  const layers = [
    layerOf([
      { path: "bin/busybox", content: busybox, mode: 0o755 },
      { path: "opaque/old", content: "old" },
      { path: "opaque/deep/older", content: "older" },
      { path: "gone/late/old", content: "old" },
      { path: "data/file", content: "file" },
      { path: "data/directory/inside", content: "inside" },
      { path: "links/target/a", content: "a" },
      { path: "replaced", kind: "symlink", target: "links/target" },
      { path: "etc/keep", content: "keep" },
    ]),
    layerOf([
      { path: "opaque/" },
      { path: "opaque/.wh..wh..opq" },
      { path: "opaque/new", content: "new" },
      { path: "gone/late/new", content: "new" },
      { path: "gone/late/.wh..wh..opq" },
      { path: "data/file/" },
      { path: "data/file/below", content: "below" },
      { path: "data/directory", content: "now a file" },
      { path: "data/.wh.absent" },
    ]),
    layerOf([
      { path: "replaced/" },
      { path: "replaced/own", content: "own" },
      { path: "opaque/deep/again", content: "again" },
      { path: "etc/first", content: "first" },
      { path: "etc/hard", kind: "hardlink", target: "etc/first" },
    ]),
  ];
  const archive = archiveOf(dockerArchiveOf({ layers, tags: ["odd:test"] }));
  succeed(await host.docker(["load"], { input: archive }));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

/** Files with their content, symlinks with their target, by path. */
async function contentsOf(tree: FileTree): Promise<Readonly<Record<string, string>>> {
  const contents: Record<string, string> = {};
  for (const { path: name, kind, linkTarget } of tree.files()) {
    if (kind === "symlink") contents[name] = `-> ${linkTarget}`;
    if (kind === "file") contents[name] = textOf(await tree.read(name));
  }
  return contents;
}

/** The same, as a process in a container of the image sees it. */
async function contentsInContainer(
  host: PrivateEngine,
  reference: string,
): Promise<Readonly<Record<string, string>>> {
  const script = `cd /; for f in $(/bin/busybox find etc data gone opaque replaced/ links 2>/dev/null); do
    if [ -L "$f" ]; then echo "$f=-> $(/bin/busybox readlink "$f")"; elif [ -f "$f" ]; then echo "$f=$(/bin/busybox base64 "$f" | /bin/busybox tr -d '\\n')"; fi; done`;
  const args = ["run", "--rm", "--user", "0", reference, "/bin/busybox", "sh", "-c", script];
  const { stdout } = succeed(await host.docker(args));
  const lines = stdout.split("\n").filter((line) => line !== "");
  return Object.fromEntries(
    lines
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const)
      // The engine brings these into every container.
      .filter(([name]) => !["etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab"].includes(name))
      .map(([name, value]) => [name, value.startsWith("-> ") ? value : textOf(Buffer.from(value, "base64"))]),
  );
}
