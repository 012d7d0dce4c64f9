import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { listImageFindings } from "@pratique/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fleet, FleetServer, type Machine, until } from "./agent-harness.ts";
import { makeMachineRoot } from "./machine-root.ts";
import { engineUnavailable } from "./private-engine.ts";

const sensor = path.resolve(import.meta.dirname, "../../dist/sensor/pratique-sensor");
const unavailable =
  engineUnavailable() ?? (existsSync(sensor) ? undefined : "the native sensor has not been built");
if (unavailable !== undefined) console.warn(`SKIPPED: files-in-use.test.ts ${unavailable}`);

const IMAGE = "shop:1";
const CONFIG = `
runtime:
  # Other engines of this machine are not ours to stop.
  prevent: engine
gate:
  mode: observe
`;
/** Processes are looked at for a minute before anything is told, which is done twice a minute. */
const TOLD_MS = 180_000;
const READ_PAUSE_MS = 2000;

/** Packages with flaws, and the files that each installed; undefined of one without a list. */
const packages: Readonly<Record<string, readonly string[] | undefined>> = {
  bash: ["/bin/busybox"],
  expat: ["/usr/lib/x86_64-linux-gnu/libexpat.so.1"],
  glibc: ["/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/share/doc/glibc/copyright"],
  openssl: undefined,
  zlib: ["/usr/lib/x86_64-linux-gnu/libz.so.1"],
};

/** An image with a program that is linked with the C library, and with one that is not. */
function makeRoot(root: string): void {
  makeMachineRoot(root, { programs: ["/usr/bin/sleep"], passwd: [] });
  const put = (name: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  };
  put("etc/os-release", 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n');
  put("usr/lib/x86_64-linux-gnu/libexpat.so.1", "nobody loads it");
  const stanzas = Object.entries(packages).map(([name, files]) => {
    if (files !== undefined) put(`var/lib/dpkg/info/${name}.list`, `${files.join("\n")}\n`);
    return `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\nMaintainer: Debian <debian@lists.debian.org>\n`;
  });
  put("var/lib/dpkg/status", stanzas.join("\n"));
}

describe.skipIf(unavailable !== undefined)("packages in use", () => {
  let fleet: Fleet;
  let server: FleetServer;
  let host: Machine;
  let image: string;

  beforeAll(async () => {
    fleet = new Fleet();
    server = await FleetServer.start(fleet);
    const config = fleet.at("pratique.yaml");
    writeFileSync(config, CONFIG);
    host = fleet.machine("worker-1", {
      PRATIQUE_ENGINE: "",
      PRATIQUE_RUNTIME: "auto",
      PRATIQUE_CONFIG: config,
    });
    await server.join(host);
    await host.start("up", ["--private-engine"]);
    const root = fleet.at("root");
    makeRoot(root);
    const { stdout } = spawnSync("tar", ["-C", root, "-c", "."], { maxBuffer: 256 * 1024 * 1024 });
    image = docker(["import", "-", IMAGE], stdout).trim();
    await until("the sensor runs", 60_000, () => host.command(["profile", "list"]).code === 0);
  });
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
  });

  function docker(words: readonly string[], input?: Buffer): string {
    const { status, stdout, stderr } = spawnSync(
      "docker",
      ["-H", `unix://${host.run("docker.sock")}`, ...words],
      {
        env: { PATH: process.env.PATH, DOCKER_CONFIG: fleet.directory },
        timeout: 60_000,
        ...(input !== undefined && { input }),
      },
    );
    if (status !== 0) throw new Error(String(stderr));
    return String(stdout);
  }

  /** How each package that has a finding is used: what the score says, and by what. */
  async function uses(): Promise<
    Readonly<Record<string, readonly [string | undefined, string | undefined]>>
  > {
    await sleep(READ_PAUSE_MS);
    const { json } = await server.call("GET", `/api/v1/images/${encodeURIComponent(image)}/findings`);
    const { items } = listImageFindings.reply.parse(json);
    return Object.fromEntries(
      items.map(({ packageName, risk }) => {
        const term = risk.terms.find(({ name }) => name === "in-use");
        return [packageName, [term?.value, term?.detail]];
      }),
    );
  }

  it("are told apart from those that are only installed, by what processes have in memory", async () => {
    const added = "/usr/lib/x86_64-linux-gnu/libz.so.1";
    const script = [
      `cp /lib/x86_64-linux-gnu/libc.so.6 ${added}`,
      "/usr/bin/sleep 1000 &",
      // What was put in the place of a package's file is not the image's.
      `LD_PRELOAD=${added} /usr/bin/sleep 1000 &`,
      "wait",
    ];
    const id = docker(["run", "-d", "--network", "none", IMAGE, "sh", "-c", script.join("\n")]).trim();
    const took = await until("the server knows what is in use", TOLD_MS, async () => {
      const { glibc } = await uses();
      return glibc?.[0] === "loaded";
    });
    expect(docker(["exec", id, "sh", "-c", "cat /proc/[0-9]*/maps"])).toContain(added);
    console.info(`what is in use was at the server after ${Math.round(took)} ms`);
    const unseen = [
      "not-seen",
      expect.stringMatching(/^no process that ran for long had a file of it since 20/u),
    ];
    await until("all has been looked at", TOLD_MS, async () => (await uses()).expat?.[0] === "not-seen");
    expect(await uses()).toEqual({
      bash: ["executed", "/bin/busybox"],
      expat: unseen,
      glibc: ["loaded", expect.stringMatching(/\/libc\.so\.6$/u)],
      openssl: ["image-runs", undefined],
      zlib: unseen,
    });
  });
});
