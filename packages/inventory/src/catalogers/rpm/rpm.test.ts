import type { PackageFacts } from "@pratique/core";
import { fileTreeOf, fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { assert, asyncProperty, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { rpm } from "./rpm.ts";
import { berkeleyDbOf, ndbOf, sqliteOf } from "./testdata/build-database.ts";
import { headerOf, type PackageParts, packageHeader, type Tags } from "./testdata/build-header.ts";

const SQLITE = "var/lib/rpm/rpmdb.sqlite";
const MANIFEST = "var/lib/rpmmanifest/container-manifest-2";
const almalinux = { id: "almalinux", version: "9.4" };
const bash = packageHeader({});
const nodejs: PackageParts = {
  name: "nodejs",
  epoch: 1,
  version: "18.12.1",
  release: "2.module_el8.7.0+3370+12345678",
  module: "nodejs:18:8070020221109144243:bd1311ed:x86_64",
};

async function read(headers: readonly Buffer[]) {
  return rpm.catalog(fileTreeOf({ [SQLITE]: sqliteOf({ headers }).bytes }), { distro: almalinux });
}

function names({ packages }: { readonly packages: readonly { readonly name: string }[] }) {
  return packages.map(({ name }) => name);
}

it("reads name, version, architecture, source, module and vendor", async () => {
  const { packages, failures } = await read([bash, packageHeader(nodejs)]);
  expect(failures).toEqual([]);
  const common = { type: "rpm", architecture: "x86_64", vendor: "AlmaLinux", paths: [SQLITE] };
  expect(packages).toEqual([
    { ...common, name: "bash", version: "5.1.8-6.el9", source: { name: "bash", version: "5.1.8-6.el9" } },
    {
      ...common,
      name: "nodejs",
      version: "1:18.12.1-2.module_el8.7.0+3370+12345678",
      module: "nodejs:18",
      source: { name: "nodejs", version: "18.12.1-2.module_el8.7.0+3370+12345678" },
    },
  ]);
});

it.each<[string, PackageParts, { readonly [Key in keyof PackageFacts]?: PackageFacts[Key] | undefined }]>([
  ["keeps an epoch of zero that is set", { epoch: 0 }, { version: "0:5.1.8-6.el9" }],
  [
    "knows a source with hyphens in its name",
    { sourceRpm: "python3.9-pip-21.2.3-7.el9.src.rpm" },
    { source: { name: "python3.9-pip", version: "21.2.3-7.el9" } },
  ],
  [
    "knows a source that is not given away",
    { sourceRpm: "driver-1-2.nosrc.rpm" },
    { source: { name: "driver", version: "1-2" } },
  ],
  ["takes (none) for no vendor", { vendor: "(none)" }, { vendor: undefined }],
  ["takes (none) for no source", { sourceRpm: "(none)" }, { source: undefined }],
  ["takes (none) for no module", { module: "(none)" }, {}],
  ["has no source where none can be read", { sourceRpm: "bash.src.rpm" }, { source: undefined }],
  ["has no module where the label names no stream", { module: "nodejs" }, {}],
])("%s", async (_, parts, expected) => {
  const { packages } = await read([packageHeader(parts)]);
  expect(packages).toEqual([
    {
      type: "rpm",
      name: "bash",
      version: "5.1.8-6.el9",
      architecture: "x86_64",
      source: { name: "bash", version: "5.1.8-6.el9" },
      vendor: "AlmaLinux",
      paths: [SQLITE],
      ...expected,
    },
  ]);
});

it.each<[string, string, readonly string[] | undefined, true | undefined]>([
  ["of documentation", "emacs-doc", ["/usr/share/doc/emacs/", "/usr/share/info/emacs.info.gz"], true],
  ["of directories", "emacs-filesystem", ["/usr/share/emacs/", "/usr/share/emacs/site-lisp/"], true],
  ["of headers", "kernel-headers", ["/usr/include/linux/", "/usr/include/linux/a.out.h"], true],
  ["with a library", "emacs-devel", ["/usr/include/emacs.h", "/usr/lib64/libemacs.a"], undefined],
  ["with another name", "emacs", ["/usr/share/doc/emacs/NEWS"], undefined],
  ["that lists nothing", "emacs-doc", undefined, undefined],
  ["that climbs out of its documentation", "emacs-doc", ["/usr/share/doc/../../bin/emacs"], undefined],
])("tells of a package %s, %s, whether anything in it may run", async (_, name, files, isInert) => {
  const { packages } = await read([packageHeader({ name, ...(files !== undefined && { files }) })]);
  expect(packages[0]?.isInert).toBe(isInert);
});

it("leaves out the keys that rpm trusts, but not a package that is called like them", async () => {
  const key = headerOf({ 1000: "gpg-pubkey", 1001: "fd431d51", 1002: "4ae0493b" });
  const disguised = packageHeader({ name: "gpg-pubkey" });
  expect(names(await read([key, bash]))).toEqual(["bash"]);
  expect(names(await read([disguised]))).toEqual(["gpg-pubkey"]);
});

it.each<[string, Buffer]>([
  ["nothing in it", Buffer.alloc(0)],
  ["no entries", Buffer.alloc(8)],
  ["more entries than bytes", Buffer.from([0, 0, 255, 255, 0, 0, 0, 0])],
  ["less data than it says", bash.subarray(0, bash.length - 1)],
  ["no name", headerOf({ 1001: "1", 1002: "1" })],
  ["a number for a name", headerOf({ 1000: [1], 1001: "1", 1002: "1" })],
  ["a path for a name", packageHeader({ name: "../x" })],
  ["a space in its version", packageHeader({ version: "1 2" })],
  ["a hyphen in its version", packageHeader({ version: "1-2" })],
  ["no release", headerOf({ 1000: "a", 1001: "1" })],
  ["an architecture without end", packageHeader({ architecture: "x".repeat(300) })],
])("records a package with %s, and keeps the others", async (_, bad) => {
  const { packages, failures } = await read([bad, bash]);
  expect(names({ packages })).toEqual(["bash"]);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path: SQLITE })]);
});

