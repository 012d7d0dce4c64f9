import { execFileSync, spawnSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { get, request } from "node:https";
import { createServer } from "node:net";
import path from "node:path";
import process from "node:process";
import { postgresUnavailable, startPostgres, type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { chartRenderer, danglingIn, type KubernetesObject, kubernetesErrors } from "./chart.ts";
import { makeMachineRoot, postgresImage } from "./machine-root.ts";
import { type PodSpec, startPod } from "./pod.ts";
import { engineUnavailable, type PrivateEngine, startPrivateEngine, succeed } from "./private-engine.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const deploy = path.join(repository, "deploy");
const NODE = "/opt/pratique/bin/node";
const PROGRAM = "/opt/pratique/dist/pratique.js";
const PROGRAM_OF_SERVER = "/usr/local/bin/pratique-server";
const WAIT = { timeout: 90_000, interval: 200 };
const SERVER_UID = 10_001;
/** Said once its store is open and the servers' key fits. */
const READY_WORKER = "the worker reads up to 2 images of registries at once";
const renderer = chartRenderer();
/** Values for an image that the machine's own engine has. */
const onTheMachine = { image: { server: "pratique-server" } };
const withKey = { encryption: { existingSecret: "kek" } };
const sharedBySeveral = { server: { replicas: 2 }, database: { existingSecret: "db" }, ...withKey };

function missing(...programs: readonly string[]): string | undefined {
  const absent = programs.find((name) => spawnSync("which", [name]).status !== 0);
  return absent === undefined ? undefined : `(skipped: needs ${absent})`;
}

const noEngine = engineUnavailable();

describe.skipIf(noEngine !== undefined)(`images ${noEngine ?? ""}`, () => {
  let engine: PrivateEngine;
  let directory: TempDirectory;

  beforeAll(async () => {
    directory = tempDirectory();
    engine = await startPrivateEngine();
    await baseImage(engine, directory);
    const context = stageContext(directory);
    for (const target of ["server", "agent"]) {
      const flags = [
        "-f",
        path.join(context, "deploy/Dockerfile"),
        "--build-arg",
        "BASE=base",
        "--target",
        target,
      ];
      succeed(
        await engine.docker(["build", "--network", "none", ...flags, "-t", `pratique-${target}`, context]),
      );
    }
  });

  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
    directory?.[Symbol.dispose]();
  });

  const docker = async (...args: readonly string[]) => succeed(await engine.docker(args)).stdout;

  const logsOf = async (name: string) => {
    const { stdout, stderr } = succeed(await engine.docker(["logs", name]));
    return `${stdout}${stderr}`;
  };

  afterEach(async () => {
    for (const id of (await docker("ps", "-aq")).split("\n").filter(Boolean)) await docker("rm", "-f", id);
  });

  it("run the server as a number without privileges, and an agent that joins it", async () => {
    const [port, agents] = [await freePort(), await freePort()];
    const confined = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
    const run = ["--tmpfs", `/run/pratique:uid=${SERVER_UID},gid=${SERVER_UID},mode=0700`, "--tmpfs", "/tmp"];
    const places = [
      "-e",
      `PRATIQUE_LISTEN=127.0.0.1:${port}`,
      "-e",
      `PRATIQUE_LISTEN_AGENTS=127.0.0.1:${agents}`,
    ];
    await docker(
      "run",
      "-d",
      "--name",
      "server",
      "--network",
      "host",
      ...confined,
      ...run,
      ...places,
      "pratique-server",
    );
    await vi.waitFor(async () => expect(await statusOf(port, "/healthz")).toBe(200), WAIT);
    expect(await statusOf(port, "/readyz")).toBe(200);

    const status = await docker("exec", "server", "cat", "/proc/1/status");
    expect(status).toMatch(new RegExp(`^Uid:\\s+${SERVER_UID}\\s+${SERVER_UID}`, "mu"));
    expect(status).toMatch(/^CapEff:\s+0+$/mu);
    const changed = await engine.docker(["exec", "server", "touch", "/opt/pratique/dist/pratique.js"]);
    expect(changed.code).not.toBe(0);

    const link = await docker("exec", "server", "pratique", "server", "link", "--json");
    expect(await signInBy(JSON.parse(link).url, port)).toBe(200);
    const token = await docker("exec", "server", "pratique", "server", "join-token", "--json");
    const { secret } = JSON.parse(token);
    const identity = ["-v", "agent-data:/var/lib/pratique"];
    const agentFlags = ["--network", "host", "--pid", "host", "--privileged", ...identity];
    const socket = ["-v", `${engine.socketPath}:/var/run/docker.sock`, "-e", "PRATIQUE_HOST_NAME=node-1"];
    const join = ["agent", "join", `https://127.0.0.1:${agents}`, "--token", secret];
    await docker("run", "--rm", ...agentFlags, ...socket, "pratique-agent", ...join);
    await docker("run", "-d", "--name", "agent", ...agentFlags, ...socket, "pratique-agent");
    await vi.waitFor(async () => {
      const told = await docker("exec", "agent", NODE, PROGRAM, "agent", "status", "--json");
      expect(JSON.parse(told)).toMatchObject({ host: "node-1" });
      expect(await docker("logs", "agent")).not.toContain("SERVER_DISOWNS");
    }, WAIT);
  });

  const noRenderer = renderer === undefined ? "(skipped: needs helm or go)" : undefined;
  const noCluster = noRenderer ?? postgresUnavailable();

  it.skipIf(noCluster !== undefined)(
    `start in a pod of the chart with a key from a Secret, and workers beside it ${noCluster ?? ""}`,
    async () => {
      await using cluster = await startPostgres();
      const url = new URL(await cluster.createDatabase());
      // Its directory is its own account's; the container has another.
      const sockets = url.searchParams.get("host") ?? "";
      chmodSync(sockets, 0o711);
      const encryption = { ...withKey.encryption, logKey: true };
      const objects = rendered({ ...onTheMachine, ...sharedBySeveral, encryption, worker: { replicas: 1 } });
      const [port, flags] = await portFlags();
      const logKey = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
      const kek = `${randomBytes(32).toString("base64")}\n`;
      const place = directory.at("pod-with-secret");
      const contents = {
        db: { url: url.href },
        kek: { kek, "log.pem": String(logKey) },
        "pratique-server": objectOf(objects, "ConfigMap").data,
        "pratique-worker": objectOf(objects, "ConfigMap", "worker").data,
      };
      const reach = ["-v", `${sockets}:${sockets}`];
      await startPod(engine, podOf(objects), { directory: place, contents, flags: [...flags, ...reach] });
      await vi.waitFor(async () => expect(await statusOf(port, "/readyz")).toBe(200), WAIT);

      // The key is the Secret's, in a file that nobody else may read, and no other one was made.
      expect(readFileSync(path.join(place, "keys/kek"), "utf8")).toBe(kek);
      expect(statSync(path.join(place, "keys/kek"))).toMatchObject({ uid: SERVER_UID, mode: 0o100600 });
      expect(readdirSync(path.join(place, "data/server"))).not.toContain("keys");
      const shared = createPublicKey(logKey).export({ type: "spki", format: "der" }).subarray(-32);
      const published = readFileSync(path.join(place, "data/server/audit/log.vkey"), "utf8");
      // NAME+ID+KEY, and the key is Base64, which has that sign too.
      const [, , ...encoded] = published.trim().split("+");
      expect(Buffer.from(encoded.join("+"), "base64").subarray(1)).toEqual(shared);
      // A key that is changed in the pod would be lost with it.
      const rotated = await engine.docker([
        "exec",
        "server",
        "pratique",
        "server",
        "keys",
        "rotate",
        "--kek",
      ]);
      expect(rotated.code).not.toBe(0);
      expect(readFileSync(path.join(place, "keys/kek"), "utf8")).toBe(kek);
      const link = await docker("exec", "server", "pratique", "server", "link", "--json");
      expect(await signInBy(JSON.parse(link).url, port)).toBe(200);

      const besides = { directory: directory.at("pod-of-worker"), contents, flags: reach };
      await startPod(engine, podOf(objects, "worker"), besides);
      await vi.waitFor(async () => expect(await logsOf("worker")).toContain(READY_WORKER), WAIT);
      await startWorkerOfUnit({ url: url.href, kek }, reach);
      await vi.waitFor(async () => expect(await logsOf("worker-of-unit")).toContain(READY_WORKER), WAIT);
    },
  );

  /** What the unit of a worker starts, as its account, with the two files that an administrator writes. */
  const startWorkerOfUnit = async (
    { url, kek }: { readonly url: string; readonly kek: string },
    flags: readonly string[],
  ) => {
    const { program, words, environment } = serviceOf("pratique-worker.service");
    const configuration = directory.at("etc-of-worker");
    mkdirSync(configuration);
    for (const [name, text] of Object.entries({ "database-url": url, kek })) {
      writeFileSync(path.join(configuration, name), text, { mode: 0o400 });
      chownSync(path.join(configuration, name), SERVER_UID, SERVER_UID);
    }
    const places =
      "database: { urlFile: /etc/pratique/database-url }\nencryption: { file: /etc/pratique/kek }\n";
    writeFileSync(path.join(configuration, "worker.yaml"), places);
    const own = [environment.PRATIQUE_DATA, environment.PRATIQUE_RUN];
    const run = [
      "run",
      "-d",
      "--name",
      "worker-of-unit",
      "--network",
      "host",
      "--user",
      "pratique",
      "--read-only",
    ];
    const state = own.flatMap((place) => [
      "--tmpfs",
      `${place}:uid=${SERVER_UID},gid=${SERVER_UID},mode=0700`,
    ]);
    const variables = Object.entries(environment).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const mounts = ["-v", `${configuration}:/etc/pratique:ro`, ...state, ...flags];
    await docker(...run, ...mounts, ...variables, "--entrypoint", program, "pratique-server", ...words);
  };

  it.skipIf(noRenderer !== undefined)(
    `start again in a pod whose volume was opened to the group ${noRenderer ?? ""}`,
    async () => {
      const objects = rendered(onTheMachine);
      const [port, flags] = await portFlags();
      const pod = { directory: directory.at("pod-with-volume"), contents: {}, flags };
      const ready = async () =>
        await vi.waitFor(async () => expect(await statusOf(port, "/readyz")).toBe(200), WAIT);
      await startPod(engine, podOf(objects), pod);
      await ready();
      await docker("rm", "-f", "server");
      execFileSync("chmod", ["-R", "g+rwX", path.join(pod.directory, "data")]);
      await startPod(engine, podOf(objects), pod);
      await ready();
    },
  );

  const noCompose = missing("docker-compose") ?? postgresUnavailable();

  it.skipIf(noCompose !== undefined)(`are composed with a PostgreSQL ${noCompose ?? ""}`, async () => {
    await postgresImage(engine, directory.at("postgres"), "postgres-of-this-machine");
    const [port, agents, database] = [await freePort(), await freePort(), await freePort()];
    const secrets = directory.at("secrets");
    mkdirSync(secrets, { mode: 0o700 });
    const password = randomBytes(24).toString("hex");
    writeFileSync(path.join(secrets, "database-password"), `${password}\n`, { mode: 0o600 });
    const urlFile = path.join(secrets, "database-url");
    writeFileSync(urlFile, `postgres://pratique:${password}@postgres:${database}/pratique`, { mode: 0o400 });
    chownSync(urlFile, SERVER_UID, SERVER_UID);
    // The private engine has no bridge: what would meet on a network of its own meets on the machine's.
    const override = directory.at("override.yaml");
    writeFileSync(
      override,
      `services:
  postgres:
    network_mode: host
    command: ["-p", "${database}", "-c", "listen_addresses=127.0.0.1"]
    environment: { PGPORT: "${database}" }
  worker:
    network_mode: host
    extra_hosts: ["postgres:127.0.0.1"]
  server:
    network_mode: host
    extra_hosts: ["postgres:127.0.0.1"]
    ports: !reset []
    environment:
      PRATIQUE_LISTEN: 127.0.0.1:${port}
      PRATIQUE_LISTEN_AGENTS: 127.0.0.1:${agents}
`,
    );
    const compose = (...args: readonly string[]) =>
      execFileSync("docker-compose", ["-f", path.join(deploy, "compose.yaml"), "-f", override, ...args], {
        env: {
          PATH: process.env.PATH,
          HOME: directory.at("."),
          DOCKER_HOST: engine.host,
          PRATIQUE_SECRETS: secrets,
          PRATIQUE_POSTGRES_IMAGE: "postgres-of-this-machine",
          PRATIQUE_PUBLIC_URL: `https://localhost:${port}`,
        },
        stdio: ["ignore", "pipe", "pipe"],
        encoding: "utf8",
      });
    const confined = { read_only: true, cap_drop: ["ALL"] };
    expect(parse(compose("--profile", "agent", "--profile", "worker", "config"))).toMatchObject({
      services: { agent: { privileged: true }, server: confined, worker: confined },
    });
    compose("up", "-d", "--no-build");
    await vi.waitFor(async () => expect(await statusOf(port, "/readyz")).toBe(200), WAIT);
    expect(parse(compose("ps", "--format", "json", "postgres"))).toMatchObject({ Health: "healthy" });
    // What it is ready with is the database: it made no file of its own.
    const files = await docker("exec", "pratique-server-1", "ls", "/var/lib/pratique/server");
    expect(files).toContain("tls");
    expect(files).not.toContain("pratique.sqlite");
    const link = compose("exec", "-T", "server", "pratique", "server", "link", "--json");
    expect(JSON.parse(link).url).toContain(`https://localhost:${port}/`);
    expect(await signInBy(JSON.parse(link).url, port)).toBe(200);
    compose("--profile", "worker", "up", "-d", "--no-build");
    await vi.waitFor(() => expect(compose("logs", "worker")).toContain(READY_WORKER), WAIT);
    compose("--profile", "worker", "down", "--volumes");
  });

  it("are what a unit of systemd starts, as its account, and tell an administrator a link", async () => {
    await engine.imageFromDockerfile(
      `FROM pratique-server
USER 0
COPY pratique-server /usr/local/bin/pratique-server
RUN mkdir -p /var/lib/pratique-server /run/pratique-server /etc/pratique \\
  && chown pratique:pratique /var/lib/pratique-server /run/pratique-server \\
  && chmod 0700 /var/lib/pratique-server /run/pratique-server && chmod 0755 /usr/local/bin/pratique-server
`,
      "machine",
      { "pratique-server": readFileSync(path.join(deploy, "systemd/pratique-server"), "utf8") },
    );
    const port = await freePort();
    const { program, words, environment } = serviceOf("pratique-server.service");
    const configuration = directory.at("server.yaml");
    writeFileSync(configuration, `listen: 127.0.0.1:${port}\n`);
    // Of the image's own variables none counts on such a machine.
    const cleared = Object.entries({ PRATIQUE_LISTEN: "", PRATIQUE_LISTEN_AGENTS: "", ...environment });
    await docker(
      "run",
      "-d",
      "--name",
      "machine",
      "--network",
      "host",
      "--user",
      "pratique",
      "-v",
      `${configuration}:${environment.PRATIQUE_CONFIG}`,
      ...cleared.flatMap(([name, value]) => ["-e", `${name}=${value}`]),
      "--entrypoint",
      program,
      "machine",
      ...words,
    );
    await vi.waitFor(async () => expect(await statusOf(port, "/readyz")).toBe(200), WAIT);
    const asRoot = [
      "exec",
      "--user",
      "0",
      "-e",
      "PRATIQUE_LISTEN=",
      "-e",
      "PRATIQUE_LISTEN_AGENTS=",
      "machine",
    ];
    const link = await docker(...asRoot, PROGRAM_OF_SERVER, "link", "--json");
    expect(await signInBy(JSON.parse(link).url, port)).toBe(200);
    // What it does not name it does not do: a second server would be one command too short.
    expect((await engine.docker([...asRoot, PROGRAM_OF_SERVER])).stdout).toContain("Usage: pratique server");
  });
});

