import { fileTreeOf, fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { assert, asyncProperty, string, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { dpkg } from "./dpkg.ts";

const STATUS = "var/lib/dpkg/status";

function stanza(fields: Readonly<Record<string, string>>): string {
  const all = {
    Package: "zlib1g",
    Status: "install ok installed",
    Version: "1.2",
    Architecture: "amd64",
    ...fields,
  };
  return `${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n")}\n`;
}

async function read(status: string | Uint8Array) {
  return dpkg.catalog(fileTreeOf({ [STATUS]: status }), {});
}

it("reads name, version, architecture and source", async () => {
  const { packages, failures } = await read(
    stanza({ Source: "zlib (1:1.2.13.dfsg-1)", Version: "1:1.2.13.dfsg-1+b1" }),
  );
  expect(failures).toEqual([]);
  expect(packages).toEqual([
    {
      type: "deb",
      name: "zlib1g",
      version: "1:1.2.13.dfsg-1+b1",
      architecture: "amd64",
      source: { name: "zlib", version: "1:1.2.13.dfsg-1" },
      paths: [STATUS],
    },
  ]);
});

it.each([
  ["no field", {}, "zlib1g", "1.2"],
  ["another name", { Source: "zlib" }, "zlib", "1.2"],
  ["another version", { Source: "zlib (2.0-1)" }, "zlib", "2.0-1"],
  ["a rebuild without a version", { Source: "zlib", Version: "1.2-3+b4" }, "zlib", "1.2-3"],
  ["a rebuild without a field", { Version: "1.2-3+b4" }, "zlib1g", "1.2-3"],
  ["a rebuild whose source says so", { Source: "zlib (1.2-3+b4)", Version: "9+b1" }, "zlib", "1.2-3+b4"],
])("finds the source of a package with %s", async (_, fields, name, version) => {
  const { packages } = await read(stanza(fields));
  expect(packages[0]?.source).toEqual({ name, version });
});

it.each([
  ["install ok installed", 1],
  ["hold ok installed", 1],
  ["deinstall ok installed", 1],
  ["install reinstreq half-installed", 1],
  ["install ok unpacked", 1],
  ["install ok half-configured", 1],
  ["install ok triggers-pending", 1],
  ["install ok triggers-awaited", 1],
  ["deinstall ok config-files", 0],
  ["purge ok not-installed", 0],
])("takes %j for %i packages", async (status, count) => {
  const { packages, failures } = await read(stanza({ Status: status }));
  expect([packages.length, failures]).toEqual([count, []]);
});

it.each([
  ["no package", "Version: 1\nStatus: install ok installed\n"],
  ["no version", "Package: a\nStatus: install ok installed\n"],
  ["no status", "Package: a\nVersion: 1\n"],
  ["an unknown state", stanza({ Status: "install ok confused" })],
  ["an incomplete status", stanza({ Status: "install" })],
  ["a space in the version", stanza({ Version: "1 2" })],
  ["a NUL in the name", stanza({ Package: "a\0b" })],
  ["a path for a name", stanza({ Package: "../../etc" })],
  ["a name without end", stanza({ Package: "a".repeat(100_000) })],
  ["a source of another form", stanza({ Source: "zlib 1.2" })],
  ["two versions", `${stanza({})}Version: 2\n`],
  ["two packages", `${stanza({})}package: other\n`],
  ["no fields", "lorem ipsum\n"],
])("records a stanza with %s, and keeps the others", async (_, bad) => {
  const { packages, failures } = await read(`${bad}\n${stanza({ Package: "good" })}`);
  expect(packages.map(({ name }) => name)).toEqual(["good"]);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path: STATUS })]);
});

it.each([
  ["carriage returns", (text: string) => text.replaceAll("\n", "\r\n")],
  ["a byte order mark", (text: string) => `\uFEFF${text}`],
  [
    "names in capitals",
    (text: string) => text.replace("Package:", "PACKAGE:").replace("Version:", "version:"),
  ],
  ["no newline at its end", (text: string) => text.trimEnd()],
  ["many empty lines", (text: string) => `\n\n${text.replace("\n\n", "\n\n\n\n\n")}\n\n`],
])("reads a database with %s", async (_, change) => {
  const { packages, failures } = await read(
    change(`${stanza({})}\n${stanza({ Package: "b", Version: "3" })}`),
  );
  expect(failures).toEqual([]);
  expect(packages.map(({ name, version }) => [name, version])).toEqual([
    ["zlib1g", "1.2"],
    ["b", "3"],
  ]);
});

