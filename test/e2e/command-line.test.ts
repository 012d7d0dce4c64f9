import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeImages } from "./bad-input-images.ts";
import { CommandHome, sharedData, sharedDataMissing } from "./command.ts";
import { ServerProcess } from "./server-process.ts";

const home = new CommandHome();
const image = `docker-archive:${home.at("images", "whole.tar")}`;
const feed = home.at("feed");
const NUMBER_OF_COMMANDS = 20;

/** What the feed below says of the package in the image. */
const FEED =
  "[03 Jan 2024] DSA-9002-1 bash - security update\n\t{CVE-2024-90002}\n\t[bookworm] - bash 5.2.15-9\n" +
  "[02 Jan 2024] DSA-9001-1 curl - security update\n\t{CVE-2024-90001}\n\t[bookworm] - curl 9\n";

beforeAll(async () => {
  writeImages(home.at("images"));
  mkdirSync(feed);
  writeFileSync(path.join(feed, "DSA.list"), FEED);
  await home.succeed(["advisories", "build", "--from", `debian-dsa-dla:${feed}`]);
});

afterAll(() => home[Symbol.dispose]());

/** The JSON on standard output; everything that is no JSON fails the test. */
async function json(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { stdout, ...rest } = await home.run(args, { environment });
  return { ...rest, value: JSON.parse(stdout) };
}

/** The commands that a help text lists, without the one for help itself. */
function commandsIn(help: string): readonly string[] {
  const section = /^Commands:\n(?<list>(?: {2}.*\n?)+)/mu.exec(help)?.groups?.list ?? "";
  return [...section.matchAll(/^ {2}(?<name>[a-z-]+)/gmu)]
    .map(({ groups }) => groups?.name ?? "")
    .filter((name) => name !== "help");
}

describe("--help", () => {
  it("leads to every command, and shows an example of each", async () => {
    const leaves: string[] = [];
    let level: readonly (readonly string[])[] = [[]];
    while (level.length > 0) {
      const helps = await Promise.all(
        level.map(async (words) => ({ words, ...(await home.run([...words, "--help"])) })),
      );
      for (const { words, code, stdout, stderr } of helps) {
        expect([words, code, stderr]).toEqual([words, 0, ""]);
        if (words.length === 0 || /^Commands:/mu.test(stdout)) continue;
        leaves.push(words.join(" "));
        expect(stdout).toMatch(new RegExp(`Example:\\n {2}(?:sudo )?pratique ${words.join(" ")}`, "u"));
        expect(stdout).toContain("--json");
      }
      level = helps.flatMap(({ words, stdout }) => commandsIn(stdout).map((name) => [...words, name]));
    }
    expect(leaves.length).toBeGreaterThanOrEqual(NUMBER_OF_COMMANDS);
  });

  it("tells the exit codes", async () => {
    const { stdout } = await home.run(["--help"]);
    for (const code of [0, 1, 2, 3]) expect(stdout).toMatch(new RegExp(`^ {2}${code} {2}\\w`, "mu"));
  });

  it("gives the version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(await home.run(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("a report", () => {
  it("is all that standard output carries", async () => {
    const table = await home.run(["image", "scan", image]);
    expect(table).toMatchObject({ code: 0, stderr: "" });
    expect(table.stdout).toContain("CVE-2024-90002");
    // A pipe gets neither colours nor a bar.
    expect(table.stdout).not.toContain("\u001b");
  });

  it("is JSON by --json and by --format json, the same", async () => {
    const { value, ...rest } = await json(["image", "scan", "--json", image]);
    expect(rest).toEqual({ code: 0, stderr: "" });
    const { value: other } = await json(["image", "scan", "--format", "json", image]);
    expect({ ...value, scannedAt: "" }).toEqual({ ...other, scannedAt: "" });
    expect(value.findings).toMatchObject([
      { id: "CVE-2024-90002", status: "fixed", fixedVersion: "5.2.15-9" },
    ]);
  });

  const schema = "docs/reference/report.schema.json";
  it.skipIf(!existsSync(schema))(`fits ${schema}`, async () => {
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(schema, "utf8")));
    for (const name of [
      "whole.tar",
      "unsupported.tar",
      "no-packages.tar",
      "damaged-status.tar",
      "bomb.tar",
    ]) {
      const { value } = await json(["image", "scan", "--json", `docker-archive:${home.at("images", name)}`]);
      expect([name, validate(value), validate.errors]).toEqual([name, true, null]);
    }
  });

  it("goes to as many places, in as many forms, as were asked", async () => {
    const [table, report] = [home.at("table.txt"), home.at("report.json")];
    const flags = ["--format", "table", "--output", table, "--output", `json=${report}`];
    expect(await home.run(["image", "scan", ...flags, image])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(table, "utf8")).toContain("CVE-2024-90002");
    expect(JSON.parse(readFileSync(report, "utf8")).findings).toHaveLength(1);
    const both = await json([
      "image",
      "scan",
      "--format",
      "json",
      "--format",
      "table",
      "--output",
      "-",
      "--output",
      table,
      image,
    ]);
    expect(both).toMatchObject({ code: 0, stderr: "", value: { schemaVersion: 1 } });
  });

  it("shows what was asked, and fails on what was asked", async () => {
    const scan = (...flags: readonly string[]) => home.run(["image", "scan", ...flags, image]);
    expect((await scan("--fail-on", "unknown")).code).toBe(2);
    expect((await scan("--fail-on", "critical")).code).toBe(0);
    expect((await scan("--severity", "critical")).stdout).not.toContain("CVE-2024-90002");
    expect((await scan("--only-fixed")).stdout).toContain("CVE-2024-90002");
  });

  it("is the same from a directory of files, and from an image read anew", async () => {
    const { value: cached } = await json(["image", "scan", "--json", image]);
    const { value: anew } = await json(["image", "scan", "--json", "--no-cache", image]);
    expect({ ...anew, scannedAt: "" }).toEqual({ ...cached, scannedAt: "" });
  });
});

