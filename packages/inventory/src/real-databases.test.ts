import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileTreeOf, tempDirectory } from "@pratique/testkit";
import { expect, it, type TestContext } from "vitest";
import { catalog } from "./index.ts";

const MAX_OUTPUT = 256 * 1024 * 1024;
const data = path.resolve(import.meta.dirname, "../../../../shared/data");
const trivyFixtures = path.join(data, "trivy-fixtures/trivy-fixtures.tar.gz");
const databases = path.join(data, "rpm-apk-dpkg-db/rpm-apk-dpkg-db.tar.gz");
const CORE_DEPS = "pkg/dependency/parser/dotnet/core_deps/testdata";
const DPKG_QUERY = "/usr/bin/dpkg-query";

const columns = [
  "Package",
  "Version",
  "source:Package",
  "source:Version",
  "Architecture",
  "db:Status-Status",
];
const FORMAT = `${columns.map((column) => `$\{${column}}`).join("\t")}\n`;

/** Each row as dpkg itself understands the database, without the packages that are not present. */
function askDpkg(directory: string): readonly string[] {
  const rows = execFileSync(DPKG_QUERY, [`--admindir=${directory}`, "-W", "-f", FORMAT], {
    encoding: "utf8",
    maxBuffer: MAX_OUTPUT,
    stdio: ["ignore", "pipe", "ignore"],
  }).split("\n");
  return rows
    .filter((row) => row !== "" && !/\t(?:not-installed|config-files)$/u.test(row))
    .map((row) => row.replace(/\t[^\t]*$/u, ""))
    .sort();
}

async function askCataloger(status: string): Promise<readonly string[]> {
  const { packages, failures } = await catalog(fileTreeOf({ "var/lib/dpkg/status": readFileSync(status) }));
  expect(failures.map(({ code }) => code)).toEqual(["DISTRO_UNKNOWN"]);
  return packages
    .map(({ name, version, source, architecture }) =>
      [name, version, source?.name, source?.version, architecture].join("\t"),
    )
    .sort();
}

function need(file: string, { skip }: TestContext): void {
  if (!existsSync(file)) skip(`needs ${file}, which is absent here`);
}

function unpack(archive: string, members: string, into: string): void {
  execFileSync("tar", ["-xzf", archive, "-C", into, "--wildcards", members], { stdio: "pipe" });
}

it("agrees with dpkg on the packages of this machine", async (context) => {
  need(DPKG_QUERY, context);
  need("/var/lib/dpkg/status", context);
  const rows = await askCataloger("/var/lib/dpkg/status");
  expect(rows.length).toBeGreaterThan(10);
  expect(rows).toEqual(askDpkg("/var/lib/dpkg"));
});

it.for(["debian-only", "postgresql", "texlive"])(
  "agrees with dpkg on the packages of the database %s",
  async (name, context) => {
    need(DPKG_QUERY, context);
    need(databases, context);
    using directory = tempDirectory();
    unpack(databases, `claircore/dpkg/testdata/${name}.status`, directory.path);
    const status = directory.at("claircore/dpkg/testdata", `${name}.status`);
    mkdirSync(directory.at("dpkg"));
    copyFileSync(status, directory.at("dpkg/status"));
    const rows = await askCataloger(status);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual(askDpkg(directory.at("dpkg")));
  },
);

it.for([
  ["310", "3.10.4", "1.1.1d-r2"],
  ["311", "3.11.5", "1.1.1d-r3"],
] as const)("reads the Alpine image %s", async ([name, version, openssl], context) => {
  need(trivyFixtures, context);
  using directory = tempDirectory();
  unpack(trivyFixtures, `*/alpine-${name}.tar.gz`, directory.path);
  unpack(directory.at(`pkg/fanal/test/testdata/alpine-${name}.tar.gz`), "*/layer.tar", directory.path);
  const [layer = ""] = globSync(directory.at("*/layer.tar"));
  const wanted = ["etc/os-release", "etc/alpine-release", "etc/passwd", "lib/apk/db/installed"];
  execFileSync("tar", ["-xf", layer, "-C", directory.path, ...wanted]);
  const items = Object.fromEntries(wanted.map((file) => [file, readFileSync(directory.at(file))]));
  const { distro, packages, rootAccounts, failures } = await catalog(fileTreeOf(items));
  expect([distro?.id, distro?.version, rootAccounts, failures]).toEqual(["alpine", version, [], []]);
  expect(packages).toHaveLength(14);
  const libssl = packages.find((one) => one.name === "libssl1.1");
  expect(libssl?.source).toEqual({ name: "openssl", version: openssl });
});