it("counts the last of two entries of a tag, as rpm does", async () => {
  const twice: Tags = { 1000: "a", 1001: "1", 1002: "1", 9999: "b" };
  const header = headerOf(twice);
  header.writeUInt32BE(1000, 8 + 3 * 16);
  expect(names(await read([header]))).toEqual(["b"]);
});

describe("where it lies", () => {
  const { bytes } = sqliteOf({ headers: [bash] });

  it.each<[string, Parameters<typeof fileTreeOf>[0]]>([
    ["below usr", { "usr/lib/sysimage/rpm/rpmdb.sqlite": bytes }],
    [
      "through a symlinked directory",
      {
        "usr/lib/sysimage/rpm/rpmdb.sqlite": bytes,
        "var/lib/rpm": { symlink: "../../usr/lib/sysimage/rpm" },
      },
    ],
    ["in two places", { "usr/share/rpm/rpmdb.sqlite": bytes, [SQLITE]: bytes }],
    ["in two forms", { "var/lib/rpm/Packages": berkeleyDbOf([bash]), [SQLITE]: bytes }],
    ["under the name of another form", { "var/lib/rpm/Packages": ndbOf([bash]) }],
  ])("counts a database %s once", async (_, items) => {
    const result = await rpm.catalog(fileTreeOf(items), {});
    expect([names(result), result.failures]).toEqual([["bash"], []]);
  });

  it("records a database that cannot be read", async () => {
    const { failures } = await rpm.catalog(fileTreeOf({ [SQLITE]: { symlink: "nowhere" } }), {});
    expect(failures).toEqual([
      expect.objectContaining({ code: "PACKAGE_DATABASE_UNREADABLE", path: SQLITE }),
    ]);
  });
});

describe("a write-ahead log beside it", () => {
  it("is read with it", async () => {
    const { bytes, log } = sqliteOf({ headers: [bash], logged: [packageHeader({ name: "openssl" })] });
    const result = await rpm.catalog(fileTreeOf({ [SQLITE]: bytes, [`${SQLITE}-wal`]: log }), {});
    expect([names(result), result.failures]).toEqual([["bash", "openssl"], []]);
  });

  it("is recorded where it is none, and the database is read without it", async () => {
    const { bytes } = sqliteOf({ headers: [bash] });
    const result = await rpm.catalog(fileTreeOf({ [SQLITE]: bytes, [`${SQLITE}-wal`]: "x".repeat(40) }), {});
    expect([names(result), result.failures]).toEqual([
      ["bash"],
      [expect.objectContaining({ code: "PACKAGE_DATABASE_UNREADABLE", path: `${SQLITE}-wal` })],
    ]);
  });
});

