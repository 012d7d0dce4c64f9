import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type Registry, type RegistryImageEntry, showHealth } from "@pratique/api";
import {
  type BuiltLayer,
  findCanary,
  type LoopbackRegistry,
  layerOf,
  type PostgresCluster,
  postgresUnavailable,
  startPostgres,
  startRegistry,
} from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandHome } from "./command.ts";
import { ServerProcess } from "./server-process.ts";
import { until } from "./until.ts";

const unavailable = postgresUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: registry-workers.test.ts ${unavailable}`);

const PASSWORD = "kettle-orbit-velvet-47";
const IMAGES = 12;
/** The lease of a dead worker has to run out. */
const DEADLINE_MS = 180_000;

const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const keyLine = key.split("\n")[1] ?? "";

const base = layerOf(
  [
    { path: "srv/key.pem", content: key },
    { path: "etc/os-release", content: 'ID=debian\nVERSION_ID="12"\n' },
    {
      path: "var/lib/dpkg/status",
      content: "Package: bash\nStatus: install ok installed\nVersion: 5.2.15-2\nArchitecture: amd64\n\n",
    },
  ],
  "gzip",
);

const policyOn = (list: string) => `apiVersion: pratique/v1
kind: Policy
metadata: { name: ${list} }
spec:
  rules:
    - { name: seek, deny: "image.${list}State == 'found'", message: m, value: v, fix: f }
