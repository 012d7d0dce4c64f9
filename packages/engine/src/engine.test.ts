import { chmodSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { Engine, type EngineOptions } from "./index.ts";
import { gather, json, type LoopbackEngine, listen } from "./testdata/loopback-engine.ts";

const hex = "0123456789abcdef".repeat(4);
const imageId = `sha256:${hex}`;
const layer = `sha256:${"1".repeat(64)}`;

function engineAt({ socketPath }: { readonly socketPath: string }, options: EngineOptions = {}): Engine {
  return new Engine({ address: { kind: "unix", socketPath }, ...options });
}

async function ask<T>(server: LoopbackEngine, question: (engine: Engine) => Promise<T>): Promise<T> {
  await using engine = engineAt(server);
  return await question(engine);
}

it("reads an image", async () => {
  await using server = await listen(
    json({
      Id: imageId,
      RepoTags: ["a:1"],
      RepoDigests: null,
      Created: "2026-01-01T00:00:00.5Z",
      Os: "linux",
      Architecture: "arm64",
      Variant: "v8",
      Size: 12,
      Config: { User: "app", Env: ["A=b"], Cmd: null, Labels: null, ExposedPorts: { "80/tcp": {} } },
      GraphDriver: { Name: "overlay2", Data: { UpperDir: "/var/lib/docker/overlay2/x/diff", Odd: 1 } },
      RootFS: { Type: "layers", Layers: [layer] },
      SomethingNew: {},
    }),
  );
  expect(await ask(server, (engine) => engine.inspectImage("a:1"))).toEqual({
    id: imageId,
    repoTags: ["a:1"],
    repoDigests: [],
    variant: "v8",
    sizeBytes: 12,
    config: {
      os: "linux",
      architecture: "arm64",
      created: "2026-01-01T00:00:00.5Z",
      user: "app",
      entrypoint: [],
      command: [],
      environment: ["A=b"],
      workingDirectory: "",
      exposedPorts: ["80/tcp"],
      volumes: [],
      labels: {},
      healthcheck: [],
    },
    diffIds: [layer],
    graphDriver: { name: "overlay2", data: { UpperDir: "/var/lib/docker/overlay2/x/diff" } },
  });
  expect(server.targets).toEqual(["/v1.45/images/a%3A1/json"]);
});

it("reads a container, and gives it as it came", async () => {
  const container = {
    Id: hex,
    Name: "/web",
    Image: imageId,
    State: { Status: "created", Running: false, StartedAt: "0001-01-01T00:00:00Z" },
    Config: { Image: "nginx:1", Labels: { a: "b" } },
    HostConfig: { Privileged: true },
    Mounts: [{ Type: "bind", Source: "/", Destination: "/host", RW: true, Propagation: "rprivate" }],
    NetworkSettings: {
      Networks: {
        bridge: { IPAddress: "172.17.0.2", GlobalIPv6Address: "" },
        shop: { IPAddress: "172.18.0.5", GlobalIPv6Address: "fd00::5" },
      },
    },
  };
  await using server = await listen(json(container));
  const read = await ask(server, (engine) => engine.inspectContainer("web"));
  expect(read).toMatchObject({ id: hex, name: "web", imageId, image: "nginx:1", labels: { a: "b" } });
  expect(read.state).toEqual({ status: "created", running: false, pid: 0, exitCode: 0 });
  expect(read.mounts[0]).toMatchObject({ type: "bind", source: "/", destination: "/host", writable: true });
  expect(read.hostConfig).toEqual({ Privileged: true });
  expect(read.addresses).toEqual(["172.17.0.2", "172.18.0.5", "fd00::5"]);
  const raw = await ask(server, (engine) => engine.inspectContainerRaw("web"));
  expect(Buffer.from(raw.bytes).toString()).toBe(JSON.stringify(container));
  expect(raw.json).toEqual(container);
});

it("lists containers and images", async () => {
  await using containers = await listen(
    json([
      {
        Id: hex,
        Names: ["/a"],
        Created: 1_700_000_000,
        State: "exited",
        Ports: [
          { IP: "127.0.0.1", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
          { PrivatePort: 81, Type: "tcp" },
        ],
      },
    ]),
  );
  expect(await ask(containers, (engine) => engine.listContainers({ all: true }))).toEqual([
    {
      id: hex,
      names: ["a"],
      image: "",
      imageId: "",
      created: "2023-11-14T22:13:20.000Z",
      state: "exited",
      labels: {},
      addresses: [],
      published: [{ address: "127.0.0.1", port: 8080 }],
    },
  ]);
  expect(containers.targets).toEqual(["/v1.45/containers/json?all=1"]);
  await using images = await listen(json([{ Id: imageId, RepoTags: null, Size: 5, Created: 0 }]));
  expect(await ask(images, (engine) => engine.listImages())).toEqual([
    { id: imageId, repoTags: [], repoDigests: [], sizeBytes: 5, labels: {} },
  ]);
});

it("reads history, volumes, version and info", async () => {
  await using history = await listen(json([{ Created: 1_700_000_000, CreatedBy: "RUN x", Size: 3 }]));
  expect(await ask(history, (engine) => engine.imageHistory("a/b@sha256:c"))).toMatchObject([
    { createdBy: "RUN x", sizeBytes: 3 },
  ]);
  expect(history.targets).toEqual(["/v1.45/images/a/b%40sha256%3Ac/history"]);
  await using volume = await listen(
    json({ Name: "v", Driver: "local", Options: { device: "/", o: "bind" } }),
  );
  expect((await ask(volume, (engine) => engine.inspectVolume("v"))).options).toEqual({
    device: "/",
    o: "bind",
  });
  await using version = await listen(json({ Version: "26.1.5", ApiVersion: "1.45", Os: "linux" }));
  expect((await ask(version, (engine) => engine.version())).version).toBe("26.1.5");
  await using info = await listen(
    json({ ID: "x", DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]], Swarm: null }),
  );
  expect(await ask(info, (engine) => engine.info())).toMatchObject({
    containerdImageStore: true,
    swarmActive: false,
  });
});

