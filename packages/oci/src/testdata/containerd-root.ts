import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Digest, parseDigest } from "@pratique/core";
import { type BuiltLayer, configOf, digestOf, manifestOf } from "@pratique/testkit";
import { type BoltItems, boltDatabase } from "./bolt-database.ts";

export type Files = Readonly<Record<string, string>>;

export interface ContainerdImageParts {
  readonly name: string;
  /** Lowest first. */
  readonly layers: readonly BuiltLayer[];
  /** Files of the layers that are unpacked, lowest first; whiteouts are left out. */
  readonly unpacked?: readonly Files[] | undefined;
  readonly architecture?: string;
  /** The name is that of an index, which names a platform more. */
  readonly inIndex?: boolean;
  /** A container of the image, and what it has written. */
  readonly container?: { readonly id: string; readonly files: Files; readonly image?: string };
}

/** Lays out what a containerd keeps, by namespaces; for tests. Gives the ids of the first image. */
export function writeContainerd(
  root: string,
  namespaces: Readonly<Record<string, readonly ContainerdImageParts[]>>,
): { readonly imageId: Digest; readonly digest: Digest } {
  const snapshots = new Map<string, { readonly id: number; readonly parent: string }>();
  const metadata: Record<string, BoltItems> = {};
  let first: { readonly imageId: Digest; readonly digest: Digest } | undefined;
  for (const [namespace, images] of Object.entries(namespaces)) {
    const named: Record<string, BoltItems> = {};
    const keys: Record<string, BoltItems> = {};
    const containers: Record<string, BoltItems> = {};
    for (const image of images) {
      const built = writeContent(root, image);
      first ??= built;
      named[image.name] = { target: { digest: built.target, mediatype: "x" } };
      const add = (key: string, parent: string, files: Files): string => {
        const name = `${namespace}/${snapshots.size + 1}/${key}`;
        const id = snapshots.size + 1;
        snapshots.set(name, { id, parent });
        keys[key] = { name };
        writeAll(join(root, "io.containerd.snapshotter.v1.overlayfs/snapshots", String(id), "fs"), files);
        return name;
      };
      let chain = "";
      let parent = "";
      for (const [index, files] of (image.unpacked ?? []).entries()) {
        const diffId = image.layers[index]?.diffId ?? "";
        chain = chain === "" ? diffId : `sha256:${createHash("sha256").update(`${chain} ${diffId}`).digest("hex")}`;
        parent = add(chain, parent, files);
      }
      if (image.container !== undefined) {
        const { id, files, image: of = image.name } = image.container;
        add(id, parent, files);
        containers[id] = { image: of, snapshotter: "overlayfs", snapshotKey: id, labels: {} };
      }
    }
    metadata[namespace] = { images: named, snapshots: { overlayfs: keys }, containers };
  }
  writeAll(root, {}, {
    "io.containerd.metadata.v1.bolt/meta.db": boltDatabase({ v1: { version: "3", ...metadata } }),
    "io.containerd.snapshotter.v1.overlayfs/metadata.db": boltDatabase({
      v1: {
        snapshots: Object.fromEntries(
          [...snapshots].map(([name, { id, parent }]) => [name, { id: Uint8Array.of(id), ...(parent !== "" && { parent }) }]),
        ),
      },
    }),
  });
  if (first === undefined) throw new Error("expected an image");
  return first;
}

function writeContent(root: string, { layers, architecture = "amd64", inIndex = false }: ContainerdImageParts) {
  const history = [{ created_by: "ADD root" }, { created_by: "RUN touch" }].slice(0, layers.length);
  const config = configOf({ layers, config: { architecture, config: { User: "app" }, history } });
  const manifest = manifestOf(config, layers);
  const platform = (name: string) => ({ os: "linux", architecture: name });
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      manifests: [
        { mediaType: "", digest: digestOf("absent"), size: 6, platform: platform("amd64") },
        { mediaType: "", digest: digestOf(manifest), size: manifest.length, platform: platform(architecture) },
      ],
    }),
  );
  const blobs = [config, manifest, index, ...layers.map(({ blob }) => blob)];
  const content = Object.fromEntries(blobs.map((blob) => [digestOf(blob).slice("sha256:".length), blob]));
  writeAll(join(root, "io.containerd.content.v1.content/blobs/sha256"), {}, content);
  return {
    imageId: digestOf(config),
    digest: digestOf(manifest),
    target: parseDigest(digestOf(inIndex ? index : manifest)),
  };
}

function writeAll(directory: string, files: Files, bytes: Readonly<Record<string, Uint8Array>> = {}): void {
  mkdirSync(directory, { recursive: true });
  for (const [path, content] of [...Object.entries(files), ...Object.entries(bytes)]) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}