it.each<[string, string, readonly string[] | undefined, true | undefined]>([
  [
    "git-man",
    "git-man.list",
    ["/.", "/usr", "/usr/share", "/usr/share/man", "/usr/share/man/git.1.gz"],
    true,
  ],
  ["libc6-dev", "libc6-dev:amd64.list", ["/.", "/usr", "/usr/include", "/usr/include/stdio.h"], true],
  [
    "libc6-dev",
    "libc6-dev:amd64.list",
    ["/usr", "/usr/include", "/usr/include/a.h", "/usr/lib/libc.a"],
    undefined,
  ],
  [
    "git-doc",
    "git-doc.list",
    ["/usr", "/usr/share", "/usr/share/doc", "/usr/share/doc/../../bin/x"],
    undefined,
  ],
  ["git-man", "git-man.list", undefined, undefined],
  ["git", "git.list", ["/usr", "/usr/share", "/usr/share/man", "/usr/share/man/git.1.gz"], undefined],
])("tells of %s by %s, with %j, whether anything in it may run", async (name, list, lines, isInert) => {
  const files: Record<string, string> = { [STATUS]: stanza({ Package: name }) };
  if (lines !== undefined) files[`var/lib/dpkg/info/${list}`] = `${lines.join("\n")}\n`;
  const { packages } = await dpkg.catalog(fileTreeOf(files), {});
  expect(packages[0]?.isInert).toBe(isInert);
});

it("tells it by the check sums of an image that was built without dpkg", async () => {
  const record = "var/lib/dpkg/status.d/tzdata-doc";
  const files = {
    [record]: stanza({ Package: "tzdata-doc" }),
    [`${record}.md5sums`]: `${"0".repeat(32)}  usr/share/doc/tzdata/README\n`,
  };
  expect((await dpkg.catalog(fileTreeOf(files), {})).packages).toMatchObject([{ isInert: true }]);
});

it.each([
  ["NodeSource <nsolid-gpg@nodesource.com>", "NodeSource <nsolid-gpg@nodesource.com>"],
  ["NGINX Packaging\u0007 <nginx-packaging@f5.com>", "NGINX Packaging <nginx-packaging@f5.com>"],
  ["Debian Nginx Maintainers <pkg-nginx-maintainers@alioth-lists.debian.net>", undefined],
  ["<root@buildhost>", undefined],
  ["", undefined],
])("names the vendor of what %s maintains", async (Maintainer, vendor) => {
  const { packages } = await read(stanza({ Maintainer }));
  expect(packages[0]?.vendor).toBe(vendor);
});

it("does not take a continuation line for a field", async () => {
  const { packages } = await read(stanza({ Description: "a\n Package: other\n Version: 9" }));
  expect(packages.map(({ name, version }) => [name, version])).toEqual([["zlib1g", "1.2"]]);
});

it("reads past bytes that are not UTF-8", async () => {
  const maintainer = Buffer.from("Maintainer: Andr\xe9 <a@example.org>\n", "latin1");
  const { packages, failures } = await read(Buffer.concat([maintainer, Buffer.from(stanza({}))]));
  expect([packages.length, failures]).toEqual([1, []]);
});

it("counts a package once for each architecture", async () => {
  const both = `${stanza({})}\n${stanza({ Architecture: "i386" })}\n${stanza({})}`;
  const { packages } = await read(both);
  expect(packages.map(({ architecture }) => architecture)).toEqual(["amd64", "i386"]);
});

it("bounds a database of a million records", async () => {
  const { packages, failures } = await read("Package: a\n\n".repeat(1_000_000));
  expect(packages).toEqual([]);
  expect(failures).toHaveLength(101);
  expect(failures.at(-1)?.code).toBe("LIMIT_REACHED");
});

