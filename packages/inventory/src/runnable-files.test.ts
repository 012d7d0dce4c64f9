import { runnableKeyOf, scriptKeyOf, writeRunnableKeys } from "@pratique/core";
import { fileTreeOf, fileTreeOfLayers } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { sqliteOf } from "./catalogers/rpm/testdata/build-database.ts";
import { packageHeader } from "./catalogers/rpm/testdata/build-header.ts";
import { catalog } from "./index.ts";

type Items = Parameters<typeof fileTreeOf>[0];

const DEBIAN = { "etc/os-release": "ID=debian\nVERSION_ID=12\n" };
const STATUS = "var/lib/dpkg/status";
const HASH = "0123456789abcdef0123456789abcdef";
const APK =
  "P:libssl3\nV:3.3.1-r0\no:openssl\nF:usr/lib\nR:libssl.so.3\na:0:0:755\nF:usr/share/doc\nR:README\n";
const ALMALINUX = { "etc/os-release": "ID=almalinux\nVERSION_ID=9.4\n" };

function dpkg(name: string, maintainer = "A <a@lists.debian.org>"): string {
  return `Package: ${name}\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nMaintainer: ${maintainer}\n\n`;
}

async function runnableIn(items: Items): Promise<Readonly<Record<string, string | undefined>>> {
  const { packages } = await catalog(fileTreeOf(items));
  return Object.fromEntries(packages.map(({ name, runnable }) => [name, runnable]));
}

function written(...paths: readonly string[]): string {
  const scripts = paths.filter((path) => runnableKeyOf(path) === undefined);
  return writeRunnableKeys(
    paths.flatMap((path) => runnableKeyOf(path) ?? []),
    scripts.flatMap((path) => scriptKeyOf(path) ?? []),
  );
}

describe("which files of a package may run", () => {
  it.each<[string, Items, readonly string[]]>([
    [
      "a list of dpkg",
      {
        ...DEBIAN,
        [STATUS]: dpkg("libssl3"),
        "var/lib/dpkg/info/libssl3:amd64.list":
          "/.\n/usr\n/usr/lib\n/usr/lib/ssl\n/usr/lib/ssl/certs\n/usr/lib/x\n/usr/lib/x/libssl.so.3\n/usr/share/doc/x\n",
      },
      ["usr/lib/ssl/certs", "usr/lib/x/libssl.so.3"],
    ],
    [
      "a list of dpkg of somebody else's package",
      {
        ...DEBIAN,
        [STATUS]: dpkg("libssl3", "NGINX Packaging <nginx-packaging@f5.com>"),
        "var/lib/dpkg/info/libssl3.list": "/usr/sbin/nginx",
      },
      ["usr/sbin/nginx"],
    ],
    [
      "a list of dpkg with programs among documents",
      {
        ...DEBIAN,
        [STATUS]: dpkg("libssl3"),
        "var/lib/dpkg/info/libssl3.list":
          "/usr/share/doc\n/usr/share/doc/x\n/usr/share/java/x.jar\n/usr/share/x/bin\n/usr/share/x/bin/java\n/usr/share/z\n",
      },
      ["usr/share/java/x.jar", "usr/share/x/bin/java"],
    ],
    [
      "a list of dpkg with scripts among data",
      {
        ...DEBIAN,
        [STATUS]: dpkg("libssl3"),
        "var/lib/dpkg/info/libssl3.list":
          "/usr/sbin/x\n/usr/share/x\n/usr/share/x/tool.py\n/usr/share/x/tool.js\n/usr/share/x/run.sh\n/usr/share/x/logo.svg\n",
      },
      ["usr/sbin/x", "usr/share/x/tool.py", "usr/share/x/tool.js", "usr/share/x/run.sh"],
    ],
    [
      "check sums",
      {
        ...DEBIAN,
        "var/lib/dpkg/status.d/libssl3": dpkg("libssl3"),
        "var/lib/dpkg/status.d/libssl3.md5sums": `${HASH}  usr/lib/x/libssl.so.3\n${HASH}  usr/share/doc/x\n`,
      },
      ["usr/lib/x/libssl.so.3"],
    ],
    [
      "the database of apk",
      { "etc/os-release": "ID=alpine\nVERSION_ID=3.20.1\n", "lib/apk/db/installed": APK },
      ["lib/libssl.so.3"],
    ],
    [
      "headers of rpm",
      {
        ...ALMALINUX,
        "var/lib/rpm/rpmdb.sqlite": sqliteOf({
          headers: [
            packageHeader({
              name: "libssl3",
              files: ["/usr/lib64/libssl.so.3", "/etc/ssl.cnf", "/usr/lib/x/tool.py"],
            }),
          ],
        }).bytes,
      },
      ["usr/lib64/libssl.so.3", "usr/lib/x/tool.py"],
    ],
    [
      "headers of rpm of somebody else's package",
      {
        ...ALMALINUX,
        "var/lib/rpm/rpmdb.sqlite": sqliteOf({
          headers: [packageHeader({ name: "libssl3", vendor: "NodeSource", files: ["/usr/bin/node"] })],
        }).bytes,
      },
      ["usr/bin/node"],
    ],
  ])("is told by %s", async (_, items, paths) => {
    expect(await runnableIn(items)).toEqual({ libssl3: written(...paths) });
  });

  it("is told with files that are sought, once", async () => {
    const metadata = "usr/lib/python3/dist-packages/x-1.dist-info/METADATA";
    const items = {
      ...DEBIAN,
      [STATUS]: dpkg("python3-x"),
      "var/lib/dpkg/info/python3-x.list": `/${metadata}\n/usr/bin/x\n`,
      [metadata]: "Name: x\nVersion: 1\n",
    };
    expect(await runnableIn(items)).toEqual({ "python3-x": written("usr/bin/x"), x: undefined });
  });

  it("is nothing where a list has none, and is not known without one", async () => {
    const items = {
      ...DEBIAN,
      [STATUS]: dpkg("tzdata") + dpkg("unlisted"),
      "var/lib/dpkg/info/tzdata.list": "/usr/share/zoneinfo/UTC\n",
    };
    expect(await runnableIn(items)).toEqual({ tzdata: "", unlisted: undefined });
  });

  it("is that of the newest list", async () => {
    const list = "var/lib/dpkg/info/a.list";
    const layers = [
      { ...DEBIAN, [STATUS]: dpkg("a"), [list]: "/usr/bin/old\n" },
      { [list]: "/usr/bin/new\n" },
    ];
    const { packages } = await catalog(fileTreeOfLayers(layers));
    expect(packages.map(({ runnable }) => runnable)).toEqual([written("usr/bin/new")]);
  });
});