describe("the list of an image without a database", () => {
  const line = (parts: Record<number, string> = {}) =>
    ["vim", "9.0-1.cm2", "1653816591", "1653753130", "Microsoft Corporation", "2", "45000", "x86_64", "2"]
      .concat("vim-9.0-1.cm2.src.rpm")
      .map((word, column) => parts[column] ?? word)
      .join("\t");

  it("is read like one", async () => {
    const { packages, failures } = await rpm.catalog(fileTreeOf({ [MANIFEST]: `${line()}\n` }), {});
    expect([packages, failures]).toEqual([
      [
        {
          type: "rpm",
          name: "vim",
          version: "2:9.0-1.cm2",
          architecture: "x86_64",
          vendor: "Microsoft Corporation",
          source: { name: "vim", version: "9.0-1.cm2" },
          paths: [MANIFEST],
        },
      ],
      [],
    ]);
  });

  it.each([
    ["too few columns", "a\tb"],
    ["too many columns", `${line()}\tx`],
    ["no release", line({ 1: "9.0" })],
    ["no version", line({ 1: "-1" })],
    ["no number for an epoch", line({ 5: "x" })],
    ["no name", line({ 0: "" })],
  ])("records a line with %s, and keeps the others", async (_, bad) => {
    const good = line({ 5: "(none)" });
    const { packages, failures } = await rpm.catalog(fileTreeOf({ [MANIFEST]: `${bad}\n\n${good}\n` }), {});
    expect(packages.map(({ version }) => version)).toEqual(["9.0-1.cm2"]);
    expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path: MANIFEST })]);
  });
});

it("attributes a package to the layer that brought it", async () => {
  const openssl = packageHeader({ name: "openssl" });
  const below = sqliteOf({ headers: [bash] }).bytes;
  const above = sqliteOf({ headers: [bash, openssl] }).bytes;
  const { packages } = await rpm.catalog(fileTreeOfLayers([{ [SQLITE]: below }, { [SQLITE]: above }]), {});
  expect(packages.map(({ layer }) => layer)).toEqual([layerDigest(0), layerDigest(1)]);
});

describe("owners", () => {
  const METADATA = "usr/lib/python3.9/site-packages/yaml/METADATA";
  const files = [`/usr/lib/python3.9/site-packages/yaml/__init__.py`, `/${METADATA}`];
  const yaml: PackageParts = { name: "python3-pyyaml", files };

  async function ownerOf(path: string, header: Buffer, items: Parameters<typeof fileTreeOf>[0]) {
    const tree = fileTreeOf({ [SQLITE]: sqliteOf({ headers: [bash, header] }).bytes, ...items });
    const { findOwners } = await rpm.catalog(tree, { distro: almalinux });
    const found = await findOwners?.([path, "usr/local/METADATA"]);
    return [...(found?.owners ?? [])].map(([file, { name }]) => [file, name]);
  }

  it("knows which package installed a file", async () => {
    expect(await ownerOf(METADATA, packageHeader(yaml), { [METADATA]: "x" })).toEqual([
      [METADATA, "python3-pyyaml"],
    ]);
  });

  it("knows it through a symlinked directory", async () => {
    const items = {
      "usr/share/yaml/METADATA": "x",
      "usr/lib/python3.9/site-packages/yaml": { symlink: "/usr/share/yaml" },
    };
    expect(await ownerOf("usr/share/yaml/METADATA", packageHeader(yaml), items)).toEqual([
      ["usr/share/yaml/METADATA", "python3-pyyaml"],
    ]);
  });

  it.each([
    ["another vendor", "NodeSource"],
    ["nobody", "(none)"],
  ])("leaves the files of a package by %s without an owner", async (_, vendor) => {
    expect(await ownerOf(METADATA, packageHeader({ ...yaml, vendor }), { [METADATA]: "x" })).toEqual([]);
  });

  it("finds none in a list with indexes that lead nowhere", async () => {
    const header = headerOf({
      1000: "a",
      1001: "1",
      1002: "1",
      1011: "AlmaLinux",
      1116: [7],
      1117: ["METADATA"],
      1118: [`/${METADATA.slice(0, -8)}`],
    });
    expect(await ownerOf(METADATA, header, { [METADATA]: "x" })).toEqual([]);
  });
});

it("never rejects, whatever a header holds", async () => {
  await assert(
    asyncProperty(uint8Array({ maxLength: 200 }), async (noise) => {
      const header = Buffer.from(bash);
      header.set(noise.subarray(0, header.length));
      const tree = fileTreeOf({ "var/lib/rpm/Packages.db": ndbOf([header, bash]) });
      const result = await rpm.catalog(tree, { distro: almalinux });
      await result.findOwners?.(["x"]);
      expect(names(result)).toContain("bash");
    }),
  );
});