it.each([
  ["1.41", "/v1.41/version"],
  ["1.99", "/v1.48/version"],
])("speaks %s as %s", async (offered, target) => {
  await using server = await listen(json({ Version: "1", ApiVersion: offered }), offered);
  await ask(server, (engine) => engine.version());
  expect(server.targets).toEqual([target]);
});

it.each([
  ["1.24", "ENGINE_REFUSED"],
  ["new", "ENGINE_MALFORMED"],
])("does not speak %s", async (offered, code) => {
  await using server = await listen(json({}), offered);
  await expect(ask(server, (engine) => engine.version())).rejects.toMatchObject({ code });
});

it("asks for the version once, and again when the engine says it is no longer spoken", async () => {
  let tooOld = false;
  await using server = await listen((request, response) => {
    if (tooOld) json({ message: "client version 1.45 is too old" }, 400)(request, response);
    else json({ Version: "1", ApiVersion: "1.45" })(request, response);
  });
  await using engine = engineAt(server);
  await engine.version();
  await engine.version();
  expect(server.pings).toBe(1);
  tooOld = true;
  await expect(engine.version()).rejects.toMatchObject({ code: "ENGINE_REFUSED" });
  tooOld = false;
  await engine.version();
  expect(server.pings).toBe(2);
});

it.each<[string, (engine: Engine) => Promise<unknown>]>([
  ["IMAGE_NOT_FOUND", (engine) => engine.inspectImage("x")],
  ["IMAGE_NOT_FOUND", (engine) => engine.exportImage("x", { signal: new AbortController().signal })],
  ["CONTAINER_NOT_FOUND", (engine) => engine.inspectContainer("x")],
  ["CONTAINER_NOT_FOUND", (engine) => engine.exportContainer("x", { signal: new AbortController().signal })],
  ["VOLUME_NOT_FOUND", (engine) => engine.inspectVolume("x")],
  ["ENGINE_REFUSED", (engine) => engine.info()],
])("rejects with %s what is not there", async (code, question) => {
  await using server = await listen(json({ message: "No such thing: x" }, 404));
  await expect(ask(server, question)).rejects.toMatchObject({
    name: "EngineError",
    code,
    message: expect.stringContaining("No such thing: x"),
  });
});

it("passes on why the engine refused", async () => {
  await using server = await listen(json({ message: "authorization denied by plugin x: no" }, 403));
  await expect(ask(server, (engine) => engine.info())).rejects.toMatchObject({
    code: "ENGINE_REFUSED",
    message: "engine answered 403: authorization denied by plugin x: no",
  });
});