describe("settings", () => {
  it("are file, then variable, then flag, in rising precedence", async () => {
    const file = home.at("pratique.yaml");
    writeFileSync(file, `data: ${home.at("by-file")}\nadvisories: {staleAfterDays: 0.00000001}\n`);
    const status = (environment: Readonly<Record<string, string>>, ...flags: readonly string[]) =>
      home.run(["advisories", "status", "--config", file, ...flags], { environment });
    // Each of the three directories tells by its sources that it is the one.
    cpSync(home.data(), home.at("by-flag"), { recursive: true });
    expect((await status({ PRATIQUE_DATA: "" })).stderr).toMatch(/Only the small set/u);
    expect(await status({ PRATIQUE_DATA: home.data() })).toMatchObject({ code: 3 });
    const fresh = { PRATIQUE_DATA: home.at("by-variable"), PRATIQUE_STALE_AFTER_DAYS: "7" };
    expect((await status(fresh)).stderr).toMatch(/Only the small set/u);
    expect(await status(fresh, "--data", home.at("by-flag"))).toMatchObject({ code: 0, stderr: "" });
  });

  it("come from the file that a variable names", async () => {
    const file = home.at("other.yaml");
    writeFileSync(file, "advisories: {staleAfterDays: 0.00000001}\n");
    expect(
      await home.run(["advisories", "status"], { environment: { PRATIQUE_CONFIG: file } }),
    ).toMatchObject({ code: 3 });
  });
});

describe("advisories", () => {
  it("status tells each source", async () => {
    const { code, value } = await json(["advisories", "status", "--json"]);
    expect(code).toBe(0);
    expect(value.sources).toMatchObject([
      { provider: "debian-dsa-dla", location: feed, stale: false, advisories: 2 },
    ]);
  });

  it("show tells one, or says that it knows nothing: 3", async () => {
    const environment = { PRATIQUE_DATA: home.at("starter-only") };
    expect(await json(["advisories", "show", "CVE-0000-0000", "--json"], environment)).toMatchObject({
      code: 3,
      value: { id: "CVE-0000-0000", details: null },
    });
  });

  it("update reads the sources again, and changes nothing where they have not changed", async () => {
    expect(await json(["advisories", "update", "--json"])).toMatchObject({
      code: 0,
      stderr: "",
      value: { changed: false },
    });
  });

  it.skipIf(sharedDataMissing).each([
    ["debian-dsa-dla", "debian-dsa-dla", 10_000],
    ["alpine-secdb", "alpine-secdb-2020/alpine-secdb-2020.tar.gz", 1000],
    ["osv", "pypa-advisory-database/pypa-advisory-database.tar.gz", 1000],
    ["osv", "golang-vulndb/golang-vulndb.tar.gz", 500],
    ["osv", "ghsa-maven-sample/ghsa-maven-sample.jsonl.gz", 100],
    ["kev", "cisa-kev/cisa-kev.tar.gz", 500],
  ])(`build takes %s from %s ${sharedDataMissing ?? ""}`, async (provider, place, atLeast) => {
    const environment = { PRATIQUE_DATA: home.at(`built-${place.replaceAll("/", "-")}`) };
    const from = `${provider}:${path.join(sharedData, place)}`;
    const { code, stderr, value } = await json(
      ["advisories", "build", "--json", "--from", from],
      environment,
    );
    expect([code, stderr, value.changed]).toEqual([0, "", true]);
    expect(value.sources).toHaveLength(1);
    expect(Math.max(value.sources[0].entries, value.sources[0].advisories)).toBeGreaterThan(atLeast);
    expect(await json(["advisories", "status", "--json"], environment)).toMatchObject({
      code: 0,
      value: { sources: [{ provider, stale: false }] },
    });
  });
});

