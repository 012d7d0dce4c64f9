import { fileTreeOf, fileTreeOfLayers, layerDigest, type TreeItems } from "@pratique/testkit";
import { expect, it } from "vitest";
import { catalog } from "../../catalog.ts";
import { elfOf } from "../../testdata/elf.ts";
import { inspectPrograms } from "./inspect-programs.ts";
import { programs } from "./programs.ts";

function program(text: string) {
  const content = Buffer.from(`\0${text}\0${"\0".repeat(200)}`, "latin1");
  return { content: elfOf({ parts: [{ content }] }), mode: 0o755 };
}

const nginx = program("nginx version: nginx/1.20.0");

async function found(items: TreeItems) {
  const { packages, failures } = await programs.catalog(fileTreeOf(items), {});
  return { packages: packages.map(({ name, version, paths }) => [name, version, ...paths]), failures };
}

it("finds a program, its layer, and each once behind its links", async () => {
  const tree = fileTreeOfLayers([
    {},
    { "usr/sbin/nginx": nginx, "usr/bin/nginx": { symlink: "../sbin/nginx" } },
  ]);
  expect((await programs.catalog(tree, {})).packages).toEqual([
    { type: "generic", name: "nginx", version: "1.20.0", layer: layerDigest(1), paths: ["usr/sbin/nginx"] },
  ]);
});

it("makes one package of the files of one program", async () => {
  const items = {
    "usr/local/bin/php": program("X-Powered-By: PHP/8.4.28"),
    "usr/local/sbin/php-fpm": program("X-Powered-By: PHP/8.4.28"),
    "opt/old/php": program("X-Powered-By: PHP/7.4.1"),
  };
  expect((await found(items)).packages).toEqual([
    ["php", "7.4.1", "opt/old/php"],
    ["php", "8.4.28", "usr/local/bin/php", "usr/local/sbin/php-fpm"],
  ]);
});

const status = (maintainer: string): string =>
  `Package: nginx\nStatus: install ok installed\nVersion: 1.20.0-1\nArchitecture: amd64\nMaintainer: ${maintainer}\n`;

it.each([
  [
    "is none where a package of the distribution owns the file",
    "Debian <team@tracker.debian.org>",
    "usr/sbin/nginx",
    [],
  ],
  [
    "is one where the package is somebody else's",
    "NGINX Packaging <nginx-packaging@f5.com>",
    "usr/sbin/nginx",
    ["usr/sbin/nginx"],
  ],
  [
    "is one where no package installs anything",
    "Debian <team@tracker.debian.org>",
    "usr/local/sbin/nginx",
    ["usr/local/sbin/nginx"],
  ],
])("a program %s", async (_, maintainer, path, paths) => {
  const tree = fileTreeOf({
    "etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "var/lib/dpkg/status": status(maintainer),
    "var/lib/dpkg/info/nginx.list": `/${path}\n`,
    [path]: nginx,
  });
  const { packages } = await catalog(tree);
  const generic = packages.filter(({ type }) => type === "generic");
  expect(generic.flatMap((one) => one.paths)).toEqual(paths);
});

it("leaves out the files that are owned, and keeps the package for the others", async () => {
  const tree = fileTreeOf({
    "etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "var/lib/dpkg/status": status("Debian <team@tracker.debian.org>"),
    "var/lib/dpkg/info/nginx.list": "/usr/sbin/nginx\n",
    "usr/sbin/nginx": nginx,
    "usr/local/sbin/nginx": nginx,
  });
  const { packages } = await catalog(tree);
  expect(packages.filter(({ type }) => type === "generic")).toMatchObject([
    { id: "pkg:generic/nginx@1.20.0", paths: ["usr/local/sbin/nginx"] },
  ]);
});

it("counts a file that was replaced after its package had installed it", async () => {
  const tree = fileTreeOfLayers([
    {
      "etc/os-release": "ID=debian\nVERSION_ID=12\n",
      "var/lib/dpkg/status": status("Debian <team@tracker.debian.org>"),
      "var/lib/dpkg/info/nginx.list": "/usr/sbin/nginx\n",
      "usr/sbin/nginx": nginx,
    },
    { "usr/sbin/nginx": program("nginx version: nginx/1.27.0") },
  ]);
  const { packages } = await catalog(tree);
  expect(packages.map(({ id }) => id)).toContain("pkg:generic/nginx@1.27.0");
});