it.each([
  ["no JSON", "<html>"],
  ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0x22])],
  ["a list", "[]"],
  ["another shape", '{"Id":5}'],
  ["an id that is no digest", '{"Id":"latest"}'],
  ["a name where a list belongs", `{"Id":"${imageId}","RepoTags":"a"}`],
])("refuses %s", async (_, body) => {
  await using server = await listen((_request, response) => response.end(body));
  await expect(ask(server, (engine) => engine.inspectImage("a"))).rejects.toMatchObject({
    code: "ENGINE_MALFORMED",
  });
});

it("refuses an answer that has no end", async () => {
  await using server = await listen((_, response) => response.end(Buffer.alloc(2000, " ")));
  await using engine = engineAt(server, { maxBytes: 1000 });
  await expect(engine.info()).rejects.toMatchObject({ code: "ENGINE_MALFORMED" });
});

it.each(["", "..", "../../containers/x", "a//b", "/a", "a/."])(
  "asks for no image called %j",
  async (name) => {
    await using server = await listen(json({}));
    await expect(ask(server, (engine) => engine.inspectImage(name))).rejects.toMatchObject({
      code: "ENGINE_REFUSED",
    });
    expect(server.targets).toEqual([]);
  },
);

it("keeps a hostile name within its place in the path", async () => {
  await using server = await listen(json({ message: "no" }, 404));
  await expect(ask(server, (engine) => engine.inspectContainer("x?force=1#y%2e"))).rejects.toMatchObject({
    code: "CONTAINER_NOT_FOUND",
  });
  expect(server.targets).toEqual(["/v1.45/containers/x%3Fforce%3D1%23y%252e/json"]);
});

it("says why the engine cannot be reached", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("file"), "");
  chmodSync(directory.at("file"), 0o600);
  await using absent = engineAt({ socketPath: directory.at("absent") });
  await expect(absent.info()).rejects.toMatchObject({
    code: "ENGINE_UNREACHABLE",
    message: expect.stringContaining("does not exist"),
  });
  await using file = engineAt({ socketPath: directory.at("file") });
  await expect(file.info()).rejects.toMatchObject({
    code: "ENGINE_UNREACHABLE",
    message: expect.stringContaining("nothing listens"),
  });
});

it("does not wait for ever", async () => {
  await using server = await listen(() => undefined);
  await using engine = engineAt(server);
  await expect(engine.info({ timeoutMs: 30 })).rejects.toMatchObject({ code: "TIMED_OUT" });
  const controller = new AbortController();
  const asked = engine.info({ signal: controller.signal });
  controller.abort();
  await expect(asked).rejects.toMatchObject({ code: "ABORTED" });
});

it("survives a restart of the engine between two questions", async () => {
  await using server = await listen(json({ Version: "1", ApiVersion: "1.45" }));
  await using engine = engineAt(server);
  await engine.version();
  server.breakConnections();
  expect((await engine.version()).version).toBe("1");
});

it("streams an export, and notices when it breaks off", async () => {
  await using server = await listen((request, response) => {
    response.write("tar");
    if (request.url?.includes("broken") === true) setImmediate(() => request.socket.destroy());
    else response.end();
  }, "1.48");
  await using engine = engineAt(server);
  const { signal } = new AbortController();
  const platform = { os: "linux", architecture: "amd64" };
  const whole = await gather(await engine.exportImage("a", { signal, platform }));
  expect(Buffer.concat(whole).toString()).toBe("tar");
  expect(decodeURIComponent(server.targets[0] ?? "")).toContain(`?platform=${JSON.stringify(platform)}`);
  const broken = await engine.exportImage("broken", { signal });
  await expect(gather(broken)).rejects.toMatchObject({ code: "ENGINE_MALFORMED" });
});

it("streams events until told to stop", async () => {
  await using server = await listen((_, response) => {
    response.write(`${JSON.stringify({ Type: "container", Action: "start", time: 1 })}\n`);
  });
  await using engine = engineAt(server);
  const controller = new AbortController();
  const events = engine.events({
    signal: controller.signal,
    sinceMs: 1500,
    filters: { type: ["container"] },
  });
  expect((await events.next()).value?.action).toBe("start");
  expect(server.targets).toEqual([
    "/v1.45/events?since=1.500&filters=%7B%22type%22%3A%5B%22container%22%5D%7D",
  ]);
  controller.abort();
  await expect(events.next()).rejects.toMatchObject({ code: "ABORTED" });
});
