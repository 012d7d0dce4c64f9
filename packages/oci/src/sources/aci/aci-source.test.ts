import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type TarItem, type TempDirectory, tarOf, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { aciSource } from "./aci-source.ts";

interface Parts {
  readonly files?: Readonly<Record<string, string>>;
  readonly items?: readonly TarItem[];
  readonly manifest?: Readonly<Record<string, unknown>>;
}

function aciOf(name: string, { files = {}, items = [], manifest = {} }: Parts = {}): Buffer {
  const content = JSON.stringify({ acKind: "ImageManifest", acVersion: "0.8.11", name, ...manifest });
  const root = Object.entries(files).map(([path, text]) => ({ path: `rootfs/${path}`, content: text }));
  return tarOf([{ path: "manifest", content }, { path: "rootfs/" }, ...root, ...items]);
}

const imageIdOf = (tar: Buffer) => `sha512-${createHash("sha512").update(tar).digest("hex")}`;

async function filesOf(directory: TempDirectory, file = "shop.aci") {
  const opened = await aciSource.open(directory.at(file), {});
  try {
    const tree = await opened.readTree([{ under: ["etc"] }]);
    expect(tree.failures).toEqual([]);
    const files: Record<string, string> = {};
    for (const { path } of tree.files()) files[path] = Buffer.from(await tree.read(path)).toString();
    return files;
  } finally {
    await opened.close();
  }
}

it.each([
  ["plain", (tar: Buffer) => tar],
  ["gzip", gzipSync],
])("reads what is below the root of a %s image, and how it is run", async (_, pack) => {
  using directory = tempDirectory();
  const app = {
    exec: ["/bin/shop", "-v"],
    user: "100",
    group: "300",
    workingDirectory: "/srv",
    environment: [{ name: "A", value: "b" }],
    ports: [{ name: "web", port: 80, protocol: "tcp" }],
    mountPoints: [{ name: "data", path: "/var/data" }],
  };
  const labels = [
    { name: "os", value: "linux" },
    { name: "arch", value: "aarch64" },
    { name: "version", value: "1" },
  ];
  const items = [
    { path: "./rootfs/etc/dotted", content: "x" },
    { path: "/rootfs/etc/hard", kind: "hardlink", target: "rootfs/etc/a" },
    { path: "etc/outside", content: "x" },
    { path: "rootfs2/etc/outside", content: "x" },
    { path: "rootfs/etc/.wh.a", content: "a name like any other" },
    { path: "rootfs/.wh..wh..opq", content: "" },
  ] as const;
  writeFileSync(
    directory.at("shop.aci"),
    pack(aciOf("example.com/shop", { files: { "etc/a": "one" }, items, manifest: { app, labels } })),
  );
  expect(await filesOf(directory)).toEqual({ "etc/a": "one", "etc/dotted": "x", "etc/hard": "one" });
  const opened = await aciSource.open(directory.at("shop.aci"), {});
  await opened.close();
  expect(opened).toMatchObject({
    platform: "linux/arm64",
    config: {
      user: "100",
      entrypoint: ["/bin/shop", "-v"],
      environment: ["A=b"],
      workingDirectory: "/srv",
      exposedPorts: ["80/tcp"],
      volumes: ["/var/data"],
      labels: { version: "1" },
    },
  });
});

it("lays an image over those that it depends on, by name, labels and id", async () => {
  using directory = tempDirectory();
  const version = (value: string) => [
    { name: "version", value },
    { name: "os", value: "linux" },
  ];
  const base = aciOf("example.com/base", {
    files: { "etc/a": "base", "etc/b": "base" },
    manifest: { labels: version("1") },
  });
  const other = aciOf("example.com/base", {
    files: { "etc/c": "other" },
    manifest: { labels: version("2") },
  });
  const middle = aciOf("example.com/middle", {
    files: { "etc/b": "middle" },
    manifest: {
      dependencies: [{ imageName: "example.com/base", labels: [{ name: "version", value: "1" }] }],
    },
  });
  const dependencies = [{ imageName: "example.com/middle", imageID: imageIdOf(middle) }];
  writeFileSync(directory.at("base-1.aci"), gzipSync(base));
  writeFileSync(directory.at("base-2.aci"), other);
  writeFileSync(directory.at("middle.aci"), gzipSync(middle));
  writeFileSync(
    directory.at("shop.aci"),
    aciOf("example.com/shop", { files: { "etc/d": "own" }, manifest: { dependencies } }),
  );
  expect(await filesOf(directory)).toEqual({ "etc/a": "base", "etc/b": "middle", "etc/d": "own" });
  const opened = await aciSource.open(directory.at("shop.aci"), {});
  const tree = await opened.readTree([{ under: ["etc"] }]);
  expect(new Set([...tree.files()].map(({ layer }) => layer)).size).toBe(3);
  await opened.close();
});

