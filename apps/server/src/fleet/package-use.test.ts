import {
  type Package,
  type PackageType,
  runnableKeyOf,
  scriptKeyOf,
  writeRunnableKeys,
} from "@pratique/core";
import { describe, expect, it } from "vitest";
import { type UsedFiles, usesOf } from "./package-use.ts";

const SINCE = "2026-11-30T09:00:00.000Z";
const SSL = "usr/lib/x86_64-linux-gnu/libssl.so.3";

function pack(type: PackageType, name: string, more: Partial<Package>): Package {
  const purl = `pkg:${type}/${name}@1`;
  return { id: purl, type, name, version: "1", purl, paths: [], ...more };
}

function deb(name: string, ...files: readonly string[]): Package {
  const runnable = writeRunnableKeys(
    files.flatMap((file) => runnableKeyOf(file) ?? []),
    files.flatMap((file) => scriptKeyOf(file) ?? []),
  );
  return pack("deb", name, { paths: ["var/lib/dpkg/status"], runnable });
}

function used(files: Partial<Record<"executed" | "loaded", readonly string[]>>): UsedFiles {
  const { executed = [], loaded = [] } = files;
  return { executed: new Set(executed), loaded: new Set(loaded), wholeSince: SINCE };
}

function useOf(found: Package, files: UsedFiles) {
  return usesOf([found], files)(found.id);
}

describe("a package is in use", () => {
  it.each<[string, Package, UsedFiles, string, string]>([
    ["a library that is in memory", deb("libssl3", SSL), used({ loaded: [SSL] }), "loaded", `/${SSL}`],
    [
      "a library listed from before usr-merge",
      deb("libc6", "lib/x/libc.so.6"),
      used({ loaded: ["usr/lib/x/libc.so.6"] }),
      "loaded",
      "/usr/lib/x/libc.so.6",
    ],
    [
      "a program that was executed and stays in memory",
      deb("bash", "bin/bash"),
      used({ executed: ["usr/bin/bash"], loaded: ["usr/bin/bash"] }),
      "executed",
      "/usr/bin/bash",
    ],
    [
      "one of which a program was executed and a library loaded",
      deb("openssl", SSL, "usr/bin/openssl"),
      used({ executed: ["usr/bin/openssl"], loaded: [SSL] }),
      "executed",
      "/usr/bin/openssl",
    ],
    [
      "a script that an interpreter was given",
      deb("x", "usr/bin/x", "usr/lib/x/tool.py"),
      used({ executed: ["usr/lib/x/tool.py"] }),
      "executed",
      "/usr/lib/x/tool.py",
    ],
    [
      "a script of a package of scripts alone",
      deb("x", "usr/share/x/tool.pl"),
      used({ executed: ["usr/share/x/tool.pl"] }),
      "executed",
      "/usr/share/x/tool.pl",
    ],
    [
      "a script of a package of Node",
      pack("npm", "foo", { paths: ["app/node_modules/foo/package.json"] }),
      used({ executed: ["app/node_modules/foo/cli.js"] }),
      "executed",
      "/app/node_modules/foo/cli.js",
    ],
    [
      "an archive of Java that was executed, and has one in it",
      pack("maven", "org.example:a", { paths: ["app.jar!/BOOT-INF/lib/a.jar"] }),
      used({ executed: ["app.jar"], loaded: ["app.jar"] }),
      "executed",
      "/app.jar",
    ],
    [
      "a program of Go",
      pack("golang", "example.com/a", { paths: ["app/server"] }),
      used({ executed: ["app/server"] }),
      "executed",
      "/app/server",
    ],
    [
      "an archive in an open one",
      pack("maven", "org.example:a", { paths: ["app.war!/WEB-INF/lib/a.jar"] }),
      used({ loaded: ["app.war"] }),
      "loaded",
      "/app.war",
    ],
    [
      "a package of Node by its library",
      pack("npm", "@acme/sharp", { paths: ["app/node_modules/@acme/sharp/package.json"] }),
      used({ loaded: ["app/node_modules/@acme/sharp/build/sharp.node"] }),
      "loaded",
      "/app/node_modules/@acme/sharp/build/sharp.node",
    ],
    [
      "a package of Python by libraries that came with it",
      pack("pypi", "Num-Py", { paths: ["usr/lib/python3/site-packages/Num_Py-1.dist-info/METADATA"] }),
      used({ loaded: ["usr/lib/python3/site-packages/num_py.libs/libx.so"] }),
      "loaded",
      "/usr/lib/python3/site-packages/num_py.libs/libx.so",
    ],
  ])("%s", (_, found, files, use, useDetail) => {
    expect(useOf(found, files)).toEqual({ use, useDetail });
  });
});

describe("a package is not in use by what is another's", () => {
  it.each<[string, Package, UsedFiles]>([
    ["the database that tells of it", deb("bash", "bin/bash"), used({ executed: ["var/lib/dpkg/status"] })],
    [
      "a program that is no interpreter",
      deb("perl-base", "usr/bin/perl"),
      used({ executed: ["usr/bin/sh"] }),
    ],
    ["a library of another directory", deb("libssl3", SSL), used({ loaded: ["opt/lib/libssl.so.3"] })],
  ])("%s", (_, found, files) => {
    expect(useOf(found, files)).toEqual({
      use: "not-seen",
      useDetail: `no process that ran for long had a file of it since ${SINCE}`,
    });
  });

  it.each<[string, Package, UsedFiles]>([
    [
      "a package of Node inside of it",
      pack("npm", "a", { paths: ["app/node_modules/a/package.json"] }),
      used({ loaded: ["app/node_modules/a/node_modules/b/x.node"] }),
    ],
    [
      "a module of another directory",
      pack("pypi", "numpy", { paths: ["opt/a/site-packages/numpy-1.dist-info/METADATA"] }),
      used({ loaded: ["opt/b/site-packages/numpy/x.so"] }),
    ],
  ])("%s, and it may be used unseen", (_, found, files) => {
    expect(useOf(found, files)).toEqual({ use: "image-runs" });
  });
});

describe("nothing is told of a package", () => {
  const bash = deb("bash", "bin/bash");
  it.each<[string, Package, UsedFiles]>([
    ["where not all was looked at", bash, { executed: new Set(), loaded: new Set() }],
    ["without a list of files", pack("deb", "bash", {}), used({})],
    // Another program may have read them.
    ["of scripts alone", deb("x", "usr/share/x/tool.py"), used({})],
    ["none of whose files run", deb("tzdata", "usr/share/zoneinfo/UTC"), used({})],
    ["of modules of Perl that has a program as well", deb("libwww-perl", "usr/bin/lwp-request"), used({})],
    [
      "of modules of Python that has a program as well",
      deb("python3-pygments", "usr/bin/pygmentize"),
      used({}),
    ],
    ["of an interpreter", pack("gem", "rack", { paths: ["usr/lib/ruby/rack.gemspec"] }), used({})],
  ])("%s", (_, found, files) => {
    expect(useOf(found, files)).toEqual({ use: "image-runs" });
  });
});