const POLICY = `apiVersion: pratique/v1
kind: Policy
metadata: {name: team}
spec:
  rules:
    - name: fresh
      deny: image.ageDays > 90
      message: the image is old
      value: "{{ image.ageDays }} days"
      fix: build it again
`;

/** A test of the policy; what it expects is right or wrong. */
const testOf = (decision: string) => `apiVersion: pratique/v1
kind: PolicyTest
metadata: {name: team}
spec:
  cases:
    - name: an old image
      image: {created: "2020-01-01T00:00:00Z"}
      expect: {decision: ${decision}}
`;

describe("policies", () => {
  it("lint says how many files it has read, and finds nothing amiss with the built-in ones", async () => {
    const { code, value, stderr } = await json(["policy", "lint", "--json"]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/ 0 errors/u)]);
    expect(value.problems.filter(({ level }: { level: string }) => level === "error")).toEqual([]);
  });

  it("built-in prints what holds where there is none, so that it can be kept beside one's own", async () => {
    const printed = await home.run(["policy", "built-in"]);
    const { documents } = (await json(["policy", "built-in", "--json"])).value;
    const [builtIn, own] = [home.at("built-in.yaml"), home.at("own.yaml")];
    writeFileSync(builtIn, printed.stdout);
    writeFileSync(own, POLICY);
    expect(await home.run(["policy", "lint", builtIn, own])).toMatchObject({ code: 0 });
    expect(documents.length).toBeGreaterThan(1);
    for (const { text } of documents) expect(printed.stdout).toContain(text.trim());
  });

  it("a file that is no policy by its size is named, and is no defect of ours", async () => {
    const big = home.at("big.yaml");
    writeFileSync(big, "#".repeat(1024 * 1024 + 1));
    for (const words of [
      ["policy", "lint", big],
      ["image", "check", "--policy", big, image],
    ]) {
      const { code, stderr } = await home.run(words);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^pratique: \S*big\.yaml: expected a policy, of 1048576 bytes/u),
      ]);
    }
  });

  it("explain tells each rule's inputs; check gives the same verdict, and records it", async () => {
    const explained = await json(["policy", "explain", "--json", image]);
    const checked = await json(["image", "check", "--json", image]);
    expect(checked.value.decision).toBe(explained.value.verdict.decision);
    expect(explained.value.rules.length).toBeGreaterThan(3);
    expect([explained.code, checked.code]).toEqual([0, 0]);
    expect(await json(["audit", "verify", "--json"])).toMatchObject({ code: 0, value: { problems: [] } });
  });

  it("test holds policies to what is expected of them: 2 where they do otherwise", async () => {
    const [policy, right, wrong] = [home.at("team.yaml"), home.at("right.yaml"), home.at("wrong.yaml")];
    writeFileSync(policy, POLICY);
    writeFileSync(right, testOf("deny"));
    writeFileSync(wrong, testOf("allow"));
    expect(await home.run(["policy", "lint", policy])).toMatchObject({ code: 0 });
    expect(await json(["policy", "test", "--json", policy, right])).toMatchObject({
      code: 0,
      value: { results: [{ passed: true }] },
    });
    const failed = await home.run(["policy", "test", policy, wrong]);
    expect(failed).toMatchObject({ code: 2, stdout: expect.stringContaining("FAILED team: an old image") });
  });

  it("exceptions are granted, listed and revoked", async () => {
    const rules = ["--rule", "images/image-user", "--image", "app:*"];
    const flags = [...rules, "--reason", "until it moves", "--owner", "ann", "--expires", "7d"];
    const granted = await json(["policy", "exception", "grant", "--json", ...flags]);
    const { id } = granted.value.exception;
    expect([granted.code, existsSync(granted.value.file)]).toEqual([0, true]);
    const listed = await json(["policy", "exception", "list", "--json"]);
    expect(listed.value.exceptions).toMatchObject([{ id, owner: "ann", reason: "until it moves" }]);
    expect(await json(["policy", "exception", "revoke", "--json", id])).toMatchObject({
      code: 0,
      value: { revoked: id },
    });
    expect((await json(["policy", "exception", "list", "--json"])).value).toEqual({ exceptions: [] });
    expect(await home.run(["policy", "lint"])).toMatchObject({ code: 0 });
  });

  it("an exception for nothing is refused in the words of the flags, and one of a rule that is not there is told", async () => {
    const [about, why] = [
      ["--image", "app:*"],
      ["--reason", "r", "--owner", "o", "--expires", "1h"],
    ];
    const grant = (flags: readonly string[]) =>
      home.run(["policy", "exception", "grant", "--rule", ...flags, ...why]);
    expect(await grant(["image-user"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("--image, "),
    });
    expect((await grant(["image-user", ...about])).stderr).not.toContain("warning");
    const { code, stderr } = await grant(["image-usr", ...about]);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/warning: no rule is called "image-usr".*"image-user"/u),
    ]);
  });

  it("the id alone is printed without --json", async () => {
    const flags = ["--rule", "a", "--image", "app:*", "--reason", "r", "--owner", "o", "--expires", "1h"];
    const { stdout } = await home.run(["policy", "exception", "grant", ...flags]);
    expect(stdout).toMatch(/^ex-[a-z0-9]+\n$/u);
    expect(await home.run(["policy", "exception", "revoke", stdout.trim()])).toMatchObject({
      code: 0,
      stdout: "",
    });
  });
});

