import { zstdCompressSync } from "node:zlib";
import { fileTreeOf } from "@pratique/testkit";
import { assert, asyncProperty, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { catalog } from "../../index.ts";
import { sourceOfBinary } from "./chisel-sources.ts";

const NOBLE = "ID=ubuntu\nVERSION_ID=24.04\n";
const LIBSSL = {
  kind: "package",
  name: "libssl3t64",
  version: "3.0.13-0ubuntu3",
  sha256: "0",
  arch: "amd64",
};
const PYTHON = {
  kind: "package",
  name: "python3-minimal",
  version: "3.12.3-0ubuntu2",
  sha256: "0",
  arch: "amd64",
};

function wall(lines: readonly (object | string)[], count = lines.length + 1): Buffer {
  const all = [{ jsonwall: "1.0", schema: "1.0", count }, ...lines];
  const text = all.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  return zstdCompressSync(`${text.join("\n")}\n`);
}

function root(manifest: Uint8Array, more: Parameters<typeof fileTreeOf>[0] = {}) {
  return fileTreeOf({ "etc/os-release": NOBLE, "var/lib/chisel/manifest.wall": manifest, ...more });
}

it("finds what chisel has cut, with the source that its advisories speak of", async () => {
  const { packages, failures } = await catalog(
    root(
      wall([
        { kind: "content", slice: "openssl_libs", path: "/usr/" },
        LIBSSL,
        { kind: "slice", name: "x_y" },
      ]),
    ),
  );
  expect(failures).toEqual([]);
  expect(packages).toMatchObject([
    {
      type: "deb",
      name: "libssl3t64",
      version: "3.0.13-0ubuntu3",
      architecture: "amd64",
      source: { name: "openssl", version: "3.0.13-0ubuntu3" },
      paths: ["var/lib/chisel/manifest.wall"],
    },
  ]);
});

it("says which packages it judges by their own names for want of a source", async () => {
  const { packages, failures } = await catalog(root(wall([{ ...LIBSSL, name: "libodd7" }, LIBSSL])));
  expect(packages.map(({ source }) => source?.name)).toEqual(["libodd7", "openssl"]);
  expect(failures).toEqual([
    expect.objectContaining({
      code: "PACKAGE_RECORD_MALFORMED",
      message: "judged by their own names, as nothing tells their sources: libodd7",
    }),
  ]);
});

it("owns what the slices of its packages have brought", async () => {
  const metadata = "usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA";
  const lines = [
    PYTHON,
    { kind: "path", path: `/${metadata}`, mode: "0644", slices: ["python3-minimal_libs"] },
  ];
  const { packages } = await catalog(root(wall(lines), { [metadata]: "Name: six\nVersion: 1.16.0\n" }));
  const owner = packages.find(({ name }) => name === "python3-minimal");
  expect(packages.find(({ name }) => name === "six")?.ownedBy).toBe(owner?.id);
});

it("takes a package that dpkg knows as well for one, with dpkg's word on its source", async () => {
  const status =
    "Package: libssl3t64\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0.13-0ubuntu3\nSource: other (1.0)\n";
  const { packages } = await catalog(root(wall([LIBSSL]), { "var/lib/dpkg/status": status }));
  expect(packages).toMatchObject([
    {
      source: { name: "other", version: "1.0" },
      paths: ["var/lib/dpkg/status", "var/lib/chisel/manifest.wall"],
    },
  ]);
});

it.each<[string, Uint8Array, string]>([
  ["is no zstd", Buffer.from("{}"), "PACKAGE_DATABASE_UNREADABLE"],
  ["breaks off", wall([LIBSSL], 90), "PACKAGE_DATABASE_UNREADABLE"],
  ["has no first line", zstdCompressSync(`${JSON.stringify(LIBSSL)}\n`), "PACKAGE_DATABASE_UNREADABLE"],
  ["has a broken line", wall(['{"kind":"package"', LIBSSL]), "PACKAGE_RECORD_MALFORMED"],
  [
    "has a package without a version",
    wall([{ kind: "package", name: "a" }, LIBSSL]),
    "PACKAGE_RECORD_MALFORMED",
  ],
])("records a manifest that %s", async (_, manifest, code) => {
  const { failures } = await catalog(root(manifest));
  expect(failures.map((failure) => failure.code)).toContain(code);
});

it("keeps the packages beside a broken line", async () => {
  const { packages } = await catalog(root(wall(['{"kind":"package"', LIBSSL])));
  expect(packages).toHaveLength(1);
});

it("throws nothing, whatever the bytes are", async () => {
  await assert(
    asyncProperty(uint8Array({ maxLength: 60 }), async (noise) => {
      await catalog(root(noise));
      await catalog(root(zstdCompressSync(noise)));
    }),
    { numRuns: 40 },
  );
});

it.each([
  ["libc6", "glibc"],
  ["openjdk-21-jre-headless", "openjdk-21"],
  ["libpython3.12-stdlib", "python3.12"],
  ["aspnetcore-runtime-8.0", "dotnet8"],
  ["ca-certificates", "ca-certificates"],
  ["openssl", "openssl"],
  ["libodd7", undefined],
])("knows the source of %s", (name, source) => {
  expect(sourceOfBinary(name)).toBe(source);
});
