import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import {
  type BuiltLayer,
  configOf,
  digestOf,
  layerOf,
  manifestOf,
  type TarItem,
} from "../../packages/testkit/src/index.ts";

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const BASES = 8;
const BASE_BYTES = 20_000_000;
const RUNTIMES = 24;
const RUNTIME_BYTES = 4_000_000;
const MACHINE_BYTES = 60_000_000;
const MAX_FILE_BYTES = 2_000_000;
const TAGS_PER_REPOSITORY = 10;

/** The distribution project's registry on loopback, full of images that share layers. */
export interface FullRegistry extends AsyncDisposable {
  readonly host: string;
  /** Of all different layers, uncompressed. */
  readonly contentBytes: number;
  /** How often a blob was asked for, as the registry's own log has it. */
  blobReads(): ReadonlyMap<string, number>;
}

/**
 * Images of three layers: one of 8 bases with Debian packages and programs of this machine, one of 24 runtimes
 * with Node packages, and an application of their own; ten tags in a repository.
 */
export async function fullRegistry(images: number, say: (text: string) => void): Promise<FullRegistry> {
  const directory = mkdtempSync(path.join(tmpdir(), "prb-registry-"));
  const config = path.join(directory, "config.json");
  writeFileSync(config, JSON.stringify(configuration(directory)));
  const child = spawn("docker-registry", ["serve", config], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  const listening = Promise.withResolvers<number>();
  const hear = (text: string) => {
    log += text;
    const port = /listening on 127\.0\.0\.1:(?<port>\d+)/u.exec(log)?.groups?.port;
    if (port !== undefined) listening.resolve(Number(port));
  };
  child.stdout?.setEncoding("utf8").on("data", hear);
  child.stderr?.setEncoding("utf8").on("data", hear);
  child.once("exit", () => listening.reject(new Error(`the registry ended: ${log.slice(-2000)}`)));
  const host = `127.0.0.1:${await listening.promise}`;
  say("building and pushing layers …");
  const contentBytes = await fill(host, images, say);
  const logged = log.length;
  return {
    host,
    contentBytes,
    blobReads: () => readsIn(log.slice(logged)),
    [Symbol.asyncDispose]: () => end(child, directory),
  };
}

async function end(child: ChildProcess, directory: string): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
  rmSync(directory, { recursive: true, force: true });
}

/** JSON is YAML. */
function configuration(directory: string): unknown {
  return {
    version: "0.1",
    log: { level: "info" },
    storage: { filesystem: { rootdirectory: path.join(directory, "storage") } },
    http: { addr: "127.0.0.1:0" },
  };
}

function readsIn(log: string): ReadonlyMap<string, number> {
  const reads = new Map<string, number>();
  for (const [, digest = ""] of log.matchAll(
    /"GET \/v2\/[^ ]+\/blobs\/(sha256:[0-9a-f]{64}) HTTP[^"]*" 200/gu,
  )) {
    reads.set(digest, (reads.get(digest) ?? 0) + 1);
  }
  return reads;
}

async function fill(host: string, images: number, say: (text: string) => void): Promise<number> {
  const files = machineFiles();
  const bases = Array.from({ length: BASES }, (_, index) => baseOf(index, files));
  const runtimes = Array.from({ length: RUNTIMES }, (_, index) => runtimeOf(index, files));
  let contentBytes = 0;
  for (const { tar } of [...bases, ...runtimes]) contentBytes += tar.length;
  const uploaded = new Set<string>();
  for (let index = 0; index < images; index += 1) {
    const app = appOf(index);
    contentBytes += app.tar.length;
    const runtime = runtimes[index % RUNTIMES];
    const base = bases[(index % RUNTIMES) % BASES];
    if (base === undefined || runtime === undefined) continue;
    const layers = [base, runtime, app];
    const parts = { layers, config: { created: new Date(1_700_000_000_000 + index * 60_000).toISOString() } };
    const repository = `team-${index % 7}/app-${Math.floor(index / TAGS_PER_REPOSITORY)}`;
    const document = configOf(parts);
    for (const { blob, digest } of layers) await putBlob(host, repository, { blob, digest, uploaded });
    await putBlob(host, repository, { blob: document, digest: digestIn(manifestOf(document, [])), uploaded });
    const url = `http://${host}/v2/${repository}/manifests/1.${index % TAGS_PER_REPOSITORY}`;
    const manifest = manifestOf(document, layers);
    await send(url, {
      method: "PUT",
      headers: { "content-type": MANIFEST_TYPE },
      body: new Uint8Array(manifest),
    });
    if (index % 100 === 99) say(`${index + 1} of ${images} images pushed`);
  }
  return contentBytes;
}

function digestIn(manifest: Buffer): string {
  return String(JSON.parse(manifest.toString("utf8")).config.digest);
}

interface Upload {
  readonly blob: Buffer;
  readonly digest: string;
  /** By repository and digest; what another repository has is mounted. */
  readonly uploaded: Set<string>;
}