describe("the record", () => {
  const verify = (data: string, ...flags: readonly string[]) =>
    json(["audit", "verify", "--json", ...flags], { PRATIQUE_DATA: data });

  it("is whole, and its head can be kept elsewhere", async () => {
    const { value } = await verify(home.data());
    const head = `${value.logId}:${value.records}:${value.headHash}`;
    expect(await verify(home.data(), "--known-head", head)).toMatchObject({ code: 0 });
    const older = `${value.logId}:1:${"0".repeat(64)}`;
    expect(await verify(home.data(), "--known-head", older)).toMatchObject({ code: 2 });
  });

  it.each([
    ["an actor", "UPDATE record SET actor = 'uid:7' WHERE sequence = 1"],
    ["a time", "UPDATE record SET time = '2020-01-01T00:00:00.000Z' WHERE sequence = 1"],
    ["a record taken out", "DELETE FROM record WHERE sequence = 1"],
    ["a head that was put back", "UPDATE head SET sequence = sequence - 1"],
  ])("ends with 2 when somebody has changed %s", async (what, statement) => {
    const copy = home.at(`tampered-${what.replaceAll(" ", "-")}`);
    cpSync(home.data(), copy, { recursive: true });
    {
      using log = new DatabaseSync(path.join(copy, "audit", "log.sqlite"));
      log.exec(statement);
    }
    const { code, value } = await verify(copy);
    expect([code, value.problems.length > 0]).toEqual([2, true]);
    expect((await home.run(["audit", "verify"], { environment: { PRATIQUE_DATA: copy } })).stdout).toMatch(
      /NOT whole/u,
    );
  });
});

describe("what else can be asked", () => {
  it("doctor tells what this host can do, as JSON too", async () => {
    const { value } = await json(["doctor", "--json"]);
    const whats = value.findings.map(({ what }: { what: string }) => what);
    expect(whats).toEqual(
      expect.arrayContaining(["privileges", "disk", "engine", "gate", "watch", "advisories", "record"]),
    );
    // Nobody watches in these tests: what would be done by rules is not claimed.
    expect(value.rules).toBeUndefined();
  });

  it("-q leaves nothing but the report", async () => {
    expect(await home.run(["policy", "lint", "-q"])).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("a server", () => {
  it("does not start in the directory of one that works, whatever socket it has, and does once that is killed", async () => {
    await using first = await new ServerProcess(home, "first").start();
    const elsewhere = { PRATIQUE_DATA: first.data, PRATIQUE_RUN: home.at("elsewhere") };
    await using second = new ServerProcess(home, "second", elsewhere);
    const directory = path.join(first.data, "server");
    await expect(second.start()).rejects.toThrow(`another server works in "${directory}"; stop it`);
    await first.stop("SIGKILL");
    await second.start();
  });
});
