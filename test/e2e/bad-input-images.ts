import { mkdirSync, writeFileSync } from "node:fs";
import {
  archiveOf,
  type BuiltImage,
  dockerArchiveOf,
  type ImageParts,
  layerOf,
  ociLayoutOf,
  type TarItem,
  tarOf,
  writeFiles,
} from "@pratique/testkit";

const OS_RELEASE = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n';
const STATUS =
  "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2.15-2\n\n" +
  "Package: xz-utils\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2.4-1\n\n";
/** More than a file may hold that is read whole. */
const BOMB_BYTES = 100_000_000;

const osRelease = { path: "etc/os-release", content: OS_RELEASE };
const debian = imageOf([osRelease, { path: "var/lib/dpkg/status", content: STATUS }]);

function imageOf(items: readonly TarItem[], config: Record<string, unknown> = {}): ImageParts {
  return {
    layers: [layerOf(items, "gzip")],
    tags: ["app:1"],
    config: { config: { User: "app" }, ...config },
  };
}

/** Images in every state of health, as files below a directory. */
export function writeImages(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const write = (name: string, bytes: Uint8Array | string) => writeFileSync(`${directory}/${name}`, bytes);
  const whole = archiveOf(dockerArchiveOf(debian));
  write("whole.tar", whole);
  write("cut.tar", whole.subarray(0, 900));
  write("text.tar", "neither tar nor zip\n".repeat(100));
  write("empty.tar", "");
  write("no-manifest.tar", tarOf([{ path: "a", content: "b" }]));
  write("bomb.tar", bomb());
  write("lying-layer.tar", archiveOf(withLyingLayer(dockerArchiveOf(debian))));
  write("lying-layer-oci.tar", archiveOf(withLyingLayer(ociLayoutOf(debian))));
  writeFiles(`${directory}/lying-layer-oci`, withLyingLayer(ociLayoutOf(debian)));
  write(
    "several.tar",
    archiveOf(dockerArchiveOf([debian, { ...debian, tags: ["b:1"], config: { os: "x" } }])),
  );
  write("no-json.tar", archiveOf({ files: new Map([["manifest.json", Buffer.from("{]")]]) }));
  const save = (name: string, items: readonly TarItem[]) =>
    write(name, archiveOf(dockerArchiveOf(imageOf(items))));
  const damaged = `${STATUS}Package: x\nVers\n\n`;
  save("damaged-status.tar", [osRelease, { path: "var/lib/dpkg/status", content: damaged }]);
  save("unsupported.tar", [
    { path: "etc/os-release", content: "ID=plan9\nVERSION_ID=4\n" },
    { path: "var/lib/dpkg/status", content: STATUS },
  ]);
  save("no-packages.tar", [{ path: "bin/true", content: "" }]);
  mkdirSync(`${directory}/empty`);
}

/** What the registry of the tests has. */
export const wholeImage = debian;

/** A package database that unpacks to far more than it is. */
function bomb(): Buffer {
  return archiveOf(
    dockerArchiveOf(imageOf([osRelease, { path: "var/lib/dpkg/status", content: Buffer.alloc(BOMB_BYTES) }])),
  );
}

/** Puts another layer where the first one was, under its name. */
function withLyingLayer({ files, ...rest }: BuiltImage): BuiltImage {
  const [layer] = debian.layers;
  const other = layerOf([{ path: "etc/os-release", content: "ID=liar\n" }], "gzip");
  const lying = [...files].map(([path, bytes]): [string, Buffer] => {
    if (bytes.equals(layer?.blob ?? Buffer.alloc(0))) return [path, other.blob];
    return [path, bytes.equals(layer?.tar ?? Buffer.alloc(0)) ? other.tar : bytes];
  });
  return { ...rest, files: new Map(lying) };
}