const noSystemd = missing("systemd-analyze");

describe.skipIf(noSystemd !== undefined)(`units ${noSystemd ?? ""}`, () => {
  /** At most, in tenths, as `systemd-analyze security` counts: 0 is shut, 100 open. */
  const exposures: Readonly<Record<string, number>> = {
    "pratique-server.service": 15,
    "pratique-worker.service": 15,
    "pratique-gate.service": 20,
    "pratique-agent.service": 65,
  };

  it.each(globSync("systemd/*.service", { cwd: deploy }).sort())(
    "%s is sound, and as shut as it can be",
    (unit) => {
      using directory = tempDirectory();
      const name = path.basename(unit);
      // Its program is not installed here; all else is judged.
      const text = readFileSync(path.join(deploy, unit), "utf8").replaceAll(NODE, process.execPath);
      for (const each of globSync("systemd/*.service", { cwd: deploy }))
        cpSync(path.join(deploy, each), directory.at(path.basename(each)));
      writeFileSync(directory.at(name), text);
      const verified = spawnSync("systemd-analyze", ["verify", "--man=no", directory.at(name)], {
        encoding: "utf8",
      });
      const about = verified.stderr.split("\n").filter((line) => line.includes(name));
      expect(about.filter((line) => !line.includes(NODE))).toEqual([]);
      const judged = spawnSync(
        "systemd-analyze",
        ["security", "--offline=true", "--threshold", String(exposures[name]), directory.at(name)],
        {
          encoding: "utf8",
        },
      );
      expect(judged.stdout.trim().split("\n").at(-1)).toContain("Overall exposure level");
      expect(judged.status).toBe(0);
    },
  );
});

