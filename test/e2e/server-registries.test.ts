import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Registry, RegistryImageEntry } from "@pratique/api";
import {
  findCanary,
  type LoopbackRegistry,
  layerOf,
  ociLayoutOf,
  startRegistry,
  type TarItem,
  writeFiles,
} from "@pratique/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CommandHome } from "./command.ts";
import { registryUnavailable, startRealRegistry } from "./real-registry.ts";
import { ServerProcess } from "./server-process.ts";
import { until } from "./until.ts";

const PASSWORD = "kettle-orbit-velvet-47";
const PUSH_SECRET = "a-secret-of-pushes-1";
const DEADLINE_MS = 90_000;

const status = (name: string, version: string) =>
  `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\n\n`;
const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const keyLine = key.split("\n")[1] ?? "";
const base: readonly TarItem[] = [
  { path: "srv/key.pem", content: key },
  { path: "etc/os-release", content: 'ID=debian\nVERSION_ID="12"\n' },
  { path: "var/lib/dpkg/status", content: status("bash", "5.2.15-2") },
];
const shared = layerOf(base, "gzip");
const manifest = JSON.stringify({ name: "free", version: "1.0.0", license: "MIT" });
const own = (name: string) =>
  layerOf(
    [
      { path: "app/name", content: name },
      { path: "app/node_modules/free/package.json", content: manifest },
    ],
    "gzip",
  );

