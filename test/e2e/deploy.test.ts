import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { get } from "node:https";
import { createServer } from "node:net";
import path from "node:path";
import process from "node:process";
import { postgresUnavailable, startPostgres, type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { engineUnavailable, type PrivateEngine, startPrivateEngine, succeed } from "./private-engine.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const deploy = path.join(repository, "deploy");
const NODE = "/opt/pratique/bin/node";
const PROGRAM = "/opt/pratique/dist/pratique.js";
const WAIT = { timeout: 90_000, interval: 200 };
const SERVER_UID = 10_001;

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

    const token = await docker("exec", "server", NODE, PROGRAM, "server", "join-token", "--json");
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
    await docker("kill", "server", "agent");
  });

  const noCompose = missing("docker-compose") ?? postgresUnavailable();

  it.skipIf(noCompose !== undefined)(`are composed with a PostgreSQL ${noCompose ?? ""}`, async () => {
    await using cluster = await startPostgres();
    const url = new URL(await cluster.createDatabase());
    // Its directory is its own account's; the container has another.
    chmodSync(url.searchParams.get("host") ?? "", 0o711);
    const [port, agents] = [await freePort(), await freePort()];
    const secrets = directory.at("secrets");
    mkdirSync(secrets);
    writeFileSync(path.join(secrets, "database-password"), "unused\n");
    const urlFile = path.join(secrets, "database-url");
    writeFileSync(urlFile, `${url.href}\n`, { mode: 0o400 });
    chownSync(urlFile, SERVER_UID, SERVER_UID);
    // The private engine has no bridge, and the database is the machine's.
    const override = directory.at("override.yaml");
    const sockets = url.searchParams.get("host");
    writeFileSync(
      override,
      `services:
  server:
    network_mode: host
    ports: !reset []
    depends_on: !reset {}
    environment:
      PRATIQUE_LISTEN: 127.0.0.1:${port}
      PRATIQUE_LISTEN_AGENTS: 127.0.0.1:${agents}
    volumes: ["${sockets}:${sockets}"]
`,
    );
    const compose = (...args: readonly string[]) =>
      execFileSync("docker-compose", ["-f", path.join(deploy, "compose.yaml"), "-f", override, ...args], {
        env: {
          PATH: process.env.PATH,
          HOME: directory.at("."),
          DOCKER_HOST: engine.host,
          PRATIQUE_SECRETS: secrets,
        },
        stdio: ["ignore", "pipe", "pipe"],
        encoding: "utf8",
      });
    expect(parse(compose("--profile", "agent", "config"))).toMatchObject({
      services: { agent: { privileged: true }, server: { read_only: true, cap_drop: ["ALL"] } },
    });
    compose("up", "-d", "--no-build", "--no-deps", "server");
    await vi.waitFor(async () => expect(await statusOf(port, "/readyz")).toBe(200), WAIT);
    // What it is ready with is the database: it made no file of its own.
    const files = await docker("exec", "pratique-server-1", "ls", "/var/lib/pratique/server");
    expect(files).toContain("tls");
    expect(files).not.toContain("pratique.sqlite");
    compose("down", "--volumes");
  });
});

const noSystemd = missing("systemd-analyze");

describe.skipIf(noSystemd !== undefined)(`units ${noSystemd ?? ""}`, () => {
  /** At most, in tenths, as `systemd-analyze security` counts: 0 is shut, 100 open. */
  const exposures: Readonly<Record<string, number>> = {
    "pratique-server.service": 15,
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

const noHelm = missing("helm");
const chart = path.join(deploy, "helm/pratique");

it("has a chart whose plain parts are well-formed", () => {
  for (const file of ["Chart.yaml", "values.yaml"]) {
    const documents = parseAllDocuments(readFileSync(path.join(chart, file), "utf8"));
    expect([...documents].flatMap(({ errors }) => errors)).toEqual([]);
  }
  expect(JSON.parse(readFileSync(path.join(chart, "values.schema.json"), "utf8"))).toHaveProperty(
    "properties.server",
  );
  expect(existsSync(path.join(chart, "templates/server.yaml"))).toBe(true);
});

describe.skipIf(noHelm !== undefined)(`the chart, rendered ${noHelm ?? ""}`, () => {
  const render = (...flags: readonly string[]) =>
    spawnSync("helm", ["template", "pratique", chart, ...flags.flatMap((flag) => ["--set", flag])], {
      encoding: "utf8",
    });
  const kindsOf = (text: string) =>
    [...parseAllDocuments(text)].map((document) => `${document.toJS()?.kind}`).sort();

  it("makes a server with a file of its own", () => {
    const { status, stdout, stderr } = render("image.server=server@sha256:1");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(kindsOf(stdout)).toEqual(["Deployment", "PersistentVolumeClaim", "Service", "ServiceAccount"]);
  });

  it("makes several servers with a database and a key, and agents", () => {
    const shared = ["server.replicas=2", "database.existingSecret=db", "encryption.existingSecret=kek"];
    const { status, stdout } = render("image.server=a", "image.agent=b", "agent.enabled=true", ...shared);
    expect(status).toBe(0);
    expect(kindsOf(stdout)).toEqual(["DaemonSet", "Deployment", "Service", "ServiceAccount"]);
  });

  it.each([
    ["no image", []],
    ["several servers without a database", ["image.server=a", "server.replicas=2"]],
    ["a value that there is not", ["image.server=a", "server.replica=2"]],
  ])("refuses %s", (_, flags) => {
    expect(render(...flags).status).not.toBe(0);
  });
});

/** As small as a base can be: this machine's C library and what Node needs of it, and busybox. */
async function baseImage(engine: PrivateEngine, directory: TempDirectory): Promise<void> {
  const root = directory.at("base");
  for (const name of ["bin", "etc", "tmp", "usr", "var", "run", "proc", "sys", "dev"]) {
    mkdirSync(path.join(root, name), { recursive: true });
  }
  chmodSync(path.join(root, "tmp"), 0o1777);
  writeFileSync(path.join(root, "etc/passwd"), "root:x:0:0:root:/:/bin/sh\n");
  writeFileSync(path.join(root, "etc/hosts"), "127.0.0.1 localhost\n");
  writeFileSync(path.join(root, "etc/nsswitch.conf"), "hosts: files\n");
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((file) => existsSync(file)) ?? "";
  cpSync(busybox, path.join(root, "bin/busybox"));
  for (const name of ["sh", "ls", "cat", "mkdir", "chown", "chmod", "touch", "id"]) {
    symlinkSync("busybox", path.join(root, "bin", name));
  }
  const libraries = execFileSync("ldd", [nodeBinary()], { encoding: "utf8" }).match(/\/lib\S+/gu) ?? [];
  for (const library of libraries) {
    mkdirSync(path.dirname(path.join(root, library)), { recursive: true });
    copyFileSync(library, path.join(root, library));
  }
  await engine.imageFromRoot(root, "base");
}

/** What the Dockerfile takes, since the classic builder knows no file that leaves things out for it alone. */
function stageContext(directory: TempDirectory): string {
  const context = directory.at("context");
  cpSync(path.join(repository, "dist"), path.join(context, "dist"), { recursive: true });
  cpSync(nodeBinary(), path.join(context, "node_modules/node/bin/node"), { dereference: true });
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
