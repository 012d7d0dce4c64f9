import { fileTreeOf, fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { anything, assert, asyncProperty, constantFrom, json, string } from "fast-check";
import { expect, it } from "vitest";
import { php } from "./php.ts";

async function read(items: Parameters<typeof fileTreeOf>[0]) {
  return php.catalog(fileTreeOf(items), {});
}

const list = [
  { name: "guzzlehttp/psr7", version: "1.8.3", version_normalized: "1.8.3.0", type: "library" },
  { name: "acme/tool", version: "dev-main" },
];

it.each([
  ["Composer 2", { packages: list, dev: true, "dev-package-names": ["acme/tool"] }],
  ["Composer 1", list],
])("reads the list of %s", async (_, document) => {
  const path = "app/vendor/composer/installed.json";
  expect(await read({ [path]: JSON.stringify(document) })).toEqual({
    packages: [
      { type: "composer", name: "guzzlehttp/psr7", version: "1.8.3", paths: [path] },
      { type: "composer", name: "acme/tool", version: "dev-main", paths: [path] },
    ],
    failures: [],
  });
});

it.each([
  ["a list elsewhere", "app/composer/x/installed.json"],
  ["a list that is not of Composer", "app/vendor/installed.json"],
  ["a lock file", "app/composer/composer.lock"],
  ["a channel of PEAR", "usr/share/php/.channels/pear.php.net.reg"],
  ["a file deeper in the registry", "usr/share/php/.registry/x/y.reg"],
])("passes over %s", async (_, path) => {
  expect(await read({ [path]: JSON.stringify(list) })).toEqual({ packages: [], failures: [] });
});

it.each([
  ["no JSON", "{"],
  ["nothing", ""],
  ["a text", '"x"'],
  ["no packages", "{}"],
  ["packages that it inherits", '{"__proto__":{"packages":[]}}'],
  ["a package that is none", '{"packages":[7]}'],
  ["a name without vendor", '[{"name":"a","version":"1"}]'],
  ["a path for a name", '[{"name":"../../etc","version":"1"}]'],
  ["no version", '[{"name":"a/b"}]'],
  ["a space in a version", '[{"name":"a/b","version":"1 0"}]'],
  ["nesting without end", `[{"name":${"[".repeat(100_000)}`],
])("records a list with %s, and keeps the others", async (_, bad) => {
  const path = "bad/composer/installed.json";
  const { packages, failures } = await read({ [path]: bad, "composer/installed.json": JSON.stringify(list) });
  expect(packages).toHaveLength(2);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path })]);
});

it("keeps the packages beside one that cannot be read", async () => {
  const text = JSON.stringify([{ name: "a/b", version: {} }, ...list]);
  const { packages, failures } = await read({ "vendor/composer/installed.json": text });
  expect([packages.length, failures.length]).toEqual([2, 1]);
});

/** What PHP's `serialize` makes of texts and arrays. */
function serialize(value: unknown): string {
  if (typeof value === "string") return `s:${Buffer.byteLength(value)}:"${value}";`;
  if (typeof value === "number") return `i:${value};`;
  if (typeof value === "boolean") return `b:${value ? 1 : 0};`;
  if (typeof value !== "object" || value === null) return "N;";
  const entries = Object.entries(value).map(([key, item]) => {
    return (Array.isArray(value) ? `i:${key};` : serialize(key)) + serialize(item);
  });
  return `a:${entries.length}:{${entries.join("")}}`;
}

const record = {
  attribs: { version: "2.0" },
  name: "Archive_Tar",
  channel: "pear.php.net",
  lead: [{ name: "Zoë", active: true }],
  version: { release: "1.4.14", api: "1.4.0" },
  license: null,
  filelist: { "Archive/Tar.php": { role: "php" } },
};

it.each([
  ["PEAR", "archive_tar.reg", record, "pear/Archive_Tar 1.4.14"],
  [
    "PECL",
    ".channel.pecl.php.net/redis.reg",
    { ...record, name: "redis", channel: "pecl.php.net" },
    "pecl/redis 1.4.14",
  ],
  [
    "another channel",
    ".channel.x.example/a.reg",
    { ...record, name: "a", channel: "x.example" },
    "x.example/a 1.4.14",
  ],
  ["package.xml 1.0", "old.reg", { package: "Old", version: "1.2", filelist: {} }, "pear/Old 1.2"],
])("reads a record of %s", async (_, file, value, expected) => {
  const { packages, failures } = await read({ [`usr/lib/php/.registry/${file}`]: serialize(value) });
  expect(packages.map(({ type, name, version }) => `${type} ${name} ${version}`)).toEqual([
    `composer ${expected}`,
  ]);
  expect(failures).toEqual([]);
});

const text = serialize(record);

it.each([
  ["nothing", ""],
  ["a text", serialize("x")],
  ["an object", 'O:8:"stdClass":0:{}'],
  ["no name", serialize({ version: "1" })],
  ["no version", serialize({ name: "a" })],
  ["a path for a name", serialize({ ...record, name: "../x" })],
  ["a space in its channel", serialize({ ...record, channel: "a b" })],
  ["half of it", text.slice(0, 200)],
  ["a length beyond its end", text.replace("s:11:", "s:99999999:")],
  ["a length that is no number", text.replace("s:11:", "s:1e1:")],
  ["more entries than there are", text.replace("a:7:", "a:999999999:")],
  ["nesting without end", "a:1:{i:0;".repeat(100_000)],
])("records a record with %s, and keeps the others", async (_, bad) => {
  const path = "usr/lib/php/.registry/bad.reg";
  const { packages, failures } = await read({ [path]: bad, "usr/lib/php/.registry/good.reg": text });
  expect(packages.map(({ name }) => name)).toEqual(["pear/Archive_Tar"]);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path })]);
});

it("attributes packages to the layer of their list", async () => {
  const path = "vendor/composer/installed.json";
  const { packages } = await php.catalog(fileTreeOfLayers([{}, { [path]: JSON.stringify(list) }]), {});
  expect(packages.map(({ layer }) => layer)).toEqual([layerDigest(1), layerDigest(1)]);
});

it("reads back whatever PHP serializes beside name and version", async () => {
  await assert(
    asyncProperty(anything({ maxDepth: 3 }), async (more) => {
      const { packages } = await read({ ".registry/a.reg": serialize({ more, name: "a", version: "1" }) });
      expect(packages).toHaveLength(1);
    }),
  );
});

it("never rejects, whatever the files hold", async () => {
  const piece = constantFrom("a:", "s:", "i:", "N;", "1", "9", ":", "{", "}", '"', ";", "name", "\0");
  await assert(
    asyncProperty(json(), string({ unit: piece, maxLength: 40 }), async (listed, serialized) => {
      const { packages } = await read({ "composer/installed.json": listed, ".registry/a.reg": serialized });
      expect(packages).toEqual([]);
    }),
  );
});