describe("a server that scans registries", () => {
  let home: CommandHome;
  let server: ServerProcess;
  let registry: LoopbackRegistry;
  let cookie: string;

  beforeAll(async () => {
    home = new CommandHome();
    registry = await startRegistry({ kind: "basic", username: "robot", password: "canary-71-password" });
    for (const name of ["a", "b", "c", "d"])
      registry.push(`team/${name}`, "1", { layers: [shared, own(name)] });
    writeFileSync(home.at("pratique.yaml"), "outbound:\n  allow: [127.0.0.0/8]\n");
    server = await new ServerProcess(home, "main", { PRATIQUE_CONFIG: home.at("pratique.yaml") }).start();
    cookie = await server.signIn(PASSWORD);
  });

  beforeEach(() => {
    registry.requests.length = 0;
  });

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
    home?.[Symbol.dispose]();
  });

  async function put(change: object = {}): Promise<void> {
    const body = {
      kind: "distribution",
      name: "Main",
      address: registry.host,
      username: "robot",
      password: "canary-71-password",
      pushSecret: PUSH_SECRET,
      concurrency: 2,
      ...change,
    };
    const reply = await server.api(cookie, "PUT", "/registries/main", { body });
    expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
  }

  async function shown(): Promise<Registry> {
    return (await server.api(cookie, "GET", "/registries/main")).json as unknown as Registry;
  }

  async function queue(): Promise<readonly RegistryImageEntry[]> {
    const { items } = (await server.api(cookie, "GET", "/registry-images")).json;
    return items as readonly RegistryImageEntry[];
  }

  async function act(name: string, body?: object): Promise<void> {
    const reply = await server.api(cookie, "POST", `/registries/main/${name}`, body && { body });
    expect(reply.status).toBe(200);
  }

  const allScanned = (count: number) => async () => (await shown()).images.scanned === count;

  it("lists it, scans all of it, and reads a layer once that its images share", async () => {
    await put();
    await until("all is scanned", DEADLINE_MS, allScanned(4));
    expect(await shown()).toMatchObject({ state: "idle", error: null, listedAt: expect.any(String) });
    const images = await server.api(cookie, "GET", "/images");
    expect(images.json).toMatchObject({ total: 4 });
    expect(JSON.stringify(images.json)).toContain(`${registry.host}/team/a:1`);
    const readShared = registry.requests.filter(({ target }) => target.endsWith(`/blobs/${shared.digest}`));
    expect(readShared).toHaveLength(1);
    expect(server.said).not.toContain("canary");
  });

  it("reads licenses once the registry is set up so, also of what it knows already", async () => {
    await put({ lookFor: ["licenses"] });
    expect(await shown()).toMatchObject({ lookFor: ["licenses"] });
    const from = (await shown()).listedAt;
    const isRead = ({ state, listedAt }: Registry) => state === "idle" && listedAt !== from;
    await until("all are read", DEADLINE_MS, async () => isRead(await shown()));
    const { items } = (await server.api(cookie, "GET", "/images")).json as {
      items: readonly { imageId: string }[];
    };
    for (const { imageId } of items) {
      const { text } = await server.api(cookie, "GET", `/images/${imageId}/packages?text=free`);
      expect(text).toContain('"licenses":["MIT"]');
    }
    await put({ lookFor: [] });
  });

  it("looks for secrets once the registry is set up so, in a shared layer once, and keeps none", async () => {
    const from = (await shown()).listedAt;
    await put({ lookFor: ["secrets"] });
    const isRead = ({ state, listedAt }: Registry) => state === "idle" && listedAt !== from;
    await until("all are read", DEADLINE_MS, async () => isRead(await shown()));
    const readShared = registry.requests.filter(({ target }) => target.endsWith(`/blobs/${shared.digest}`));
    expect(readShared).toHaveLength(1);
    // In what is kept of the layer, and of each of the images.
    const found = findCanary([server.data], '"rule":"private-key"').map(({ file }) => file);
    expect(new Set(found).size).toBe(5);
    expect(findCanary([server.data], keyLine)).toEqual([]);
    expect(server.said).not.toContain(keyLine);
    await put({ lookFor: [] });
  });

  it("shows no password to other processes", () => {
    const commands = readdirSync("/proc").filter((name) => /^\d+$/u.test(name));
    const scanners = commands
      .map(commandLineOf)
      .filter((words) => words.includes("registry-scanner") && words.includes(home.at()));
    expect(scanners.length).toBeGreaterThan(0);
    expect(scanners.join("")).not.toContain("canary");
  });

  it("waits as long as the registry asks, whoever is impatient", async () => {
    registry.faults.tooManyRequests = 1000;
    registry.faults.retryAfter = "20";
    await act("scan");
    await until("it is held off", DEADLINE_MS, async () => (await shown()).state === "held-off");
    registry.faults.tooManyRequests = 0;
    const asked = registry.requests.length;
    await act("retry", {});
    await act("scan");
    await put();
    expect(await shown()).toMatchObject({
      state: "held-off",
      error: { code: "RATE_LIMITED", advice: expect.stringContaining("wait") },
    });
    expect(registry.requests).toHaveLength(asked);
    await until("it goes on by itself", DEADLINE_MS, async () => (await shown()).state === "idle");
    expect((await shown()).images).toMatchObject({ scanned: 4, failed: 0 });
  });

  it("tells of an image that is broken what to do, and tries it again when it is told to", async () => {
    const layer = own("poison");
    registry.push("team/poison", "1", { layers: [shared, layer] });
    registry.faults.lies.set(layer.digest, layer.blob.subarray(0, layer.blob.length - 20));
    await act("scan");
    await until("it has failed", DEADLINE_MS, async () => (await shown()).images.failed === 1);
    const failed = (await queue()).find(({ state }) => state === "failed");
    expect(failed).toMatchObject({
      reference: `${registry.host}/team/poison:1`,
      error: { advice: expect.stringMatching(/push/u) },
    });
    registry.faults.lies.clear();
    await act("retry", { image: failed?.number });
    await until("it is scanned", DEADLINE_MS, allScanned(5));
  });

  it("has an image scanned when the registry tells of its push, and nothing while it is paused", async () => {
    registry.push("team/pushed", "7", { layers: [shared, own("pushed")] });
    await act("pause");
    const told = {
      events: [
        {
          action: "push",
          target: {
            repository: "team/pushed",
            tag: "7",
            mediaType: "application/vnd.oci.image.manifest.v1+json",
          },
        },
      ],
    };
    const reply = await server.call("/hooks/registry/main", {
      method: "POST",
      headers: {
        "content-type": "application/vnd.docker.distribution.events.v2+json",
        authorization: `Bearer ${PUSH_SECRET}`,
      },
      body: told,
    });
    expect(reply.status).toBe(204);
    expect((await queue()).at(-1)).toMatchObject({
      reference: `${registry.host}/team/pushed:7`,
      state: "waiting",
    });
    await act("resume");
    await until("it is scanned", DEADLINE_MS, allScanned(6));
    const listings = registry.requests.filter(({ target }) => target.includes("_catalog"));
    expect(listings).toEqual([]);
  });

  it("lists no more than it may, and says so", async () => {
    await put({ maxImages: 3 });
    await until("it says so", DEADLINE_MS, async () => (await shown()).error !== null);
    expect(await shown()).toMatchObject({
      error: { code: "LIMIT_REACHED", advice: expect.stringContaining("narrow") },
      images: { failed: 0 },
    });
  });

  it("does the same by the command line of its host", async () => {
    writeFileSync(home.at("password"), "canary-71-password\n");
    const flags = ["--include", "team/a", "--username", "robot", "--password-file", home.at("password")];
    const made = await server.command([
      "registry",
      "add",
      "second",
      registry.host,
      ...flags,
      "--every",
      "never",
    ]);
    expect([made.code, made.stderr]).toEqual([0, ""]);
    const line = async () => (await server.command(["registry", "show", "second"])).stdout;
    await until("it is scanned", DEADLINE_MS, async () => (await line()).includes("1 of 1 images scanned"));
    const paused = await server.command(["registry", "pause", "second", "--json"]);
    expect(JSON.parse(paused.stdout)).toMatchObject({ state: "paused", everyMinutes: 0 });
    expect((await server.command(["registry", "list"])).stdout).toContain(
      `second (${registry.host}): paused`,
    );
    expect((await server.command(["registry", "resume", "second"])).stdout).toContain("idle");
    expect((await server.command(["registry", "retry", "second"])).code).toBe(0);
    expect((await server.command(["registry", "remove", "second"])).code).toBe(0);
    const gone = await server.command(["registry", "show", "second"]);
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('there is no registry "second"')]);
    const bad = await server.command(["registry", "add", "bad", "169.254.169.254"]);
    expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining("169.254.169.254")]);
    await server.command(["registry", "remove", "bad"]);
  });

  it("refuses to be led into the server's own network where that was not allowed", async () => {
    await using closed = await new ServerProcess(home, "closed").start();
    const own = await closed.signIn(PASSWORD);
    const direct = { kind: "distribution", name: "x", address: registry.host };
    expect((await closed.api(own, "PUT", "/registries/main", { body: direct })).status).toBe(422);
    const named = { ...direct, address: registry.host.replace("127.0.0.1", "localhost") };
    expect((await closed.api(own, "PUT", "/registries/main", { body: named })).status).toBe(200);
    await until("it has failed", DEADLINE_MS, async () => {
      return (await closed.api(own, "GET", "/registries/main")).json.state === "failed";
    });
    expect((await closed.api(own, "GET", "/registries/main")).json).toMatchObject({
      error: { code: "ADDRESS_FORBIDDEN", advice: expect.stringContaining("outbound.allow") },
    });
    expect(registry.requests).toEqual([]);
  });
});