it("knows the distributions of real release files by the folders they are in", async (context) => {
  need(databases, context);
  using directory = tempDirectory();
  unpack(databases, "claircore/*/testdata/*", directory.path);
  const roots = globSync(directory.at("claircore/{debian,ubuntu}/testdata/{dist,distroless_dist}/*"));
  roots.push(...globSync(directory.at("claircore/alpine/testdata/3.*")));
  roots.push(...globSync(directory.at("claircore/rhel/testdata/releasefiles/{7,8,9,oracle-*}")));
  expect(roots.length).toBeGreaterThan(40);
  const wrong: string[] = [];
  for (const root of roots) {
    const files = globSync("etc/*", { cwd: root });
    const items = files.map((file) => [file, readFileSync(path.join(root, file))] as const);
    const { distro } = await catalog(fileTreeOf(Object.fromEntries(items)), { catalogers: [] });
    const release = path.basename(root).replace("oracle-", "");
    const known = distro !== undefined && ["debian", "ubuntu", "alpine", "ol", "rhel"].includes(distro.id);
    if (!known || !`${distro.version}.`.startsWith(`${release}.`)) wrong.push(root);
  }
  expect(wrong).toEqual([]);
});

it.for([
  [
    "composer",
    "integration/testdata/fixtures/repo/composer-vendor/installed.json",
    "app/vendor/composer/installed.json",
    ["guzzlehttp/psr7@1.8.3", "psr/http-message@1.1", "ralouphie/getallheaders@3.0.3"],
  ],
  [
    "nuget",
    "integration/testdata/fixtures/repo/dotnet/datacollector.deps.json",
    "app/datacollector.deps.json",
    // Others count the projects of the program as well, which NuGet does not know.
    ["Newtonsoft.Json@9.0.1"],
  ],
  ["nuget", `${CORE_DEPS}/happy.deps.json`, "app/a.deps.json", ["Newtonsoft.Json@13.0.1"]],
  ["nuget", `${CORE_DEPS}/multi-project.deps.json`, "app/a.deps.json", ["Newtonsoft.Json@13.0.3"]],
  ["nuget", `${CORE_DEPS}/missing-target.deps.json`, "app/a.deps.json", ["Newtonsoft.Json@13.0.1"]],
  [
    "nuget",
    `${CORE_DEPS}/without-runtime.deps.json`,
    "app/a.deps.json",
    ["JsonDiffPatch@2.0.61", "Libuv@1.9.1"],
  ],
  [
    "nuget",
    `${CORE_DEPS}/self-contained.deps.json`,
    "app/a.deps.json",
    [
      "Microsoft.AspNetCore.App.Runtime.linux-x64@8.0.0",
      "Microsoft.NETCore.App.Runtime.linux-x64@8.0.0",
      "Newtonsoft.Json@13.0.1",
    ],
  ],
] as const)(
  "finds as %s the packages that others find in %s",
  async ([type, member, path, expected], context) => {
    need(trivyFixtures, context);
    using directory = tempDirectory();
    unpack(trivyFixtures, member, directory.path);
    const { packages, failures } = await catalog(fileTreeOf({ [path]: readFileSync(directory.at(member)) }));
    expect(packages.map(({ type, name, version }) => `${type} ${name}@${version}`)).toEqual(
      expected.map((name) => `${type} ${name}`),
    );
    expect(failures).toEqual([]);
  },
);
