import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { buildDatabase, openDatabase } from "@pratique/advisory";
import { catalog } from "@pratique/inventory";
import { match } from "@pratique/matching";
import { fileTreeOf, tempDirectory, zipOf } from "@pratique/testkit";
import { expect, it } from "vitest";

const clock = () => new Date("2026-01-01T00:00:00Z");

/** A jar as Maven builds it. */
function jarOf(name: string, version: string): Buffer {
  const [group = "", artifact = ""] = name.split(":");
  return zipOf([
    {
      name: `META-INF/maven/${group}/${artifact}/pom.properties`,
      content: `groupId=${group}\nartifactId=${artifact}\nversion=${version}\n`,
    },
  ]);
}

/** What an image with these jars in a war is told, by the paths inside the war. */
async function findIn(jars: Readonly<Record<string, Buffer>>, feed: string) {
  using directory = tempDirectory();
  await buildDatabase({
    directory: directory.path,
    from: [{ provider: "osv", location: feed }],
    clock,
  });
  using index = openDatabase(directory.path, { clock });
  const war = zipOf(Object.entries(jars).map(([name, content]) => ({ name, content, stored: true })));
  const { packages, failures } = await catalog(fileTreeOf({ "app.war": war }));
  const { findings, reasons } = match({ packages }, index);
  const pathOf = new Map(packages.map(({ id, paths }) => [id, paths[0]?.slice("app.war!/".length) ?? ""]));
  const found = findings.map(({ packageId, id, fixedVersion }) => ({
    path: pathOf.get(packageId) ?? "",
    id,
    ...(fixedVersion !== undefined && { fixedVersion }),
  }));
  return { found, failures, reasons };
}

function record(id: string, affected: readonly (readonly [string, ...object[]])[]) {
  return JSON.stringify({
    id,
    aliases: [],
    affected: affected.map(([name, ...events]) => ({
      package: { ecosystem: "Maven", name },
      ranges: [{ type: "ECOSYSTEM", events }],
    })),
  });
}

const LOG4J = "org.apache.logging.log4j:log4j-core";
const records = [
  record("CVE-2021-44228", [
    [LOG4J, { introduced: "2.13.0" }, { fixed: "2.15.0" }],
    [LOG4J, { introduced: "2.0-beta9" }, { fixed: "2.3.1" }],
    [LOG4J, { introduced: "2.4" }, { fixed: "2.12.2" }],
  ]),
  record("CVE-2022-22965", [
    ["org.springframework:spring-beans", { introduced: "5.3.0" }, { fixed: "5.3.18" }],
  ]),
  record("CVE-2020-36518", [
    ["com.fasterxml.jackson.core:jackson-databind", { introduced: "2.13.0" }, { fixed: "2.13.2.1" }],
  ]),
  record("CVE-2024-8184", [
    ["org.eclipse.jetty:jetty-servlets", { introduced: "9.0.0" }, { fixed: "9.4.56.v1" }],
  ]),
];

it.each([
  ["affected", LOG4J, "2.14.1", ["CVE-2021-44228"]],
  ["fixed", LOG4J, "2.15.0", []],
  ["a pre-release that is affected", LOG4J, "2.0-rc1", ["CVE-2021-44228"]],
  ["a pre-release from before", LOG4J, "2.0-beta8", []],
  ["a fix on an old branch", LOG4J, "2.12.4", []],
  ["the API beside the implementation", "org.apache.logging.log4j:log4j-api", "2.14.1", []],
  ["a fix with four numbers", "com.fasterxml.jackson.core:jackson-databind", "2.13.2", ["CVE-2020-36518"]],
  ["fixed with four numbers", "com.fasterxml.jackson.core:jackson-databind", "2.13.2.1", []],
  ["an affected part of many", "org.eclipse.jetty:jetty-servlets", "9.4.30.v20200611", ["CVE-2024-8184"]],
  ["another part of the same version", "org.eclipse.jetty:jetty-server", "9.4.30.v20200611", []],
  ["another group's artifact of the name", "com.example:log4j-core", "2.14.1", []],
])("judges %s", async (_, name, version, expected) => {
  using feed = tempDirectory();
  writeFileSync(feed.at("maven.jsonl"), records.join("\n"));
  const { found, failures, reasons } = await findIn({ "WEB-INF/lib/a.jar": jarOf(name, version) }, feed.path);
  expect([failures, reasons]).toEqual([[], []]);
  expect(found.map(({ id }) => id)).toEqual(expected);
});