const noRegistry = registryUnavailable();
/** Of the password `U*U`: a test vector of the algorithm's authors. */
const BCRYPT = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

it.skipIf(noRegistry !== undefined)(
  `scans a real registry, over TLS and with a password ${noRegistry ?? ""}`,
  async () => {
    using home = new CommandHome();
    await using registry = await startRealRegistry({ htpasswd: `someone:${BCRYPT}\n`, tls: true });
    writeFiles(home.at("layout"), ociLayoutOf({ layers: [shared, own("real")], tags: ["app:1"] }));
    for (const name of ["team/app:1", "team/app:2", "other/app:1"]) {
      const access = ["--insecure-policy", "copy", "--dest-tls-verify=false", "--dest-creds=someone:U*U"];
      const { stderr, status: code } = spawnSync(
        "skopeo",
        [...access, `oci:${home.at("layout")}`, `docker://${registry.host}/${name}`],
        { encoding: "utf8" },
      );
      expect([code, stderr]).toEqual([0, expect.any(String)]);
    }
    writeFileSync(home.at("authority.pem"), registry.certificate);
    writeFileSync(
      home.at("pratique.yaml"),
      `outbound: { allow: [127.0.0.0/8], certificates: ${home.at("authority.pem")} }\n`,
    );
    const environment = { PRATIQUE_CONFIG: home.at("pratique.yaml") };
    await using server = await new ServerProcess(home, "real", environment).start();
    writeFileSync(home.at("password"), "U*U");
    const flags = ["--username", "someone", "--password-file", home.at("password"), "--include", "team/*"];
    await server.command(["registry", "add", "real", registry.host, ...flags]);
    await until("all that is meant is scanned", DEADLINE_MS, async () =>
      (await server.command(["registry", "show", "real"])).stdout.includes(
        "idle; 2 of 2 images scanned, 0 failed",
      ),
    );
    writeFileSync(home.at("password"), "wrong");
    await server.command(["registry", "add", "real", registry.host, ...flags]);
    await until("it says what to do", DEADLINE_MS, async () =>
      (await server.command(["registry", "show", "real"])).stdout.includes("give credentials that may read"),
    );
  },
);

/** Empty once the process has ended: others come and go meanwhile. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
