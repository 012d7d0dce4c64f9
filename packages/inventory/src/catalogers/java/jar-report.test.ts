import { fileTreeOf, zipOf } from "@pratique/testkit";
import { array, assert, nat, property, tuple, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { condenseJar, parseReport, reportOf } from "./jar-report.ts";
import { java } from "./java.ts";

const descriptor = "groupId=org.yaml\nartifactId=snakeyaml\nversion=1.33\n";
const yaml = zipOf([{ name: "META-INF/maven/org.yaml/snakeyaml/pom.properties", content: descriptor }]);
const app = zipOf([
  { name: "BOOT-INF/lib/snakeyaml.jar", content: yaml, stored: true },
  { name: "BOOT-INF/lib/broken.jar", content: "hello" },
  { name: "BOOT-INF/lib/nameless.jar", content: zipOf([{ name: "com/example/A.class", content: "" }]) },
]);

it.each([
  ["an application", "app.jar", app],
  ["an archive of one artifact", "snakeyaml.jar", yaml],
  ["what is no archive", "app.jar", Buffer.from("hello")],
  ["what only has such an ending", "song.kar", Buffer.from("MThd")],
  ["nothing", "app.jar", Buffer.alloc(0)],
])("gives the same for the report of %s as for the file", async (_, path, bytes) => {
  const whole = await java.catalog(fileTreeOf({ [path]: bytes }), {});
  const condensed = await java.catalog(fileTreeOf({ [path]: condenseJar(path, bytes) }), {});
  expect(condensed).toEqual(whole);
});

it("finds the artifact and both failures in the report of an application", () => {
  expect(parseReport(Buffer.from(condenseJar("app.jar", app)))).toEqual({
    artifacts: [
      { group: "org.yaml", artifact: "snakeyaml", version: "1.33", inside: "!/BOOT-INF/lib/snakeyaml.jar" },
    ],
    failures: [
      expect.objectContaining({ code: "ARCHIVE_DAMAGED", path: "app.jar!/BOOT-INF/lib/broken.jar" }),
      expect.objectContaining({ code: "PACKAGE_UNIDENTIFIED", path: "app.jar!/BOOT-INF/lib/nameless.jar" }),
    ],
  });
});

it("reads an archive behind a report as an archive, since that is what Java runs", async () => {
  const empty = condenseJar("a.jar", Buffer.alloc(0));
  const { packages } = await java.catalog(fileTreeOf({ "a.jar": Buffer.concat([empty, yaml]) }), {});
  expect(packages.map(({ name }) => name)).toEqual(["org.yaml:snakeyaml"]);
});

const good = { group: "g", artifact: "a", version: "1", inside: "" };
const [head = ""] = Buffer.from(condenseJar("a.jar", Buffer.alloc(0)))
  .toString()
  .split("\n", 1);

it.each([
  ["half of one", '{"artifacts":['],
  ["no object", "7"],
  ["no failures", JSON.stringify({ artifacts: [] })],
  ["another file's artifact", JSON.stringify({ artifacts: [{ ...good, inside: "/../b" }], failures: [] })],
  ["a version with a space", JSON.stringify({ artifacts: [{ ...good, version: "1 2" }], failures: [] })],
  ["a group with a colon", JSON.stringify({ artifacts: [{ ...good, group: "a:b" }], failures: [] })],
  ["a licence that is no text", JSON.stringify({ artifacts: [{ ...good, licenses: [7] }], failures: [] })],
  [
    "a failure of others",
    JSON.stringify({ artifacts: [], failures: [{ code: "NO_PACKAGES", message: "" }] }),
  ],
])("takes %s for no report, which is damage", async (_, text) => {
  const file = `${head}\n${text}`;
  expect(parseReport(Buffer.from(file))).toBeUndefined();
  const { packages, failures } = await java.catalog(fileTreeOf({ "a.jar": file }), {});
  expect([packages, failures]).toEqual([[], [expect.objectContaining({ code: "ARCHIVE_DAMAGED" })]]);
});

it("takes of a report that somebody else wrote no more licences than of an archive", async () => {
  const licenses = ["MIT\n\u001B[2J", ...Array.from({ length: 1000 }, (_, at) => `words ${at}`)];
  const file = `${head}\n${JSON.stringify({ artifacts: [{ ...good, licenses }], failures: [] })}`;
  const { packages } = await java.catalog(fileTreeOf({ "a.jar": file }), {});
  expect(packages[0]?.licenses?.slice(0, 2)).toEqual(["MIT [2J", "words 0"]);
  expect(packages[0]?.licenses).toHaveLength(256);
});

it("writes what it reads, whatever the bytes of an archive are", () => {
  const change = tuple(nat({ max: app.length - 1 }), uint8Array({ minLength: 1, maxLength: 4 }));
  assert(
    property(array(change, { maxLength: 4 }), (changes) => {
      const bytes = Buffer.from(app);
      for (const [at, values] of changes) bytes.set(values.subarray(0, bytes.length - at), at);
      expect(parseReport(Buffer.from(condenseJar("a.jar", bytes)))).toEqual(reportOf("a.jar", bytes));
    }),
  );
});

it("stops where an archive unpacks to far more than its own length", () => {
  const inner = zipOf([{ name: "zeros", content: Buffer.alloc(4_000_000), stored: true }]);
  const names = ["a.jar", "b.jar", "c.jar"];
  const { failures } = reportOf("bomb.jar", zipOf(names.map((name) => ({ name, content: inner }))));
  expect(failures.map(({ code, path }) => [code, path])).toEqual(
    names.map((name) => ["LIMIT_REACHED", `bomb.jar!/${name}`]),
  );
});