it.each([
  ['JAVA_VERSION="17.0.9"\nIMPLEMENTOR="Eclipse Adoptium"\n', [["openjdk", "17.0.9", "opt/java/release"]]],
  ['JAVA_VERSION="1.8.0_392"\r\nOS_ARCH="amd64"\r\n', [["openjdk", "8.0.392", "opt/java/release"]]],
  ['JAVA_VERSION="21"\nJAVA_RUNTIME_VERSION="21+35"\n', [["openjdk", "21", "opt/java/release"]]],
  ['JAVA_VERSION="17.0.9"\n', []],
  ['IMPLEMENTOR="Eclipse Adoptium"\nJAVA_VERSION="$(id)"\n', []],
  ["Fedora release 40\n", []],
  ["", []],
])("reads %j as the release of a Java runtime", async (content, expected) => {
  expect(await found({ "opt/java/release": content })).toEqual({ packages: expected, failures: [] });
});

it("finds a runtime once, by its release and its library", async () => {
  const jvm = program("OpenJDK 64-Bit Server VM (17.0.9+9) for linux-amd64 JRE (17.0.9+9), built on");
  const items = {
    "opt/java/release": 'JAVA_VERSION="17.0.9"\nOS_ARCH="x86_64"\n',
    "opt/java/lib/server/libjvm.so": jvm,
  };
  expect((await found(items)).packages).toEqual([
    ["openjdk", "17.0.9", "opt/java/release", "opt/java/lib/server/libjvm.so"],
  ]);
});

it("reads the release of Erlang where it stands in an installation", async () => {
  const path = "usr/local/lib/erlang/releases/27/OTP_VERSION";
  expect((await found({ [path]: "27.3.4.1\n", "src/OTP_VERSION": "26.0\n" })).packages).toEqual([
    ["erlang", "27.3.4.1", path],
  ]);
});

const rabbit = (text: string) =>
  `{application, 'rabbit', [\n\t{description, "${text}"},\n\t{vsn, "4.0.5"},\n\t{id, ""},\n\t{modules, ['gm']}]}.`;

it("reads the version of RabbitMQ from the application among its plugins", async () => {
  const path = "opt/rabbitmq/plugins/rabbit-4.0.5/ebin/rabbit.app";
  expect(await found({ [path]: rabbit("RabbitMQ") })).toEqual({
    packages: [["rabbitmq", "4.0.5", path]],
    failures: [],
  });
  expect((await found({ [path]: rabbit("A pet") })).packages).toEqual([]);
  expect((await found({ [path]: rabbit("RabbitMQ").replace("4.0.5", "$(id)") })).packages).toEqual([]);
});

it.each([
  ["usr/local/lib/elixir/lib/elixir/ebin/elixir.app", "1.18.3", ["1.18.3"]],
  ["app/lib/elixir-1.19.0-rc.1/ebin/elixir.app", "1.19.0-rc.1", ["1.19.0-rc.1"]],
  ["usr/lib/elixir/lib/elixir/ebin/elixir.app", "$(id)", []],
  ["src/elixir.app", "1.18.3", []],
])("reads the version of Elixir from %s, where it is %s", async (path, version, expected) => {
  const content = `{application,elixir,\n    [{description,"elixir"},\n     {vsn,"${version}"},\n     {modules,[]}]}.`;
  expect((await found({ [path]: content })).packages).toEqual(expected.map((one) => ["elixir", one, path]));
});

const mozilla = (lines: string) =>
  `; a remark\n[App]\nVendor=Mozilla\nName=Firefox\n${lines}[Gecko]\nMinVersion=1\n`;