async function putBlob(host: string, repository: string, { blob, digest, uploaded }: Upload): Promise<void> {
  const key = `${repository}@${digest}`;
  if (uploaded.has(key)) return;
  const from = [...uploaded].find((other) => other.endsWith(`@${digest}`))?.split("@")[0];
  uploaded.add(key);
  const uploads = `http://${host}/v2/${repository}/blobs/uploads/`;
  const mount = from === undefined ? "" : `?mount=${digest}&from=${from}`;
  const begun = await send(`${uploads}${mount}`, { method: "POST" });
  if (begun.status === 201) return;
  const url = new URL(begun.headers.get("location") ?? "", uploads);
  url.searchParams.set("digest", digest);
  await send(url, {
    method: "PUT",
    headers: { "content-type": "application/octet-stream" },
    body: new Uint8Array(blob),
  });
}

async function send(url: string | URL, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${init.method} ${url}: ${response.status}`);
  return response;
}

interface MachineFile {
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
}

/** Programs and libraries of this machine, a few tens of megabytes: layers hold what images hold. */
function machineFiles(): readonly MachineFile[] {
  const found: MachineFile[] = [];
  let total = 0;
  for (const directory of [
    "/usr/bin",
    `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`,
  ]) {
    for (const name of readdirSync(directory)) {
      const file = path.join(directory, name);
      const stats = statSync(file, { throwIfNoEntry: false });
      if (stats?.isFile() !== true || stats.size > MAX_FILE_BYTES || file.length > 90) continue;
      if (total > MACHINE_BYTES) return found;
      total += stats.size;
      found.push({ path: file, content: readFileSync(file), mode: stats.mode & 0o777 });
    }
  }
  return found;
}

/** Every so many files from a start, up to so many bytes. */
function pick(
  files: readonly MachineFile[],
  { start, step, bytes }: { start: number; step: number; bytes: number },
) {
  const picked: MachineFile[] = [];
  let total = 0;
  for (let at = start; at < files.length && total < bytes; at += step) {
    const file = files[at];
    if (file === undefined) continue;
    picked.push(file);
    total += file.content.length;
  }
  return picked;
}

function baseOf(index: number, files: readonly MachineFile[]): BuiltLayer {
  const stanzas = readFileSync("/var/lib/dpkg/status", "utf8")
    .split("\n\n")
    .filter((text) => text !== "");
  const status = stanzas
    .filter((_, at) => at % BASES !== index)
    .slice(0, 250)
    .join("\n\n");
  const items: TarItem[] = [
    { path: "etc/os-release", content: `ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Base ${index}"\n` },
    { path: "var/lib/dpkg/status", content: `${status}\n` },
    ...pick(files, { start: index, step: 2, bytes: BASE_BYTES }).map((file) => itemOf(file, `base ${index}`)),
  ];
  return gzipLayer(items);
}

function runtimeOf(index: number, files: readonly MachineFile[]): BuiltLayer {
  const packages = Array.from({ length: 200 }, (_, at) => nodePackage("opt/runtime", `lib-${index}-${at}`));
  const picked = pick(files, { start: index, step: 3, bytes: RUNTIME_BYTES });
  const items = picked.map((file) => ({
    ...itemOf(file, `runtime ${index}`),
    path: `opt/runtime${file.path}`,
  }));
  return gzipLayer([...packages, ...items]);
}

function appOf(index: number): BuiltLayer {
  const packages = Array.from({ length: 20 }, (_, at) =>
    nodePackage("app", `dependency-${index % 97}-${at}`),
  );
  const filler = Buffer.from(`application ${index}\n`.repeat(10_000));
  return gzipLayer([...packages, { path: "app/server.js", content: filler }]);
}

function nodePackage(root: string, name: string): TarItem {
  const content = JSON.stringify({ name, version: "1.2.3", description: "x".repeat(400), license: "MIT" });
  return { path: `${root}/node_modules/${name}/package.json`, content };
}

/** Packed as fast as it goes: what is measured is unpacking. */
function gzipLayer(items: readonly TarItem[]): BuiltLayer {
  const plain = layerOf(items);
  const blob = gzipSync(plain.tar, { level: 1 });
  return { ...plain, blob, digest: digestOf(blob), mediaType: `${plain.mediaType}+gzip` };
}

/** The file, with a mark at its end: no two layers have the same one. */
function itemOf({ path: file, content, mode }: MachineFile, mark: string): TarItem {
  return { path: file.slice(1), content: Buffer.concat([content, Buffer.from(mark)]), mode };
}

/** Why there is no such registry here; undefined where there is. */
export function fullRegistryUnavailable(): string | undefined {
  const found = (process.env.PATH ?? "")
    .split(":")
    .some((directory) =>
      statSync(path.join(directory, "docker-registry"), { throwIfNoEntry: false })?.isFile(),
    );
  return found ? undefined : "needs docker-registry";
}
