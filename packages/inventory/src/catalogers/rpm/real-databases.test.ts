import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileTreeOf, tempDirectory } from "@pratique/testkit";
import { expect, it, type TestContext } from "vitest";
import { rpm } from "./rpm.ts";

const data = path.resolve(import.meta.dirname, "../../../../../../shared/data");
const archive = path.join(data, "rpm-apk-dpkg-db/rpm-apk-dpkg-db.tar.gz");
const GO_RPMDB = "go-rpmdb/pkg/testdata";
const SYFT = "syft/syft/pkg/cataloger/redhat/testdata";

const columns = [
  "NAME",
  "|EPOCH?{%{EPOCH}:}|",
  "VERSION",
  "RELEASE",
  "ARCH",
  "SOURCERPM",
  "MODULARITYLABEL",
  "VENDOR",
];
const FORMAT = `${columns.map((column) => (column.startsWith("|") ? `%${column}` : `%{${column}}`)).join("\\t")}\\n`;
const MAX_OUTPUT = 64 * 1024 * 1024;

function need(file: string, { skip }: TestContext): void {
  if (!existsSync(file)) skip(`needs ${file}, which is absent here`);
}

/** Each row as rpm itself understands the database, without the keys that it trusts. */
function askRpm(directory: string, backend: string): readonly string[] {
  // Signatures of packages say nothing of how a database is read, and rpm hides what it cannot verify.
  const flags = ["--nosignature", "--nodigest", "--dbpath", directory, "--define", `_db_backend ${backend}`];
  const output = execFileSync("rpm", [...flags, "-qa", "--qf", FORMAT], {
    encoding: "utf8",
    maxBuffer: MAX_OUTPUT,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return output
    .split("\n")
    .filter((row) => row !== "" && !row.startsWith("gpg-pubkey\t"))
    .map(normalized)
    .sort();
}

function normalized(row: string): string {
  const [name, epoch = "", version, release, architecture, source, label, vendor] = row.split("\t");
  const module = label?.split(":").slice(0, 2).join(":");
  const words = [architecture, source, module, vendor].map((word) => (word === "" ? "(none)" : word));
  return [name, `${epoch}${version}-${release}`, ...words].join("\t");
}

async function askCataloger(name: string, bytes: Buffer): Promise<readonly string[]> {
  const { packages, failures } = await rpm.catalog(fileTreeOf({ [`var/lib/rpm/${name}`]: bytes }), {});
  expect(failures).toEqual([]);
  return packages
    .map(({ name: of, version, architecture = "(none)", source, module = "(none)", vendor = "(none)" }) => {
      const file = source === undefined ? "(none)" : `${source.name}-${source.version}.src.rpm`;
      return [of, version, architecture, file, module, vendor].join("\t");
    })
    .sort();
}

it.for([
  ["Mariner 2.0", `${GO_RPMDB}/cbl-mariner-2.0/rpmdb.sqlite`, "sqlite", 129],
  ["SLE 15 BCI", `${GO_RPMDB}/sle15-bci/Packages.db`, "ndb", 35],
  ["one package of RHEL 8", `${GO_RPMDB}/libuuid/Packages`, "bdb_ro", 1],
  ["a package that nobody distributes", `${SYFT}/Packages`, "bdb_ro", 1],
] as const)("agrees with rpm on the database of %s", async ([, member, backend, count], context) => {
  need(archive, context);
  using directory = tempDirectory();
  execFileSync("tar", ["-xzf", archive, "-C", directory.path, member]);
  const name = path.basename(member);
  const rows = await askCataloger(name, readFileSync(directory.at(member)));
  expect(rows).toHaveLength(count);
  need("/usr/bin/rpm", context);
  mkdirSync(directory.at("db"));
  copyFileSync(directory.at(member), directory.at("db", name));
  expect(rows).toEqual(askRpm(directory.at("db"), backend));
});

it("reads a list of Mariner", async (context) => {
  need(archive, context);
  const member = `${SYFT}/container-manifest-2`;
  const list = execFileSync("tar", ["-xzOf", archive, member]);
  const { packages, failures } = await rpm.catalog(
    fileTreeOf({ "var/lib/rpmmanifest/container-manifest-2": list }),
    {},
  );
  expect(failures).toEqual([]);
  expect(packages.map(({ name, version }) => `${name} ${version}`)).toEqual([
    "mariner-release 2.0-12.cm2",
    "filesystem 1.1-9.cm2",
    "glibc 2.35-2.cm2",
    "openssl-libs 1.1.1k-15.cm2",
    "vim 2:9.0-1.cm2",
  ]);
});

it("knows the owners of files in a real database", async (context) => {
  need(archive, context);
  const bytes = execFileSync("tar", ["-xzOf", archive, `${GO_RPMDB}/sle15-bci/Packages.db`], {
    maxBuffer: MAX_OUTPUT,
  });
  const sles = { id: "sles", version: "15.3" };
  const { findOwners } = await rpm.catalog(fileTreeOf({ "usr/lib/sysimage/rpm/Packages.db": bytes }), {
    distro: sles,
  });
  const found = await findOwners?.(["bin/bash", "usr/bin/bash", "usr/lib64/libz.so.1", "usr/bin/nothing"]);
  expect([...(found?.owners ?? [])].map(([file, { name }]) => `${file} ${name}`)).toEqual(
    expect.arrayContaining(["usr/bin/bash bash"]),
  );
  expect(found?.owners.has("usr/bin/nothing")).toBe(false);
});

it("agrees with rpm on a database that rpm itself carried over into another form", async (context) => {
  need(archive, context);
  need("/usr/bin/rpm", context);
  using directory = tempDirectory();
  execFileSync("tar", ["-xzf", archive, "-C", directory.path, `${GO_RPMDB}/sle15-bci/Packages.db`]);
  const original = readFileSync(directory.at(GO_RPMDB, "sle15-bci/Packages.db"));
  mkdirSync(directory.at("db"));
  copyFileSync(directory.at(GO_RPMDB, "sle15-bci/Packages.db"), directory.at("db/Packages.db"));
  const flags = [
    "--nosignature",
    "--nodigest",
    "--dbpath",
    directory.at("db"),
    "--define",
    "_db_backend sqlite",
  ];
  execFileSync("rpm", [...flags, "--rebuilddb"], { stdio: "ignore" });
  expect(await askCataloger("rpmdb.sqlite", readFileSync(directory.at("db/rpmdb.sqlite")))).toEqual(
    await askCataloger("Packages.db", original),
  );
});
