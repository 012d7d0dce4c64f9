import { fileTreeOf } from "@pratique/testkit";
import { expect, it } from "vitest";
import { catalog } from "../../catalog.ts";
import { pacman } from "./pacman.ts";

const desc = (name: string, version: string, more = "") =>
  `%NAME%\n${name}\n\n%VERSION%\n${version}\n\n${more}%DESC%\nwords\n\n%DEPENDS%\nglibc\nbash\n\n`;
const record = (directory: string) => `var/lib/pacman/local/${directory}/desc`;

it("finds the packages of pacman's database, with what they were built from", async () => {
  const tree = fileTreeOf({
    "etc/os-release": "ID=arch\n",
    "var/lib/pacman/local/ALPM_DB_VERSION": "9\n",
    [record("gcc-libs-13.2.1-5")]: desc("gcc-libs", "13.2.1-5", "%BASE%\ngcc\n\n%ARCH%\nx86_64\n\n"),
    [record("git-1:2.43-1")]: desc("git", "1:2.43-1"),
  });
  const { packages, failures } = await catalog(tree);
  expect(failures).toEqual([]);
  expect(packages).toEqual([
    {
      id: "pkg:alpm/arch/gcc-libs@13.2.1-5?arch=x86_64&distro=arch",
      purl: "pkg:alpm/arch/gcc-libs@13.2.1-5?arch=x86_64&distro=arch",
      type: "alpm",
      name: "gcc-libs",
      version: "13.2.1-5",
      architecture: "x86_64",
      source: { name: "gcc", version: "13.2.1-5" },
      paths: [record("gcc-libs-13.2.1-5")],
    },
    expect.objectContaining({ name: "git", version: "1:2.43-1" }),
  ]);
});

it.each([
  ["no version", "%NAME%\na\n\n"],
  ["no name", "%VERSION%\n1-1\n\n"],
  ["a name with a control character", desc("a\u001b[2J", "1-1")],
  ["nothing", ""],
])("records a package with %s, and keeps the others", async (_, text) => {
  const tree = fileTreeOf({ [record("a-1-1")]: text, [record("b-1-1")]: desc("b", "1-1") });
  const { packages, failures } = await pacman.catalog(tree, {});
  expect(packages.map(({ name }) => name)).toEqual(["b"]);
  expect(failures).toEqual([
    expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path: record("a-1-1") }),
  ]);
});

it("takes no other file of the name, and misses a database that is gone", async () => {
  const tree = fileTreeOf({ "etc/os-release": "ID=arch\n", "usr/local/share/desc": "words" });
  const { packages, failures } = await catalog(tree);
  expect(packages).toEqual([]);
  expect(failures.map(({ code }) => code)).toEqual(["PACKAGE_DATABASE_UNREADABLE"]);
});