`;

describe.skipIf(unavailable !== undefined)("two workers that share a PostgreSQL with a server", () => {
  let cluster: PostgresCluster;
  let url: string;
  let home: CommandHome;
  let registry: LoopbackRegistry;
  let server: ServerProcess;
  let cookie: string;
  const workers = new Map<number, ChildProcess>();
  const own = Array.from({ length: IMAGES }, (_, number) =>
    layerOf([{ path: "app/number", content: String(number) }], "gzip"),
  );

  beforeAll(async () => {
    cluster = await startPostgres();
    url = await cluster.createDatabase();
    home = new CommandHome();
    registry = await startRegistry();
    for (const [number, layer] of own.entries()) {
      registry.push(`team/app-${number}`, "1", { layers: [base, layer] });
    }
    writeFileSync(home.at("database-url"), `${url}\n`, { mode: 0o400 });
    const config = (more: readonly string[]) =>
      [
        `database: { urlFile: ${home.at("database-url")} }`,
        `encryption: { file: ${home.at("shared", "kek")} }`,
        "outbound: { allow: [127.0.0.0/8] }",
        ...more,
      ].join("\n");
    writeFileSync(home.at("server.yaml"), config(["registries: { workers: 0 }"]));
    writeFileSync(home.at("worker.yaml"), config(["registries: { workers: 1 }"]));
    server = await new ServerProcess(home, "main", { PRATIQUE_CONFIG: home.at("server.yaml") }).start();
    cookie = await server.signIn(PASSWORD);
    for (const name of ["one", "two"]) await startWorker(name);
  });

  afterAll(async () => {
    for (const worker of workers.values()) worker.kill("SIGKILL");
    await server?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
    home?.[Symbol.dispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  async function startWorker(name: string): Promise<void> {
    const words = ["worker", "--json", "--config", home.at("worker.yaml"), "--data", home.at(name)];
    const [program, all] = home.commandLine(words);
    const child = spawn(program, all, { env: home.environment, stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    workers.set(child.pid ?? 0, child);
  }

  async function queue(): Promise<readonly RegistryImageEntry[]> {
    const { items } = (await server.api(cookie, "GET", "/registry-images?limit=100")).json;
    return items as readonly RegistryImageEntry[];
  }

  async function shown(): Promise<Registry> {
    return (await server.api(cookie, "GET", "/registries/main")).json as unknown as Registry;
  }

  function select(query: string): string {
    return execFileSync("psql", [url, "-qXAt", "-c", query], { encoding: "utf8" }).trim();
  }

  /** How often the bytes of a layer were asked for. */
  function readsOf({ digest }: BuiltLayer): number {
    return registry.requests.filter(({ target }) => target.endsWith(`/blobs/${digest}`)).length;
  }

  it("are seen by the server, which listens where they do not", async () => {
    const { servers } = showHealth.reply.parse((await server.api(cookie, "GET", "/health")).json);
    const seen = servers.map(({ kind, state, address }) => [kind, state, address]);
    const worker = ["worker", "running", null];
    expect(seen.toSorted()).toEqual([["server", "running", server.url], worker, worker]);
  });

  it("share its images, outlive one of them, and read none twice but what the dead one held", async () => {
    registry.faults.hangs = (target) => target.includes("/team/app-3/manifests/");
    const body = { kind: "distribution", name: "Main", address: registry.host, concurrency: 2 };
    expect((await server.api(cookie, "PUT", "/registries/main", { body })).status).toBe(200);
    const stuck = async () =>
      (await queue()).find(({ worker, reference }) => worker !== null && reference.includes("app-3:"));
    await until("a worker is stuck", DEADLINE_MS, async () => (await stuck()) !== undefined);
    const pid = Number((await stuck())?.worker?.split("/").at(-1));
    const victim = workers.get(pid);
    // The other one goes on meanwhile.
    await until(
      "the others are scanned",
      DEADLINE_MS,
      async () => (await shown()).images.scanned === IMAGES - 1,
    );
    const ended = victim && once(victim, "exit");
    victim?.kill("SIGKILL");
    await ended;
    registry.faults.hangs = () => false;
    await until("all are scanned", DEADLINE_MS, async () => (await shown()).images.scanned === IMAGES);
    const tries = (await queue()).map(({ reference, tries: count }) => [reference.split("/").at(-1), count]);
    expect(tries.filter(([, count]) => count !== 1)).toEqual([["app-3:1", 2]]);
    for (let number = 0; number < IMAGES; number += 1) {
      if (number === 3) continue;
      const manifests = registry.requests.filter(
        ({ method, target }) => method === "GET" && target.includes(`/team/app-${number}/manifests/1`),
      );
      expect([number, manifests.length]).toEqual([number, 1]);
    }
  });

  it("have read each layer once between them, also the one that all images share", async () => {
    expect([base, ...own].map(readsOf)).toEqual([1, ...own.map(() => 1)]);
    const { text } = await server.call("/metrics", { headers: { cookie } });
    expect(text).toMatch(/^pratique_layer_indexes 13$/mu);
  });

  it("begin nothing while the registry is paused, and go on afterwards", async () => {
    await server.api(cookie, "POST", "/registries/main/pause");
    await server.api(cookie, "POST", "/registries/main/scan");
    const asked = registry.requests.length;
    await startWorker("three");
    expect((await shown()).state).toBe("paused");
    expect(registry.requests).toHaveLength(asked);
    await server.api(cookie, "POST", "/registries/main/resume");
    await until("it was listed again", DEADLINE_MS, async () => {
      const { images, state } = await shown();
      return state === "idle" && images.scanned === IMAGES && registry.requests.length > asked;
    });
    // The third worker has read nothing yet, and finds all of it.
    expect([base, ...own].map(readsOf)).toEqual([1, ...own.map(() => 1)]);
  });

  it("read a layer anew over which a worker was killed, as soon as its lease has run out", async () => {
    const late = layerOf([{ path: "app/late", content: "late" }], "gzip");
    for (const name of ["late", "later"]) registry.push(`team/${name}`, "1", { layers: [base, late] });
    registry.faults.hangs = (target) => target.endsWith(`/blobs/${late.digest}`);
    await server.api(cookie, "POST", "/registries/main/scan");
    const being = async () => (await queue()).filter(({ worker }) => worker !== null).length;
    await until("two workers want the layer", DEADLINE_MS, async () => (await being()) === 2);
    await until("one of them reads it", DEADLINE_MS, () => readsOf(late) === 1);
    const holder = select(`select holder from layer_indexes where diff_id = '${late.diffId}'`);
    const victim = workers.get(Number(/\/(\d+) /u.exec(holder)?.[1]));
    const ended = victim && once(victim, "exit");
    victim?.kill("SIGKILL");
    await ended;
    registry.faults.hangs = () => false;
    await until(
      "all are scanned",
      DEADLINE_MS,
      async () => (await shown()).images.scanned === IMAGES + 2 && (await shown()).state === "idle",
    );
    expect([readsOf(late), readsOf(base)]).toEqual([2, 1]);
  });

  it("read each layer once more when secrets are looked for, and keep where they are and none of them", async () => {
    const before = [base, ...own].map(readsOf);
    const { listedAt } = await shown();
    const body = {
      kind: "distribution",
      name: "Main",
      address: registry.host,
      concurrency: 2,
      lookFor: ["secrets"],
    };
    expect((await server.api(cookie, "PUT", "/registries/main", { body })).status).toBe(200);
    await until("all are read again", DEADLINE_MS, async () => {
      const now = await shown();
      return now.state === "idle" && now.listedAt !== listedAt && now.images.scanned === IMAGES + 2;
    });
    expect([base, ...own].map(readsOf)).toEqual(before.map((count) => count + 1));
    const partsWith = (text: string) =>
      Number(select(`select count(*) from layer_index_parts where position('${text}'::bytea in bytes) > 0`));
    expect([partsWith('"rule":"private-key"'), partsWith(keyLine)]).toEqual([1, 0]);
    // The files of the database come and go while it runs.
    writeFileSync(home.at("dump.sql"), execFileSync("pg_dump", [url], { maxBuffer: 1 << 29 }));
    expect(findCanary([home.at("dump.sql")], '"rule":"private-key"')).not.toEqual([]);
    const roots = [server.data, ...["one", "two", "three", "dump.sql"].map((name) => home.at(name))];
    expect(findCanary(roots, keyLine)).toEqual([]);
    expect(server.said).not.toContain(keyLine);
  });

  it("scan again at once what a policy looks at and nobody has looked for, and list nothing for it", async () => {
    const before = [base, ...own].map(readsOf);
    const { listedAt } = await shown();
    for (const [name, isLooking] of [
      ["secrets", false],
      ["licenses", true],
    ] as const) {
      const reply = await server.api(cookie, "PUT", `/policies/${name}`, {
        headers: { "if-match": '"new"' },
        body: { text: policyOn(name), scope: {}, enabled: true },
      });
      expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
      const expected = before.map((count) => (isLooking ? count + 1 : count));
      await until("all that lacks it is read again", DEADLINE_MS, async () => {
        const { images } = await shown();
        return (
          images.scanned === IMAGES + 2 &&
          [base, ...own].every((layer, at) => readsOf(layer) === expected[at])
        );
      });
    }
    expect((await shown()).listedAt).toBe(listedAt);
  });

  it("read all anew once what was shared is believed no more", async () => {
    const before = [base, ...own].map(readsOf);
    select("delete from layer_secrets");
    await server.api(cookie, "POST", "/registries/main/scan");
    await until("all are read again", DEADLINE_MS, async () => {
      const { images, state } = await shown();
      const isRead = [base, ...own].every((layer, at) => readsOf(layer) > (before[at] ?? 0));
      return isRead && state === "idle" && images.scanned === IMAGES + 2;
    });
    expect([base, ...own].map(readsOf)).toEqual(before.map((count) => count + 1));
  });

  it("says what a worker without a shared database lacks", async () => {
    const { code, stderr } = await home.run(["worker"]);
    expect(code).toBe(1);
    expect(stderr).toContain("a worker needs the database that its servers share");
  });
});