const chart = path.join(deploy, "helm/pratique");

it("has a chart whose plain parts are well-formed", () => {
  for (const file of ["Chart.yaml", "values.yaml"]) {
    const documents = parseAllDocuments(readFileSync(path.join(chart, file), "utf8"));
    expect([...documents].flatMap(({ errors }) => errors)).toEqual([]);
  }
  expect(JSON.parse(readFileSync(path.join(chart, "values.schema.json"), "utf8"))).toHaveProperty(
    "properties.server",
  );
});

describe.skipIf(renderer === undefined)(
  `the chart, rendered by ${renderer?.name ?? "nobody (skipped: needs helm or go)"}`,
  () => {
    const agents = { image: { server: "a", agent: "b" }, agent: { enabled: true } };
    const outbound = { allow: ["10.20.0.0/16", "fd00::/64"] };
    const withWorkers = { ...sharedBySeveral, worker: { replicas: 3 } };

    it.each([
      ["a server with a file of its own", onTheMachine, ["PersistentVolumeClaim"]],
      ["several servers with a database and a key", sharedBySeveral, ["ConfigMap"]],
      ["one server with a key and a file of its own", withKey, ["ConfigMap", "PersistentVolumeClaim"]],
      ["workers too", withWorkers, ["ConfigMap", "ConfigMap", "Deployment"]],
      [
        "a server that may reach a network of one's own",
        { outbound },
        ["ConfigMap", "PersistentVolumeClaim"],
      ],
      ["agents too", agents, ["DaemonSet", "PersistentVolumeClaim"]],
    ])("makes %s, and names in it what there is", (_, values, more) => {
      const objects = rendered({ ...onTheMachine, ...values });
      expect(objects.map(({ kind }) => kind).sort()).toEqual(
        [...more, "Deployment", "Service", "ServiceAccount"].sort(),
      );
      expect(objects.flatMap((object) => danglingIn(object, objects))).toEqual([]);
      expect(kubernetesErrors(objects)).toBe("");
    });

    it("would be refused by Kubernetes' own types with a member that there is not", () => {
      const [deployment] = rendered(onTheMachine).filter(({ kind }) => kind === "Deployment");
      const wrong = { ...deployment, kind: "Deployment", spec: { ...deployment?.spec, replica: 2 } };
      expect(kubernetesErrors([wrong])).toMatch(/'"?replica"?' does not exist/u);
    });

    it.each(["server", "worker"])(
      "gives a %s no Secret with a key, but a copy that it cannot change",
      (part) => {
        const { initContainers, containers, volumes } = podOf(
          rendered({ ...onTheMachine, ...withWorkers }),
          part,
        );
        const secret = volumes.find((volume) => volume.secret?.secretName === "kek")?.name ?? "";
        const mountsOf = (all: PodSpec["containers"]) => all.flatMap(({ volumeMounts }) => volumeMounts);
        expect(mountsOf(initContainers).map(({ name }) => name)).toContain(secret);
        expect(mountsOf(containers).map(({ name }) => name)).not.toContain(secret);
        expect(mountsOf(containers)).toContainEqual({ name: "keys", mountPath: "/run/keys", readOnly: true });
      },
    );

    it.each(["server", "worker"])(
      "tells a %s what it may reach, and starts it anew when that is another",
      (part) => {
        const objects = rendered({ ...onTheMachine, ...withWorkers, outbound });
        const text = objectOf(objects, "ConfigMap", part).data["pratique.yaml"];
        expect(parse(text)).toMatchObject({ encryption: { file: "/run/keys/kek" }, outbound });
        const markOf = (all: readonly KubernetesObject[]) =>
          objectOf(all, "Deployment", part).spec.template.metadata.annotations["pratique/configuration"];
        expect(markOf(objects)).toMatch(/^[0-9a-f]{64}$/u);
        expect(markOf(objects)).not.toBe(markOf(rendered({ ...onTheMachine, ...withWorkers })));
      },
    );

    it.each([
      ["an empty address", { ...onTheMachine, outbound: { allow: [""] } }, "allow"],
      ["no image", {}, "image.server names the image"],
      ["several servers without a database", { ...onTheMachine, server: { replicas: 2 } }, "existingSecret"],
      [
        "a server whose key would be gone with its pod",
        { ...onTheMachine, database: { existingSecret: "db" } },
        "existingSecret",
      ],
      ["workers without a database", { ...onTheMachine, worker: { replicas: 1 } }, "existingSecret"],
      ["a value that there is not", { ...onTheMachine, server: { replica: 2 } }, "dditional propert"],
      [
        "agents without an image",
        { ...onTheMachine, agent: { enabled: true } },
        "image.agent names the image",
      ],
    ])("refuses %s", (_, values, reason) => {
      expect(() => rendered(values)).toThrow(reason);
    });
  },
);

