import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import {
  archiveOf,
  type BuiltLayer,
  digestOf,
  dockerArchiveOf,
  layerOf,
  ociLayoutOf,
  type TarItem,
  type TempDirectory,
  tarEntryOf,
  tarOf,
  writeFiles,
  zipOf,
} from "@pratique/testkit";

/** An image that somebody made to harm whoever reads it, and the public advisory that taught it. */
export interface HostileImage {
  /** The advisories, and what went wrong in whose program. */
  readonly taughtBy: string;
  /** Lays the image below a directory, beside `secret`, which is nobody's business; gives the target to scan. */
  readonly make: (directory: TempDirectory) => string;
  /** The error that refuses it; undefined where it is read. */
  readonly refused?: string;
  /** What is found in it, by name, where it is read. */
  readonly packages?: readonly string[];
  /** Why it is not fully assessed, beside the missing advisories. */
  readonly reasons?: readonly string[];
}

/** What stands in the file that no image may bring into a report. */
export const SECRET = "hostile-canary-4f1d";

const OS_RELEASE = 'ID=debian\nVERSION_ID="12"\n';
const osRelease: TarItem = { path: "etc/os-release", content: OS_RELEASE };
const bash = record("bash", "5.2.15-2");
const debian: readonly TarItem[] = [osRelease, { path: "var/lib/dpkg/status", content: bash }];

function record(name: string, version: string): string {
  return `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n\n`;
}

/** An archive as `docker save` writes it, of one layer each. */
function archive(...layers: readonly (readonly TarItem[] | Buffer | BuiltLayer)[]) {
  return (directory: TempDirectory): string => {
    const built = layers.map((layer) => ("diffId" in layer ? layer : layerOf(layer, "gzip")));
    return save(directory, archiveOf(dockerArchiveOf({ layers: built })));
  };
}

function save(directory: TempDirectory, bytes: Uint8Array): string {
  writeFileSync(directory.at("image.tar"), bytes);
  return `docker-archive:${directory.at("image.tar")}`;
}

/** A root file system as it lies, in which something may be wrong. */
function root(fill: (at: (...names: string[]) => string, directory: TempDirectory) => void) {
  return (directory: TempDirectory): string => {
    const at = (...names: string[]) => {
      const file = path.join(directory.at("root"), ...names);
      mkdirSync(path.dirname(file), { recursive: true });
      return file;
    };
    writeFileSync(at("etc", "os-release"), OS_RELEASE);
    fill(at, directory);
    return `dir:${directory.at("root")}`;
  };
}

/** A layout whose manifest is as given. */
function layout(change: (files: Map<string, Buffer>, manifest: Manifest) => unknown) {
  return (directory: TempDirectory): string => {
    const built = ociLayoutOf({ layers: [layerOf(debian, "gzip")] });
    const files = new Map(built.files);
    const manifest = JSON.parse(files.get(`blobs/sha256/${built.digest.slice(7)}`)?.toString() ?? "{}");
    const changed = Buffer.from(JSON.stringify(change(files, manifest) ?? manifest));
    files.set(`blobs/sha256/${digestOf(changed).slice(7)}`, changed);
    const [entry] = JSON.parse(files.get("index.json")?.toString() ?? "{}").manifests;
    const index = { schemaVersion: 2, manifests: [{ ...entry, digest: digestOf(changed), size: changed.length }] };
    files.set("index.json", Buffer.from(JSON.stringify(index)));
    writeFiles(directory.at("layout"), { files });
    return `oci-dir:${directory.at("layout")}`;
  };
}

interface Manifest {
  readonly layers: readonly Record<string, unknown>[];
  readonly config: Record<string, unknown>;
}

/** A Zstandard frame (RFC 8878, 3.1.1.1) that asks for a window of 2 GiB and brings nothing. */
function greedyZstd(): Buffer {
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00]);
}

const jar = (bytes: Uint8Array): readonly TarItem[] => [...debian, { path: "app/app.jar", content: bytes }];

