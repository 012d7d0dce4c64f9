import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Package, ScanReport } from "@pratique/core";
import { zipOf } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debianRoot, debianRootUnavailable, type RootRecipe } from "../../scripts/bench/debootstrap.ts";
import { accuracyRoot, accuracyRootOf13 } from "../../scripts/bench/roots.ts";
import { Pratique } from "./pratique.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const data = path.resolve(repository, "../shared/data");
const debian = path.join(data, "debian-dsa-dla");
const python = path.join(data, "pypa-advisory-database/pypa-advisory-database.tar.gz");
const same = { missed: [], surplus: [] };
const BUILD_DEADLINE_MS = 1_200_000;

const unavailable = [debian, python].every((location) => existsSync(location))
  ? debianRootUnavailable()
  : "needs ../shared/data";

/** What pip is to install: names in every spelling, a version of somebody's own, and a newer one of what Debian has. */
const wheels: readonly (readonly [name: string, version: string])[] = [
  ["Flask_SQLAlchemy", "3.0.5"],
  ["requests", "2.99.0"],
  ["ruamel.yaml", "0.18.6+ours.1"],
  ["zope.interface", "6.4rc1"],
];

/** How many findings there are at least in what Debian's packages of Python have brought. */
describe.skipIf(unavailable !== undefined).each<[number, RootRecipe, number]>([
  [12, accuracyRoot, 1],
  [13, accuracyRootOf13, 0],
])(`a Debian %i with trees of npm and pip ${unavailable ?? ""}`, (release, recipe, least) => {
  let directory: string;
  let root: string;
  let report: ScanReport;

  beforeAll(async () => {
    const built = await debianRoot(recipe);
    directory = mkdtempSync(path.join(tmpdir(), "prr-"));
    root = path.join(directory, "root");
    copyTree(built, root);
    installWithPip(root);
    plantNodeModules(root);
    await using pratique = new Pratique();
    const from = [`debian-dsa-dla:${debian}`, `osv:${python}`].map((source) => `--from=${source}`);
    expect(pratique.command(["advisories", "build", ...from])).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = pratique.command(["image", "scan", `dir:${root}`, "--format=json"]);
    // There are no advisories for npm.
    expect({ code, stderr }).toEqual({ code: 3, stderr: "" });
    report = JSON.parse(stdout);
  }, BUILD_DEADLINE_MS);
  afterAll(() => {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  it("is what it says", () => {
    expect(report.target.distro).toMatchObject({
      id: "debian",
      version: expect.stringMatching(`^${release}\\b`),
    });
  });

  it("has the packages that dpkg-query lists", () => {
    const format = `--showformat=\${Package} \${Architecture} \${Version} \${db:Status-Status}\n`;
    const listed = linesOf("dpkg-query", [`--admindir=${root}/var/lib/dpkg`, "--show", format]);
    const expected = listed.flatMap((line) => (line.endsWith(" installed") ? [line.slice(0, -10)] : []));
    expect(expected.length).toBeGreaterThan(500);
    const found = of("deb").map((one) => `${one.name} ${one.architecture} ${one.version}`);
    expect(compare(found, expected)).toEqual(same);
  });

  it("has the packages that pip lists, in every place where Python looks for them", () => {
    const places = ["{usr/lib/python3,usr/local/lib/python3.*}/dist-packages{,/*/_vendor}", "srv/py"];
    const expected = globSync(places, { cwd: root }).flatMap((site) => pipList(root, site));
    expect(expected.length).toBeGreaterThan(40);
    // What the tests of a package are to install is nowhere that Python looks.
    const installed = of("pypi").filter(({ paths: [at = ""] }) => !at.includes("/tests/data/"));
    const found = installed.map((one) => `${siteOf(one)} ${normalized(one.name)} ${one.version}`);
    expect(compare(found, expected)).toEqual(same);
  });

  it("has the packages that npm lists", () => {
    const app = path.join(root, "srv/app");
    const expected = linesOf("npm", ["ls", "--all", "--parseable", "--long", "--prefix", app]).flatMap(
      (line) => {
        const [at = "", id = ""] = line.split(":");
        return at === app ? [] : [`${path.relative(root, at)}/package.json ${id}`];
      },
    );
    expect(expected.length).toBeGreaterThan(300);
    const found = of("npm").flatMap(({ paths: [at = ""], name, version }) =>
      at.startsWith("srv/app/") ? [`${at} ${name}@${version}`] : [],
    );
    expect(compare(found, expected)).toEqual(same);
  });

  it("tells nothing twice of what a package of Debian has brought", () => {
    const owned = report.packages.filter(({ ownedBy }) => ownedBy !== undefined);
    expect(owned.filter(({ type }) => type === "pypi").length).toBeGreaterThan(30);
    const ofDebian = of("pypi").filter((one) => siteOf(one) === "usr/lib/python3/dist-packages");
    expect(ofDebian.filter(({ ownedBy }) => ownedBy === undefined)).toEqual([]);

    const namesOf = new Map<string, Set<string>>();
    for (const { packageId, id, aliases } of report.findings) {
      const names = namesOf.get(packageId) ?? new Set();
      for (const name of [id, ...aliases]) names.add(name);
      namesOf.set(packageId, names);
    }
    const findings = report.findings.filter(({ packageId }) => owned.some(({ id }) => id === packageId));
    expect(findings.length).toBeGreaterThanOrEqual(least);
    const twice = findings.filter(({ packageId, id, aliases }) => {
      const owner = owned.find((one) => one.id === packageId)?.ownedBy ?? "";
      return [id, ...aliases].some((name) => namesOf.get(owner)?.has(name) === true);
    });
    expect(twice).toEqual([]);
    // What Debian has not heard of is told once, and marked.
    expect(findings.filter(({ confidence }) => confidence !== "low")).toEqual([]);
  });

  function of(type: Package["type"]): readonly Package[] {
    return report.packages.filter((one) => one.type === type);
  }
});

function compare(found: readonly string[], expected: readonly string[]) {
  return {
    missed: expected.filter((line) => !found.includes(line)),
    surplus: found.filter((line) => !expected.includes(line)),
  };
}

/** Where a distribution of Python is installed. */
function siteOf({ paths: [at = ""] }: Package): string {
  return at.replace(/\/[^/]+\.(?:dist|egg)-info(?:\/[^/]+)?$/u, "");
}

/** PEP 503. */
function normalized(name: string): string {
  return name.replace(/[-_.]+/gu, "-").toLowerCase();
}

function pipList(root: string, site: string): readonly string[] {
  const args = [root, "python3", "-m", "pip", "list", "--path", `/${site}`, "--format=json"];
  const [text = "[]"] = linesOf("chroot", [...args, "--disable-pip-version-check"]);
  const listed: { name: string; version: string }[] = JSON.parse(text);
  return listed.map(({ name, version }) => `${site} ${normalized(name)} ${version}`);
}

/** Into the place that Debian leaves to pip, and into a directory of an application. */
function installWithPip(root: string): void {
  const target = path.join(root, "srv/wheels");
  mkdirSync(target, { recursive: true });
  for (const [name, version] of wheels) {
    writeFileSync(path.join(target, `${name}-${version}-py3-none-any.whl`), wheelOf(name, version));
  }
  const flags =
    "--no-index --no-deps --no-compile --ignore-installed --disable-pip-version-check --root-user-action=ignore";
  const install = `python3 -m pip install --quiet ${flags} --break-system-packages`;
  shell(`exec chroot "$0" sh -c '${install} /srv/wheels/*.whl'`, root);
  shell(`exec chroot "$0" sh -c '${install} --target /srv/py /srv/wheels/zope*.whl'`, root);
  rmSync(target, { recursive: true });
}

function wheelOf(name: string, version: string): Uint8Array {
  const info = `${name}-${version}.dist-info`;
  const module = `${name.replace(/\W/gu, "_")}.py`;
  return zipOf([
    { name: module, content: "" },
    { name: `${info}/METADATA`, content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n` },
    { name: `${info}/WHEEL`, content: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n" },
    {
      name: `${info}/RECORD`,
      content: [module, ...["METADATA", "WHEEL", "RECORD"].map((file) => `${info}/${file}`)]
        .map((file) => `${file},,\n`)
        .join(""),
    },
  ]);
}

/** What npm has installed for this repository, without its own workspaces and what npm keeps to be quicker. */
function plantNodeModules(root: string): void {
  const app = path.join(root, "srv/app");
  mkdirSync(app);
  writeFileSync(path.join(app, "package.json"), '{"name":"app","version":"1.0.0","private":true}');
  const modules = path.join(app, "node_modules");
  copyTree(path.join(repository, "node_modules"), modules);
  const kept = globSync(["@pratique", ".package-lock.json", ".cache"], { cwd: modules });
  for (const name of kept) rmSync(path.join(modules, name), { recursive: true });
}

/** By hard links where that goes: what is changed afterwards is new, or is removed. */
function copyTree(from: string, to: string): void {
  shell('cp -al "$0" "$1" 2>/dev/null || { rm -rf "$1" && cp -a "$0" "$1"; }', from, to);
}

function shell(script: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync("sh", ["-c", script, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
}

function linesOf(command: string, args: readonly string[]): readonly string[] {
  const { stdout } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim().split("\n");
}
