import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { debianRoot, debianRootUnavailable } from "./debootstrap.ts";
import { packInstalled } from "./installed-layers.ts";
import { largeRoot } from "./roots.ts";
import { run } from "./run.ts";

/** One image in all the forms in which it is measured. */
export interface LargeImage {
  /** Unpacked. */
  readonly root: string;
  /** Of the layers as tar. */
  readonly contentBytes: number;
  /** Of one layer and of four, in the form of `docker save`. */
  readonly plain: string;
  readonly plainLayers: string;
  /** The same with layers compressed by gzip. */
  readonly gzip: string;
  readonly gzipLayers: string;
  /** The one layer by itself, for what the machine needs at least. */
  readonly tar: string;
  readonly tarGz: string;
}

/** Builds the image once; it is kept beside the roots. Where no root can be built, this machine's own `/usr` serves. */
export async function largeImage(say: (text: string) => void): Promise<LargeImage> {
  const root = debianRootUnavailable() === undefined ? await debianRoot(largeRoot) : await ownUsr();
  const directory = `${root}.forms`;
  if (!existsSync(directory)) {
    say("packing the image in all its forms …");
    const partial = `${directory}.${process.pid}`;
    try {
      await pack(path.join(partial, "one"), (one) => packWhole(root, one));
      await pack(path.join(partial, "four"), (four) => packInstalled(root, four));
      renameSync(partial, directory);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  const at = (...names: readonly string[]) => path.join(directory, ...names);
  return {
    root,
    contentBytes: statSync(at("one", "whole.tar")).size,
    plain: at("one", "plain.tar"),
    plainLayers: at("four", "plain.tar"),
    gzip: at("one", "gzip.tar"),
    gzipLayers: at("four", "gzip.tar"),
    tar: at("one", "whole.tar"),
    tarGz: at("one", "whole.tar.gz"),
  };
}

async function ownUsr(): Promise<string> {
  const directory = path.join(tmpdir(), "pratique-roots", "own-usr");
  if (existsSync(directory)) return directory;
  const partial = `${directory}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  const copied = ["usr", "etc/os-release", "var/lib/dpkg"].map((name) => `/./${name}`);
  await run("cp", ["--archive", "--parents", ...copied, partial]);
  renameSync(partial, directory);
  return directory;
}

async function packWhole(root: string, directory: string): Promise<readonly string[]> {
  await run("tar", ["-C", root, "--numeric-owner", "-cf", path.join(directory, "whole.tar"), "."]);
  return ["whole.tar"];
}

/** Writes `plain.tar` and `gzip.tar`, and leaves the layers beside them. */
async function pack(
  directory: string,
  packLayers: (directory: string) => Promise<readonly string[]>,
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const files = await packLayers(directory);
  const diffIds = await Promise.all(files.map((file) => digestOf(path.join(directory, file))));
  const config = {
    architecture: "amd64",
    os: "linux",
    config: { Cmd: ["/bin/sh"] },
    rootfs: { type: "layers", diff_ids: diffIds },
  };
  writeFileSync(path.join(directory, "config.json"), JSON.stringify(config));
  const archive = async (name: string, members: readonly string[]) => {
    const manifest = [{ Config: "config.json", RepoTags: ["large:1"], Layers: members }];
    writeFileSync(path.join(directory, "manifest.json"), JSON.stringify(manifest));
    await run("tar", [
      "-C",
      directory,
      "-cf",
      path.join(directory, name),
      "manifest.json",
      "config.json",
      ...members,
    ]);
  };
  await archive("plain.tar", files);
  await run("gzip", ["--keep", "-6", ...files.map((file) => path.join(directory, file))]);
  await archive(
    "gzip.tar",
    files.map((file) => `${file}.gz`),
  );
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}
