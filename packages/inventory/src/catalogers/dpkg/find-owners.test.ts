import { fileTreeOf } from "@pratique/testkit";
import { expect, it } from "vitest";
import { dpkg } from "./dpkg.ts";

const YAML = "usr/lib/python3/dist-packages/yaml.dist-info/METADATA";
const HASH = "0123456789abcdef0123456789abcdef";

function record(name: string, maintainer = "Debian Python Team <team+python@tracker.debian.org>"): string {
  return `Package: ${name}\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nMaintainer: ${maintainer}\n\n`;
}

async function ownerOf(path: string, items: Parameters<typeof fileTreeOf>[0]): Promise<string | undefined> {
  const tree = fileTreeOf({ "var/lib/dpkg/status": record("python3-yaml"), [path]: "content", ...items });
  const { findOwners } = await dpkg.catalog(tree, {});
  const found = await findOwners?.([path]);
  expect(found?.failures).toEqual([]);
  return found?.owners.get(path)?.name;
}

const list = "var/lib/dpkg/info/python3-yaml.list";

it.each([
  ["as written", YAML, { [list]: `/.\n/usr\n/${YAML}\n` }],
  ["in the list of one architecture", YAML, { "var/lib/dpkg/info/python3-yaml:amd64.list": `/${YAML}\n` }],
  [
    "under the name from before usr-merge",
    YAML,
    { lib: { symlink: "usr/lib" }, [list]: `/${YAML.slice(4)}\n` },
  ],
  [
    "under a name from after usr-merge",
    "lib/x/METADATA",
    { "usr/lib": { symlink: "../lib" }, [list]: "/usr/lib/x/METADATA\n" },
  ],
  [
    "through a symlinked directory",
    "usr/share/a/METADATA",
    { "usr/share/b": { symlink: "a" }, [list]: "/usr/share/b/METADATA\n" },
  ],
  ["without a newline", YAML, { [list]: `/${YAML}` }],
  ["outside ASCII", "usr/lib/é/METADATA", { [list]: "/usr/lib/é/METADATA\n" }],
])("finds a file that is listed %s", async (_, path, items) => {
  expect(await ownerOf(path, items)).toBe("python3-yaml");
});

it("finds a file among the checksums of an image that was built without dpkg", async () => {
  const items = {
    "var/lib/dpkg/status": null,
    "var/lib/dpkg/status.d/yaml": record("yaml"),
    "var/lib/dpkg/status.d/yaml.md5sums": `${HASH}  ${YAML}\n`,
  };
  expect(await ownerOf(YAML, items)).toBe("yaml");
});

it.each([
  ["is not listed", YAML, { [list]: "/usr/lib/python3/dist-packages/other/METADATA\n" }],
  ["is listed as a part of a longer path", YAML, { [list]: `/${YAML}/x\n/x/${YAML}\n` }],
  ["belongs to a package that is not installed", YAML, { "var/lib/dpkg/info/gone.list": `/${YAML}\n` }],
  ["lies in /opt", "opt/x/METADATA", { [list]: "/opt/x/METADATA\n" }],
  ["lies in /usr/local", "usr/local/x/METADATA", { [list]: "/usr/local/x/METADATA\n" }],
])("finds no owner of a file that %s", async (_, path, items) => {
  expect(await ownerOf(path, items)).toBeUndefined();
});

it.each([
  ["Debian Python Team <team+python@tracker.debian.org>", "python3-yaml"],
  ["Jane Doe <jane@example.org>", "python3-yaml"],
  ["NodeSource <support@nodesource.com>", undefined],
  ["Someone <x@packages.microsoft.com>", undefined],
  ["<root@buildhost>", undefined],
  ["none", undefined],
])("asks the distribution for packages of %s", async (maintainer, owner) => {
  const items = { "var/lib/dpkg/status": record("python3-yaml", maintainer), [list]: `/${YAML}\n` };
  expect(await ownerOf(YAML, items)).toBe(owner);
});