/** Entries that all lie over the same packed megabytes of zeros. */
function overlappingZip(entries: number): Buffer {
  const one = zipOf([{ name: "META-INF/maven/g/a/pom.properties", content: Buffer.alloc(32 << 20) }]);
  const end = one.subarray(one.length - 22);
  const start = end.readUInt32LE(16);
  const entry = one.subarray(start, one.length - 22);
  const closing = Buffer.from(end);
  closing.writeUInt16LE(entries, 8);
  closing.writeUInt16LE(entries, 10);
  closing.writeUInt32LE(entry.length * entries, 12);
  return Buffer.concat([one.subarray(0, start), ...Array.from({ length: entries }, () => entry), closing]);
}

export const hostileImages: readonly HostileImage[] = [
  {
    taughtBy: "CVE-2018-1002204 and kin (Zip Slip): names that climb out of the directory",
    make: archive([
      ...debian,
      { path: "../../../../etc/os-release", content: "ID=evil\n" },
      { path: "/../../var/lib/dpkg/status", content: record("evil", "1") },
    ]),
    packages: ["bash"],
    reasons: ["PATH_UNSAFE"],
  },
  {
    taughtBy: "CVE-2014-6407 (Docker), CVE-2021-3762 (claircore): a link in the image to a directory of the host",
    make: (directory) =>
      archive([
        osRelease,
        { path: "var/lib/dpkg", kind: "symlink", target: directory.path },
        { path: "var/lib/rpm", kind: "symlink", target: "../../../../../../../../../.." + directory.path },
      ])(directory),
    packages: [],
    reasons: ["NO_PACKAGES"],
  },
  {
    taughtBy: "CVE-2024-9676 (containers/storage), CVE-2018-15664 (docker cp): the same in a root that lies unpacked",
    make: root((at, directory) => {
      mkdirSync(at("var", "lib"), { recursive: true });
      symlinkSync(directory.path, at("var", "lib", "dpkg"));
      symlinkSync(directory.at("secret"), at("etc", "passwd"));
    }),
    packages: [],
    reasons: ["FILE_UNREADABLE", "NO_PACKAGES"],
  },
  {
    taughtBy: "CVE-2024-9676: a file that never ends where one is read whole",
    make: root((at) => {
      symlinkSync("/dev/zero", at("etc", "passwd"));
      spawnSync("mkfifo", [at("var", "lib", "dpkg", "status")]);
    }),
    packages: [],
    reasons: ["FILE_UNREADABLE", "NO_PACKAGES"],
  },
  {
    taughtBy: "CVE-2021-29136 (umoci): the root of a layer is a link",
    make: archive([{ path: "./", kind: "symlink", target: "/" }, ...debian]),
    packages: ["bash"],
  },
  {
    taughtBy: "CVE-2024-24579 (stereoscope): members of the archive that are links to files of the host",
    make: (directory) => {
      const image = dockerArchiveOf({ layers: [layerOf(debian)] });
      const items = [...image.files].map(
        ([name, content]): TarItem =>
          name.endsWith("layer.tar")
            ? { path: name, kind: "symlink", target: directory.at("secret") }
            : { path: name, content },
      );
      return save(directory, tarOf(items));
    },
    refused: "IMAGE_MALFORMED",
  },
  {
    taughtBy: "CVE-2024-3727 (containers/image): a digest that is a path",
    make: layout((_, { layers, ...rest }) => ({
      ...rest,
      layers: [{ ...layers[0], digest: "sha256:../../../secret" }],
    })),
    refused: "IMAGE_MALFORMED",
  },
  {
    taughtBy: "CVE-2021-41190 (OCI): a document that is a manifest to one reader and an index to another",
    make: layout((_, manifest) => ({ ...manifest, manifests: manifest.layers })),
    refused: "IMAGE_MALFORMED",
  },
  {
    taughtBy: "CVE-2020-15157 (containerd): a layer that is said to lie at an address of the attacker",
    make: layout((files, { layers, ...rest }) => {
      const [layer] = layers;
      files.delete(`blobs/sha256/${String(layer?.digest).slice(7)}`);
      return { ...rest, layers: [{ ...layer, urls: ["http://192.0.2.1/layer"] }] };
    }),
    refused: "IMAGE_MALFORMED",
  },
  {
    taughtBy: "CVE-2023-25153 (containerd): a manifest of many megabytes",
    make: layout((_, manifest) => ({ ...manifest, annotations: { a: "x".repeat(16e6) } })),
    refused: "LIMIT_REACHED",
  },
  {
    taughtBy: "CVE-2022-28131 and kin (Go): a document nested deeper than a stack",
    make: (directory) => {
      const files = new Map(dockerArchiveOf({ layers: [layerOf(debian)] }).files);
      files.set("manifest.json", Buffer.from("[".repeat(4_000_000)));
      return save(directory, archiveOf({ files }));
    },
    refused: "IMAGE_MALFORMED",
  },
  {
    taughtBy: "CVE-2017-14992 (Docker): a layer that unpacks to a thousand times its size",
    make: archive([osRelease, { path: "var/lib/dpkg/status", content: Buffer.alloc(80 << 20) }]),
    packages: [],
    reasons: ["LIMIT_REACHED"],
  },
  {
    taughtBy: "CVE-2021-20291 (containers/storage): compressed bytes that end too early",
    make: (directory) => {
      const { tar, blob, ...layer } = layerOf(debian, "gzip");
      return archive({ ...layer, tar, blob: blob.subarray(0, blob.length - 20) })(directory);
    },
    refused: "IMAGE_UNREADABLE",
  },
  {
    taughtBy: "CVE-2022-30631 (Go): a hundred thousand empty gzip members in front of the layer",
    make: (directory) => {
      const layer = layerOf(debian, "gzip");
      const empty = gzipSync("");
      const blob = Buffer.concat([...Array.from({ length: 100_000 }, () => empty), layer.blob]);
      return archive({ ...layer, blob })(directory);
    },
    packages: ["bash"],
  },
  {
    taughtBy: "RFC 8878, 3.1.1.1.2 (Zstandard): a frame that asks for a window of two gigabytes",
    make: (directory) => archive({ ...layerOf(debian), blob: greedyZstd() })(directory),
    refused: "IMAGE_UNREADABLE",
  },
  {
    taughtBy: "CVE-2022-2879 (Go): a header that says it is a gigabyte long",
    make: archive(Buffer.concat([tarEntryOf({ path: "a", raw: { type: "x", size: 1 << 30 } }), tarOf(debian)])),
    refused: "LIMIT_REACHED",
  },
  {
    taughtBy: "CVE-2025-58183 (Go): a sparse file with a map of a million pieces",
    make: archive([
      ...debian,
      {
        path: "srv/node_modules/a/package.json",
        content: `1000000\n${Array.from({ length: 1_000_000 }, (_, at) => `${at}\n1`).join("\n")}\n`,
        pax: { "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9000000000" },
      },
    ]),
    refused: "LIMIT_REACHED",
  },
  {
    taughtBy: "CVE-2024-28863 (node-tar): a path of a hundred thousand directories",
    make: archive([...debian, { path: `${"d/".repeat(100_000)}package.json`, content: "{}" }]),
    packages: ["bash"],
    reasons: ["LIMIT_REACHED"],
  },
  {
    taughtBy: "CVE-2021-32804 (node-tar): absolute paths with many slashes, and the same file twice",
    make: archive([
      ...debian,
      { path: "////var//lib/./dpkg/status", content: record("zlib1g", "1:1.2.13") },
    ]),
    packages: ["zlib1g"],
  },
  {
    taughtBy: "anchore/stereoscope 647: whiteouts that name nothing, the directory itself, or the one above",
    make: archive(debian, [
      { path: "var/lib/dpkg/.wh..", content: "" },
      { path: "var/lib/dpkg/.wh...", content: "" },
      { path: "var/lib/dpkg/.wh.", content: "" },
      { path: ".wh...", content: "" },
    ]),
    packages: ["bash"],
    reasons: ["PATH_UNSAFE"],
  },
  {
    taughtBy: "CVE-2021-32760 (containerd): a hard link to a file of the host",
    make: (directory) =>
      archive([
        osRelease,
        { path: "var/lib/dpkg/status", kind: "hardlink", target: directory.at("secret") },
        { path: "lib/apk/db/installed", kind: "hardlink", target: "../../../etc/passwd" },
      ])(directory),
    packages: [],
    reasons: ["PATH_UNSAFE", "FILE_UNREADABLE"],
  },
  {
    taughtBy: "CVE-2021-37701 (node-tar): directories that become links, to the host and to each other",
    make: (directory) =>
      archive([
        osRelease,
        { path: "var/lib/dpkg/" },
        { path: "var/lib/dpkg", kind: "symlink", target: directory.path },
        { path: "lib/apk/" },
        { path: "lib/apk", kind: "symlink", target: "/usr/lib/apk" },
        { path: "usr/lib/apk", kind: "symlink", target: "/lib/apk" },
      ])(directory),
    packages: [],
    reasons: ["NO_PACKAGES"],
  },
  {
    taughtBy: "CVE-2019-13232 (unzip): a thousand entries of a zip over the same bytes",
    make: archive(jar(overlappingZip(1000))),
    packages: ["bash"],
    reasons: ["LIMIT_REACHED"],
  },
  {
    taughtBy: "CVE-2021-36090 (Commons Compress): an entry of a jar that says it is small",
    make: archive(
      jar(zipOf([{ name: "META-INF/maven/g/a/pom.properties", content: Buffer.alloc(64 << 20), raw: { size: 10 } }])),
    ),
    packages: ["bash"],
    reasons: ["ARCHIVE_DAMAGED"],
  },
  {
    taughtBy: "CVE-2022-25883 (semver): a version that takes a matcher for ever",
    make: archive([
      ...debian,
      {
        path: "srv/node_modules/a/package.json",
        content: JSON.stringify({ name: "a", version: `1.2.3${" ".repeat(200_000)}-` }),
      },
      {
        path: "usr/lib/python3/dist-packages/b-1.dist-info/METADATA",
        content: `Name: b\nVersion: ${"0".repeat(200_000)}!\n`,
      },
    ]),
    packages: ["bash"],
    reasons: ["PACKAGE_RECORD_MALFORMED"],
  },
  {
    taughtBy: "CVE-2020-7788 (ini) and kin: names that are members of every object",
    make: archive([
      ...debian,
      { path: "srv/node_modules/a/package.json", content: '{"name":"__proto__","version":"1.0.0"}' },
      { path: "srv/node_modules/b/package.json", content: '{"name":"constructor","version":"1.0.0"}' },
    ]),
    packages: ["bash", "__proto__", "constructor"],
  },
  {
    taughtBy: "CVE-2018-20346 (SQLite) and kin: a database made against its reader, whose pages lead to each other",
    make: archive([
      { path: "etc/os-release", content: 'ID=rhel\nVERSION_ID="9.4"\n' },
      { path: "var/lib/rpm/rpmdb.sqlite", content: loopingSqlite() },
    ]),
    packages: [],
    reasons: ["PACKAGE_DATABASE_UNREADABLE"],
  },
];

/** A database of one page, interior, whose only child is itself (SQLite file format, 1.6). */
function loopingSqlite(): Buffer {
  const page = Buffer.alloc(4096);
  page.write("SQLite format 3\0", 0, "latin1");
  page.writeUInt16BE(4096, 16);
  page.set([1, 1, 0, 64, 32, 32], 18);
  page.writeUInt32BE(1, 28);
  page[100] = 0x05;
  page.writeUInt16BE(4096, 105);
  page.writeUInt32BE(1, 108);
  return page;
}