it("leaves out what no whitelist names", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("base.aci"), aciOf("base", { files: { "etc/a": "base", "etc/b": "base" } }));
  const manifest = { dependencies: [{ imageName: "base" }], pathWhitelist: ["/etc/a", "/etc/d"] };
  writeFileSync(
    directory.at("shop.aci"),
    aciOf("shop", { files: { "etc/c": "own", "etc/d": "own" }, manifest }),
  );
  expect(await filesOf(directory)).toEqual({ "etc/a": "base", "etc/d": "own" });
});

const dependsOn = (imageName: string, more = {}) => ({
  manifest: { dependencies: [{ imageName, ...more }] },
});

it.each<[string, Readonly<Record<string, Buffer>>, string, RegExp]>([
  [
    "nothing beside it",
    { shop: aciOf("shop", dependsOn("base")) },
    "IMAGE_NOT_FOUND",
    /"shop" depends on "base", which no \.aci file in /u,
  ],
  [
    "another version beside it",
    {
      shop: aciOf("shop", dependsOn("base", { labels: [{ name: "version", value: "2" }] })),
      base: aciOf("base"),
    },
    "IMAGE_NOT_FOUND",
    /"base" \(version=2\)/u,
  ],
  [
    "an image of another id beside it",
    { shop: aciOf("shop", dependsOn("base", { imageID: `sha512-${"0".repeat(128)}` })), base: aciOf("base") },
    "IMAGE_NOT_FOUND",
    /sha512-000/u,
  ],
  [
    "a broken file beside it",
    { shop: aciOf("shop", dependsOn("base")), base: Buffer.from("no tar at all") },
    "IMAGE_NOT_FOUND",
    /not read: "base\.aci": /u,
  ],
  [
    "two that fit",
    { shop: aciOf("shop", dependsOn("base")), a: aciOf("base"), b: aciOf("base") },
    "IMAGE_AMBIGUOUS",
    /a\.aci.*b\.aci/u,
  ],
  ["itself", { shop: aciOf("shop", dependsOn("shop")) }, "IMAGE_MALFORMED", /depend on themselves/u],
  [
    "a circle",
    { shop: aciOf("shop", dependsOn("a")), a: aciOf("a", dependsOn("b")), b: aciOf("b", dependsOn("a")) },
    "IMAGE_MALFORMED",
    /"a" on "b" on "a"/u,
  ],
])("refuses an image that depends on %s", async (_, files, code, message) => {
  using directory = tempDirectory();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(directory.at(`${name}.aci`), bytes);
  await expect(filesOf(directory)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

it.each<[string, Buffer, string]>([
  ["is text", Buffer.from("x".repeat(1000)), "IMAGE_UNREADABLE"],
  ["is empty", Buffer.alloc(0), "IMAGE_MALFORMED"],
  ["has no manifest", tarOf([{ path: "rootfs/etc/a", content: "x" }]), "IMAGE_MALFORMED"],
  ["has a manifest that is no JSON", tarOf([{ path: "manifest", content: "{" }]), "IMAGE_MALFORMED"],
  [
    "has a manifest of a pod",
    tarOf([{ path: "manifest", content: '{"acKind":"PodManifest","name":"x"}' }]),
    "IMAGE_MALFORMED",
  ],
  ["has an endless manifest", tarOf([{ path: "manifest", content: Buffer.alloc(9 << 20) }]), "LIMIT_REACHED"],
  ["is packed with xz", Buffer.from("fd377a585a000004", "hex"), "LAYER_UNSUPPORTED"],
  ["is packed with bzip2", Buffer.from("BZh91AY"), "LAYER_UNSUPPORTED"],
])("refuses a file that %s", async (_, bytes, code) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("shop.aci"), bytes);
  await expect(filesOf(directory)).rejects.toMatchObject({ name: "OciError", code });
});