function rendered(values: Readonly<Record<string, unknown>>): readonly KubernetesObject[] {
  if (renderer === undefined) throw new Error("there is nothing to render a chart with");
  return renderer.render(values);
}

function objectOf(objects: readonly KubernetesObject[], kind: string, part = "server"): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name.endsWith(`-${part}`));
  if (found === undefined) throw new Error(`the chart makes no ${kind} of a ${part}`);
  return found;
}

function podOf(objects: readonly KubernetesObject[], part?: string): PodSpec {
  return objectOf(objects, "Deployment", part).spec.template.spec;
}

/** The command line and the variables of a unit, as systemd reads them. */
function serviceOf(unit: string) {
  const text = readFileSync(path.join(deploy, "systemd", unit), "utf8");
  const [program = "", ...words] = /^ExecStart=(.+)$/mu.exec(text)?.[1]?.split(" ") ?? [];
  const pairs = [...text.matchAll(/^Environment=(.+)$/gmu)].flatMap(([, line = ""]) => line.split(" "));
  const environment: Record<string, string> = {};
  for (const pair of pairs) environment[pair.slice(0, pair.indexOf("="))] = pair.slice(pair.indexOf("=") + 1);
  return { program, words, environment };
}

/** A free port of the machine, and the flags that put the server in a pod there. */
async function portFlags(): Promise<readonly [number, readonly string[]]> {
  const [port, agents] = [await freePort(), await freePort()];
  const places = [`PRATIQUE_LISTEN=127.0.0.1:${port}`, `PRATIQUE_LISTEN_AGENTS=127.0.0.1:${agents}`];
  return [port, places.flatMap((place) => ["-e", place])];
}