it.each([
  ["affected", "5.3.17", ["CVE-2022-22965"]],
  ["fixed", "5.3.18", []],
])("judges a jar of Spring, which has no descriptor: %s", async (_, version, expected) => {
  using feed = tempDirectory();
  writeFileSync(feed.at("maven.jsonl"), records.join("\n"));
  const jar = zipOf([{ name: "org/springframework/beans/BeanUtils.class", content: "" }]);
  const { found } = await findIn({ [`WEB-INF/lib/spring-beans-${version}.jar`]: jar }, feed.path);
  expect(found.map(({ id }) => id)).toEqual(expected);
});

const SAMPLE = path.resolve(
  import.meta.dirname,
  "../../../../shared/data/ghsa-maven-sample/ghsa-maven-sample.jsonl.gz",
);

interface Bound {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly isAffected: boolean;
}

it.skipIf(!existsSync(SAMPLE))(
  "finds the first affected versions of real advisories, and not the fixed ones (skipped without the sample)",
  async () => {
    const bounds = readBounds(gunzipSync(readFileSync(SAMPLE)).toString("utf8"));
    const jars = Object.fromEntries(
      bounds.map(({ name, version }) => [fileOf(name, version), jarOf(name, version)] as const),
    );
    const { found, failures } = await findIn(jars, SAMPLE);
    expect(failures).toEqual([]);
    const keys = new Set(found.map(({ path: file, id }) => `${file} ${id}`));
    const wrong = bounds.filter(
      ({ id, name, version, isAffected }) => keys.has(`${fileOf(name, version)} ${id}`) !== isAffected,
    );
    // GitHub calls each of two CVEs an alias of the other one, which is fixed later.
    expect(wrong.map(({ id, name, version }) => [id, name, version])).toEqual([
      ["CVE-2021-21290", "io.netty:netty-codec-http", "4.1.59.Final"],
      ["CVE-2021-21295", "io.netty:netty-codec-http2", "4.1.60.Final"],
    ]);
    expect([bounds.filter(({ isAffected }) => isAffected).length, bounds.length]).toEqual([620, 1438]);
  },
);

interface RangeEvent {
  readonly introduced?: string;
  readonly fixed?: string;
  readonly last_affected?: string;
}

function fileOf(name: string, version: string): string {
  return `WEB-INF/lib/${name.replace(":", "/")}-${version}.jar`;
}

/** The bounds that advisories name themselves, each once. */
function readBounds(text: string): readonly Bound[] {
  const bounds = new Map<string, Bound>();
  for (const line of text.trim().split("\n")) {
    const { id: own, aliases = [], affected, withdrawn } = JSON.parse(line);
    if (withdrawn !== undefined) continue;
    const id = [...aliases, own].find((alias: string) => alias.startsWith("CVE-")) ?? own;
    for (const { package: of, ranges = [] } of affected) {
      if (of.ecosystem !== "Maven") continue;
      for (const { introduced, fixed, last_affected: last } of ranges.flatMap(
        ({ events }: { readonly events: readonly RangeEvent[] }) => events,
      )) {
        const version = introduced ?? fixed ?? last ?? "0";
        if (version === "0") continue;
        bounds.set(`${id} ${of.name} ${version}`, {
          id,
          name: of.name,
          version,
          isAffected: fixed === undefined,
        });
      }
    }
  }
  return [...bounds.values()];
}
