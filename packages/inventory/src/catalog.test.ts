import type { PackageFacts } from "@pratique/core";
import { fileTreeOf, fileTreeOfLayers, layerDigest, zipOf } from "@pratique/testkit";
import { assert, asyncProperty, constantFrom, dictionary, oneof, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { CATALOGER_REVISION, type Cataloger, catalog, catalogers, wantedPatterns } from "./index.ts";

const DEBIAN = "ID=debian\nVERSION_ID=12\n";
const STATUS = `Package: python3-yaml
Status: install ok installed
Maintainer: Debian Python Team <team+python@tracker.debian.org>
Architecture: amd64
Source: pyyaml
Version: 6.0-3+b2
`;
const YAML = "usr/lib/python3/dist-packages/PyYAML-6.0.dist-info/METADATA";
const METADATA = "Name: PyYAML\nVersion: 6.0\n";
const OWNER = "pkg:deb/debian/python3-yaml@6.0-3+b2?arch=amd64&distro=debian-12";

const image = {
  "etc/os-release": DEBIAN,
  "etc/passwd": "root:x:0:0::/root:\ntoor:x:0:0::/:\n",
  "var/lib/dpkg/status": STATUS,
  "var/lib/dpkg/info/python3-yaml.list": `/.\n/${YAML}\n`,
  [YAML]: METADATA,
  "app/node_modules/left-pad/package.json": '{"name":"left-pad","version":"1.3.0"}',
};

it("finds distribution, packages, owners and root accounts", async () => {
  const inventory = await catalog(fileTreeOf(image));
  expect(inventory).toMatchObject({
    distro: { id: "debian", version: "12" },
    packages: [
      {
        id: OWNER,
        purl: OWNER,
        type: "deb",
        name: "python3-yaml",
        source: { name: "pyyaml", version: "6.0-3" },
      },
      { id: "pkg:npm/left-pad@1.3.0", type: "npm", paths: ["app/node_modules/left-pad/package.json"] },
      { id: "pkg:pypi/pyyaml@6.0", type: "pypi", name: "PyYAML", ownedBy: OWNER },
    ],
    rootAccounts: ["toor"],
    failures: [],
  });
  expect(inventory.packages.filter(({ ownedBy }) => ownedBy !== undefined)).toHaveLength(1);
});

it("finds the same where the source kept only what is wanted", async () => {
  const tree = fileTreeOf({ ...image, "usr/bin/python3": "ELF" }, { patterns: wantedPatterns() });
  expect([...tree.files()].map(({ path }) => path)).not.toContain("usr/bin/python3");
  expect(await catalog(tree)).toEqual(await catalog(fileTreeOf(image)));
});

it("leaves an archive that nothing names to the package that owns it, unless it was changed since", async () => {
  const jar = zipOf([{ name: "com/example/Some.class", content: "" }]);
  const owned = "usr/share/java/owned.jar";
  const installed = {
    ...image,
    "var/lib/dpkg/info/python3-yaml.list": `/.\n/${YAML}\n/${owned}\n`,
    [owned]: jar,
  };
  const places = async (...layers: Parameters<typeof fileTreeOfLayers>[0]) => {
    const { failures } = await catalog(fileTreeOfLayers(layers));
    return failures.map(({ code, path }) => [code, path]);
  };
  expect(await places(installed)).toEqual([]);
  expect(await places({ ...installed, "app/mine.jar": jar })).toEqual([
    ["PACKAGE_UNIDENTIFIED", "app/mine.jar"],
  ]);
  expect(await places(installed, { [owned]: jar })).toEqual([["PACKAGE_UNIDENTIFIED", owned]]);
});

it("tells packages with one purl apart by their paths", async () => {
  const manifest = '{"name":"a","version":"1.0.0"}';
  const items = { "x y/node_modules/a/package.json": manifest, "z/node_modules/a/package.json": manifest };
  const { packages } = await catalog(fileTreeOf(items));
  expect(packages.map(({ id }) => id)).toEqual([
    "pkg:npm/a@1.0.0#x%20y/node_modules/a/package.json",
    "pkg:npm/a@1.0.0#z/node_modules/a/package.json",
  ]);
});

it("gives no id twice, even to packages whose names purls fold into one", async () => {
  const status = STATUS + STATUS.replace("python3-yaml", "Python3-Yaml").replace(/^/u, "\n");
  const { packages } = await catalog(fileTreeOf({ "etc/os-release": DEBIAN, "var/lib/dpkg/status": status }));
  expect(new Set(packages.map(({ id }) => id)).size).toBe(2);
  expect(new Set(packages.map(({ purl }) => purl)).size).toBe(1);
});

it.each([
  ["its layer brought it", [image], OWNER],
  ["a higher layer replaced its file", [image, { [YAML]: METADATA }], undefined],
])("names an owner where %s", async (_, layers, expected) => {
  const { packages } = await catalog(fileTreeOfLayers(layers));
  const yaml = packages.find(({ type }) => type === "pypi");
  expect(yaml?.layer).toBe(layerDigest(layers.length - 1));
  expect(yaml?.ownedBy).toBe(expected);
});

it("names no owner where a higher layer replaced the second of two files", async () => {
  const other = "usr/lib/python3/dist-packages/PyYAML.egg-info/PKG-INFO";
  const both = {
    ...image,
    [other]: METADATA,
    "var/lib/dpkg/info/python3-yaml.list": `/${YAML}\n/${other}\n`,
  };
  const owners = [[both], [both, { [other]: METADATA }]].map(async (layers) => {
    const { packages } = await catalog(fileTreeOfLayers(layers));
    return packages.find(({ type }) => type === "pypi")?.ownedBy;
  });
  expect(await Promise.all(owners)).toEqual([OWNER, undefined]);
});

it("names the owner of an archive for the archives inside", async () => {
  const jar = zipOf([
    {
      name: "META-INF/maven/org.yaml/snakeyaml/pom.properties",
      content: "groupId=org.yaml\nartifactId=snakeyaml\nversion=1.33\n",
    },
  ]);
  const war = "usr/share/app/app.war";
  const list = `/${war}\n`;
  const items = {
    ...image,
    "var/lib/dpkg/info/python3-yaml.list": list,
    [war]: zipOf([{ name: "lib/a.jar", content: jar }]),
  };
  const { packages } = await catalog(fileTreeOf(items));
  const path = `${war}!/lib/a.jar`;
  expect(packages.find(({ type }) => type === "maven")).toEqual({
    id: "pkg:maven/org.yaml/snakeyaml@1.33",
    purl: "pkg:maven/org.yaml/snakeyaml@1.33",
    type: "maven",
    name: "org.yaml:snakeyaml",
    version: "1.33",
    paths: [path],
    ownedBy: OWNER,
  });
});

it("lists an archive that does not tell its group", async () => {
  const items = { "app/thing-1.0.jar": zipOf([{ name: "com/example/Thing.class", content: "" }]) };
  const { packages, failures } = await catalog(fileTreeOf(items));
  expect(failures).toEqual([]);
  expect(packages).toMatchObject([{ id: "pkg:generic/thing@1.0", type: "maven", name: "thing" }]);
});

it("demands that every file which proves a package is owned", async () => {
  const other = "usr/lib/python3/dist-packages/PyYAML.egg-info/PKG-INFO";
  const { packages } = await catalog(fileTreeOf({ ...image, [other]: METADATA }));
  const yaml = packages.find(({ type }) => type === "pypi");
  expect(yaml?.paths).toHaveLength(2);
  expect(yaml?.ownedBy).toBeUndefined();
});

it("records packages of a distribution that no file tells", async () => {
  const { packages, failures } = await catalog(fileTreeOf({ "var/lib/dpkg/status": STATUS }));
  expect(packages.map(({ id }) => id)).toEqual(["pkg:deb/python3-yaml@6.0-3+b2?arch=amd64"]);
  expect(failures).toEqual([expect.objectContaining({ code: "DISTRO_UNKNOWN" })]);
});

it("needs no distribution where there are only packages of languages", async () => {
  const { failures } = await catalog(fileTreeOf({ [YAML]: METADATA }));
  expect(failures).toEqual([]);
});

it.each([
  ["debian", DEBIAN, 1],
  ["one like it", "ID=devuan\nID_LIKE=debian\n", 1],
  ["alpine", "ID=alpine\nVERSION_ID=3.20\n", 1],
  ["one whose packages nobody reads", "ID=slackware\n", 0],
])("records a root of %s from which the packages were taken away", async (_, osRelease, count) => {
  const { failures } = await catalog(fileTreeOf({ "etc/os-release": osRelease }));
  expect(failures.map(({ code }) => code)).toEqual(Array(count).fill("PACKAGE_DATABASE_UNREADABLE"));
});

it("records a package that has no purl, and keeps the others", async () => {
  const broken: PackageFacts = { type: "npm", name: "\ud800", version: "1", paths: ["a"] };
  const cataloger: Cataloger = {
    name: "broken",
    version: 1,
    patterns: [],
    catalog: async () => ({ packages: [broken, { ...broken, name: "good" }], failures: [] }),
  };
  const { packages, failures } = await catalog(fileTreeOf({}), { catalogers: [cataloger] });
  expect(packages.map(({ name }) => name)).toEqual(["good"]);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path: "a" })]);
});

