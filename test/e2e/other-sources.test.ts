import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "@pratique/advisory";
import { parseImageTarget, type ScanReport } from "@pratique/core";
import { Engine } from "@pratique/engine";
import { hostSources, localSources } from "@pratique/oci";
import { scanImage } from "@pratique/scan";
import {
  archiveOf,
  dockerArchiveOf,
  layerOf,
  type TempDirectory,
  tarOf,
  tempDirectory,
} from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rootMissing } from "./command.ts";

const needs = ["podman", "runc", "containerd", "ctr", "lxc-create", "lxc-copy", "busybox"];
const missing = needs.find((program) => spawnSync("which", [program]).status !== 0);
const unavailable = rootMissing ?? (missing === undefined ? undefined : `needs ${missing}`);
const IMAGE = "localhost/shop:1";
const COMMAND_DEADLINE_MS = 60_000;

const status = (version: string) =>
  `Package: bash\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\nMaintainer: x\nDescription: y\n\n`;
const node = (directory: string, name: string) => ({
  path: `srv/${directory}/node_modules/${name}/package.json`,
  content: `{"name":"${name}","version":"1.0.0"}`,
});

/** Each layer undoes something of the one below; where that is overlooked, packages are reported that are gone. */
const layers = [
  layerOf([
    { path: "bin/busybox", content: readFileSync("/usr/bin/busybox"), mode: 0o755 },
    { path: "etc/os-release", content: 'ID=debian\nVERSION_ID="12"\n' },
    { path: "var/lib/dpkg/status", content: status("5.2.15-1") },
    node("gone", "gone"),
    node("hidden", "old"),
  ]),
  layerOf([
    { path: "srv/.wh.gone" },
    { path: "srv/hidden/" },
    { path: "srv/hidden/.wh..wh..opq" },
    node("hidden", "new"),
  ]),
  layerOf([{ path: "var/lib/dpkg/status", content: status("5.2.15-2") }]),
];
const expected = ["bash 5.2.15-2", "new 1.0.0"];
const installed = "added 1.0.0";