/** As small as a base can be: what Node needs of this machine's libraries, and busybox. */
async function baseImage(engine: PrivateEngine, directory: TempDirectory): Promise<void> {
  const root = directory.at("base");
  makeMachineRoot(root, {
    programs: [nodeBinary(), "/usr/bin/setpriv"],
    passwd: [`pratique:x:${SERVER_UID}:${SERVER_UID}::/var/lib/pratique-server:/bin/sh`],
  });
  rmSync(path.join(root, nodeBinary()));
  await engine.imageFromRoot(root, "base");
}

/** What the Dockerfile takes, since the classic builder knows no file that leaves things out for it alone. */
function stageContext(directory: TempDirectory): string {
  const context = directory.at("context");
  cpSync(path.join(repository, "dist"), path.join(context, "dist"), { recursive: true });
  cpSync(nodeBinary(), path.join(context, "node_modules/node/bin/node"), { dereference: true });
  cpSync(path.join(repository, "bin"), path.join(context, "bin"), { recursive: true });
  for (const name of ["koffi", "@koromix"]) {
    cpSync(path.join(repository, "node_modules", name), path.join(context, "node_modules", name), {
      recursive: true,
    });
  }
  cpSync(deploy, path.join(context, "deploy"), { recursive: true });
  return context;
}

function nodeBinary(): string {
  return path.join(repository, "node_modules/node/bin/node");
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return address === null || typeof address === "string" ? 0 : address.port;
}

async function statusOf(port: number, pathname: string): Promise<number> {
  const call = get({ host: "127.0.0.1", port, path: pathname, rejectUnauthorized: false });
  const [reply] = await once(call, "response");
  reply.resume();
  return reply.statusCode;
}

/** Opens a link as a browser does that finds its name at this machine, and gives the status. */
async function signInBy(link: string, port: number): Promise<number> {
  const { host, origin } = new URL(link);
  const call = request({
    host: "127.0.0.1",
    port,
    path: "/api/v1/session",
    method: "POST",
    rejectUnauthorized: false,
    headers: { "content-type": "application/json", host, origin },
  });
  call.end(JSON.stringify({ token: new URL(link).hash.slice(1) }));
  const [reply] = await once(call, "response");
  reply.resume();
  return reply.statusCode;
}