it("bounds a line without end", async () => {
  const { packages } = await read(`${stanza({ Package: "good" })}\n${"p".repeat(5_000_000)}`);
  expect(packages.map(({ name }) => name)).toEqual(["good"]);
});

it("records a database that cannot be read", async () => {
  const tree = fileTreeOf({ [STATUS]: { symlink: "elsewhere" } });
  const { packages, failures } = await dpkg.catalog(tree, {});
  expect(packages).toEqual([]);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_DATABASE_UNREADABLE", path: STATUS })]);
});

it("reads the records of images that were built without dpkg", async () => {
  const tree = fileTreeOf({
    "var/lib/dpkg/status.d/libc6": "Package: libc6\nVersion: 2.36\nArchitecture: amd64\nSource: glibc\n",
    "var/lib/dpkg/status.d/libc6.md5sums": "0123456789abcdef0123456789abcdef  usr/lib/libc.so.6\n",
    "var/lib/dpkg/status.d/libpython3.11": "Package: libpython3.11\nVersion: 3.11\n",
    "var/lib/dpkg/status.d/gone": stanza({ Package: "gone", Status: "deinstall ok config-files" }),
  });
  const { packages, failures } = await dpkg.catalog(tree, {});
  expect(failures).toEqual([]);
  expect(packages.map(({ name, source }) => [name, source?.name])).toEqual([
    ["libc6", "glibc"],
    ["libpython3.11", "libpython3.11"],
  ]);
});

it("reads a database whose directory lies elsewhere", async () => {
  const tree = fileTreeOf({
    "var/lib/dpkg": { symlink: "/usr/lib/dpkg" },
    "usr/lib/dpkg/status": stanza({}),
  });
  const { packages } = await dpkg.catalog(tree, {});
  expect(packages.map(({ paths }) => paths)).toEqual([["usr/lib/dpkg/status"]]);
});

it("takes a package in two databases for one with two proofs", async () => {
  const tree = fileTreeOf({ [STATUS]: stanza({}), "var/lib/dpkg/status.d/zlib1g": stanza({}) });
  const { packages } = await dpkg.catalog(tree, {});
  expect(packages.map(({ paths }) => paths)).toEqual([[STATUS, "var/lib/dpkg/status.d/zlib1g"]]);
});

it("attributes a package to the lowest layer from which on it was never away", async () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => `${stanza({ Package: name })}\n`);
  const upgraded = `${stanza({ Package: "a", Version: "2" })}\n`;
  const tree = fileTreeOfLayers([
    { [STATUS]: `${a}${b}${c}` },
    { "etc/hostname": "x" },
    { [STATUS]: `${a}${c}` },
    { [STATUS]: `${upgraded}${b}${c}` },
  ]);
  const { packages } = await dpkg.catalog(tree, {});
  expect(Object.fromEntries(packages.map(({ name, layer }) => [name, layer]))).toEqual({
    a: layerDigest(3),
    b: layerDigest(3),
    c: layerDigest(0),
  });
});

it("gives up telling layers, and says so, where very many layers change the database", async () => {
  const layers = Array.from({ length: 300 }, (_, number) => ({ [STATUS]: `${stanza({})}\n#${number}\n` }));
  const { packages, failures } = await dpkg.catalog(fileTreeOfLayers(layers), {});
  expect(packages).toHaveLength(1);
  expect(failures.map(({ code }) => code)).toContain("LIMIT_REACHED");
});

it("records a state in a lower layer that cannot be read", async () => {
  const tree = fileTreeOf({ [STATUS]: stanza({}) });
  const states = tree.history(STATUS);
  tree.history = () => [{ read: () => Promise.reject(new Error("damaged")) }, ...states];
  const { packages, failures } = await dpkg.catalog(tree, {});
  expect(packages).toHaveLength(1);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_DATABASE_UNREADABLE", path: STATUS })]);
});

it("never rejects, whatever the database holds", async () => {
  await assert(
    asyncProperty(uint8Array({ maxLength: 300 }), string({ unit: "binary" }), async (bytes, text) => {
      const { failures } = await read(Buffer.concat([Buffer.from(stanza({ Source: text })), bytes]));
      expect(failures.length).toBeLessThanOrEqual(101);
    }),
  );
});