it("asks only the catalogers that it is given", async () => {
  const npm = catalogers.filter(({ name }) => name === "npm");
  const { packages } = await catalog(fileTreeOf(image), { catalogers: npm });
  expect(packages.map(({ type }) => type)).toEqual(["npm"]);
});

it("stops when it is aborted", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(catalog(fileTreeOf(image), { signal })).rejects.toThrow("enough");
});

it("names what is asked in its revision", () => {
  const versions = catalogers.map(({ name, version }) => `${name}@${version}`);
  expect(CATALOGER_REVISION).toBe(["frame@8", ...versions].join("+"));
});

it("never rejects, and gives no id twice, whatever the tree holds", async () => {
  const names = [...Object.keys(image), "lib/apk/db/installed", "var/lib/dpkg/status.d/x", "x/x-1-py3.egg"];
  const contents = oneof(
    constantFrom(...Object.values(image), "P:a\nV:1\n", "0", "{}"),
    uint8Array({ maxLength: 64 }),
    constantFrom(...names).map((symlink) => ({ symlink: `/${symlink}` })),
  );
  await assert(
    asyncProperty(dictionary(constantFrom(...names), contents), async (items) => {
      const { packages, failures } = await catalog(fileTreeOf(items));
      expect(new Set(packages.map(({ id }) => id)).size).toBe(packages.length);
      expect(failures.every(({ message }) => message.length < 500)).toBe(true);
    }),
  );
});