it.each([
  ["a release", mozilla("Version=151.0.1\r\nBuildID=2026\n"), [["firefox", "151.0.1"]]],
  ["one that is not out yet", mozilla("Version=155.0a1\n"), [["firefox", "155.0a1"]]],
  [
    "one that is supported for longer",
    mozilla("Version=153.8.0\nSourceRepository=https://hg.mozilla.org/releases/mozilla-esr153\n"),
    [["firefox-esr", "153.8.0"]],
  ],
  ["one of Debian", mozilla("RemotingName=firefox-esr\nVersion=115.13.0\n"), [["firefox-esr", "115.13.0"]]],
  ["another program of Mozilla", mozilla("Version=128.0\n").replace("Firefox", "Thunderbird"), []],
  ["no version", mozilla(""), []],
  ["a version of another section", mozilla("[Gecko]\nVersion=1.0\n"), []],
  ["a command", mozilla("Version=$(id)\n"), []],
  ["no settings", "{}", []],
])("reads %s of Firefox", async (_, content, expected) => {
  const path = "opt/firefox/application.ini";
  const packages = expected.map((one) => [...one, path]);
  expect(await found({ [path]: content })).toEqual({ packages, failures: [] });
});

const components = "opt/bitnami/.bitnami_components.json";
const spdx = "opt/bitnami/apache/.spdx-apache.spdx";

it("reads the records of Bitnami's images, and finds what lies beside them once", async () => {
  const items = {
    [components]: JSON.stringify({
      nginx: { arch: "amd64", version: "1.20.0-12" },
      apache: { version: "2.4.58-0" },
    }),
    [spdx]: JSON.stringify({
      spdxVersion: "SPDX-2.3",
      packages: [
        { name: "apache", externalRefs: [{ referenceLocator: "pkg:bitnami/apache@2.4.58-0?arch=amd64" }] },
        { name: "x", externalRefs: [{ referenceLocator: "pkg:npm/x@1.0.0" }] },
      ],
    }),
    "opt/bitnami/nginx/sbin/nginx": nginx,
  };
  expect(await found(items)).toEqual({
    packages: [
      ["nginx", "1.20.0", components, "opt/bitnami/nginx/sbin/nginx"],
      ["httpd", "2.4.58", components, spdx],
    ],
    failures: [],
  });
});

it.each([
  ["a list", components, "[]"],
  ["no JSON", components, '{"nginx": {"version": "1'],
  ["no document", spdx, "{}"],
])("records %s in place of a record", async (_, path, content) => {
  const { packages, failures } = await found({ [path]: content });
  expect(packages).toEqual([]);
  expect(failures).toMatchObject([{ code: "PACKAGE_RECORD_MALFORMED", path }]);
});

it("passes over components without a version, and names that are none", async () => {
  const content = JSON.stringify({
    a: {},
    b: 1,
    c: { version: 2 },
    "d d": { version: "1" },
    e: { version: "1.0-1" },
  });
  expect((await found({ [components]: content })).packages).toEqual([["e", "1.0", components]]);
});

const debian = {
  "etc/os-release": "ID=debian\nVERSION_ID=12\n",
  "var/lib/dpkg/status": status("Debian <team@tracker.debian.org>"),
  "var/lib/dpkg/info/nginx.list": "/usr/sbin/nginx\n",
  "usr/sbin/nginx": nginx,
  "usr/local/sbin/nginx": nginx,
};

/** The programs that are looked into because of their banners. */
async function lookedInto(items: TreeItems): Promise<readonly string[]> {
  const tree = fileTreeOf(items);
  const paths: string[] = [];
  const excerpts = tree.excerpts.bind(tree);
  tree.excerpts = (inspector, accepts = () => true) =>
    excerpts(inspector, (path) => {
      const isAccepted = accepts(path);
      if (isAccepted && inspector === inspectPrograms) paths.push(path);
      return isAccepted;
    });
  await catalog(tree);
  return paths;
}

it("looks into no program that a package of the distribution owns", async () => {
  expect(await lookedInto(debian)).toEqual(["usr/local/sbin/nginx"]);
});

it("tells once of a file list that cannot be read, however often it is asked for", async () => {
  const items = { ...debian, "var/lib/dpkg/info/nginx.list": "x".repeat(65 * 1024 * 1024) };
  const { failures } = await catalog(fileTreeOf(items));
  expect(failures.map(({ path }) => path)).toEqual(["var/lib/dpkg/info/nginx.list"]);
});