describe.skipIf(unavailable !== undefined)(
  `images and containers of other runtimes ${unavailable ?? ""}`,
  () => {
    let directory: TempDirectory;
    let daemon: ChildProcess | undefined;
    let archive: string;
    /** A tar with a package that is put into containers. */
    let addition: string;

    beforeAll(async () => {
      directory = tempDirectory();
      archive = directory.at("shop.tar");
      const config = { config: { Cmd: ["/bin/busybox", "true"] } };
      writeFileSync(archive, archiveOf(dockerArchiveOf({ layers, tags: [IMAGE], config })));
      addition = directory.at("added.tar");
      writeFileSync(addition, tarOf([node("added", "added")]));
    });

    afterAll(async () => {
      if (daemon !== undefined) {
        const ended = once(daemon, "exit");
        daemon.kill("SIGTERM");
        await ended;
      }
      directory[Symbol.dispose]();
    });

    const scan = async (target: string): Promise<ScanReport> => {
      await using engine = new Engine({ address: { kind: "unix", socketPath: directory.at("no.sock") } });
      using advisories = openDatabase(directory.at("advisories"), { clock: () => new Date() });
      const podmanRoots = [directory.at("absent"), directory.at("overlay"), directory.at("vfs")];
      const containerdRoots = [directory.at("containerd")];
      const host = hostSources({
        docker: { engine },
        podman: { roots: podmanRoots },
        containerd: { roots: containerdRoots },
        container: { engine, podmanRoots, containerdRoots },
        lxc: { paths: [directory.at("lxc")] },
      });
      const sources = [...localSources, ...host];
      return await scanImage(parseImageTarget(target), { sources, advisories, now: () => new Date() });
    };
    /** Those of package managers: what else a scan finds out about programs is not the matter here. */
    const managed = ({ packages }: ScanReport) =>
      packages.filter(({ type }) => type === "deb" || type === "npm");
    const packagesOf = (report: ScanReport) =>
      managed(report)
        .map(({ name, version }) => `${name} ${version}`)
        .sort();
    const layersOf = (report: ScanReport) => managed(report).map(({ name, layer }) => [name, layer]);

    it("are read like the archive, from Podman's storage", async () => {
      const flags = ["--runroot", directory.at("run"), "--cgroup-manager=cgroupfs", "--runtime=runc"];
      const command = ["podman", "--root", directory.at("overlay"), ...flags];
      const podman = (...args: readonly string[]) => succeed([...command, ...args]);
      podman("load", "--quiet", "--input", archive);
      podman("create", "--quiet", "--name=web", IMAGE);
      succeed([...command, "cp", "-", "web:/"], readFileSync(addition));
      const [plain, stored] = [await scan(`docker-archive:${archive}`), await scan("podman:shop:1")];
      expect(packagesOf(plain)).toEqual(expected);
      expect(packagesOf(stored)).toEqual(expected);
      expect(layersOf(stored)).toEqual(layersOf(plain));
      expect(stored.target).toMatchObject({ imageId: plain.target.imageId, layers: plain.target.layers });
      expect(stored.target).not.toHaveProperty("layersVerified");
      const container = await scan("container:web");
      expect(packagesOf(container)).toEqual([installed, ...expected].sort());
      expect(container.target).not.toHaveProperty("imageId");
      podman("rm", "--force", "web");
    });

    it("are read like the archive, from Podman's storage of whole trees", async () => {
      const storage = [
        "--root",
        directory.at("vfs"),
        "--runroot",
        directory.at("run-vfs"),
        "--storage-driver=vfs",
      ];
      succeed(["podman", ...storage, "load", "--quiet", "--input", archive]);
      succeed(["podman", ...storage, "tag", IMAGE, "localhost/whole:1"]);
      const report = await scan("podman:whole:1");
      expect(packagesOf(report)).toEqual(expected);
      expect(report.target.layersVerified).toBe(false);
    });

    it("are read like the archive, from containerd's content and snapshots", async () => {
      const address = directory.at("containerd.sock");
      const lines = [
        "version = 2",
        `root = "${directory.at("containerd")}"`,
        `state = "${directory.at("state")}"`,
        'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
        `[grpc]\naddress = "${address}"`,
      ];
      writeFileSync(directory.at("containerd.toml"), lines.join("\n"));
      daemon = spawn(
        "setpriv",
        ["--pdeathsig", "TERM", "containerd", "--config", directory.at("containerd.toml")],
        {
          stdio: "ignore",
        },
      );
      const ctr = (...args: readonly string[]) => succeed(["ctr", "--address", address, ...args]);
      for (let tries = 0; spawnSync("ctr", ["--address", address, "version"]).status !== 0; tries += 1) {
        if (tries > 100) throw new Error("containerd does not start");
        await sleep(100);
      }
      ctr("image", "import", archive);
      ctr("--namespace", "packed", "image", "import", "--no-unpack", archive);
      ctr("container", "create", IMAGE, "box");
      const plain = await scan(`docker-archive:${archive}`);
      const [unpacked, packed] = [
        await scan(`containerd:${IMAGE}`),
        await scan(`containerd:packed/${IMAGE}`),
      ];
      for (const report of [unpacked, packed]) {
        expect(packagesOf(report)).toEqual(expected);
        expect(layersOf(report)).toEqual(layersOf(plain));
        expect(report.target).toMatchObject({ imageId: plain.target.imageId, layers: plain.target.layers });
      }
      expect(packagesOf(await scan("container:box"))).toEqual(expected);
      await expect(scan("containerd:packed/absent:1")).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    });

    it("are read like the archive, from an LXC container and one that is an overlay over it", async () => {
      const lxc = directory.at("lxc");
      mkdirSync(lxc);
      succeed(["lxc-create", "--lxcpath", lxc, "--name", "base", "--template", "none"]);
      const root = path.join(lxc, "base", "rootfs");
      mkdirSync(root);
      for (const { tar } of [layers[0], layers[2]].flatMap((layer) => layer ?? [])) {
        succeed(["tar", "-C", root, "-xf", "-"], tar);
      }
      const config = path.join(lxc, "base", "config");
      writeFileSync(config, `${readFileSync(config, "utf8")}lxc.rootfs.path = dir:${root}\n`);
      succeed([
        "lxc-copy",
        "--lxcpath",
        lxc,
        "--name",
        "base",
        "--newname",
        "over",
        "--snapshot",
        "--backingstorage",
        "overlay",
      ]);
      succeed(["tar", "-C", path.join(lxc, "over", "overlay", "delta"), "-xf", addition]);
      const inBase = ["bash 5.2.15-2", "gone 1.0.0", "old 1.0.0"];
      expect(packagesOf(await scan("lxc:base"))).toEqual(inBase);
      expect(packagesOf(await scan("lxc:over"))).toEqual([installed, ...inBase].sort());
    });
  },
);

function succeed([command = "", ...args]: readonly string[], input?: Uint8Array): string {
  const {
    status: code,
    stdout,
    stderr,
  } = spawnSync(command, args, {
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, PODMAN_IGNORE_CGROUPSV1_WARNING: "1" },
    timeout: COMMAND_DEADLINE_MS,
    ...(input !== undefined && { input }),
  });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr.toString() || stdout.toString()}`);
  return stdout.toString();
}
