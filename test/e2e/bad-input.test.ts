import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startRegistry } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wholeImage, writeImages } from "./bad-input-images.ts";
import { CommandHome, type Ended, type RunOptions, rootMissing } from "./command.ts";

const home = new CommandHome();
const images = home.at("images");
const file = (name: string) => path.join(images, name);
const image = (name: string) => `docker-archive:${file(name)}`;
const feed = home.at("feed");

beforeAll(async () => {
  writeImages(images);
  mkdirSync(feed);
  writeFileSync(
    path.join(feed, "DSA.list"),
    "[02 Jan 2024] DSA-9001-1 bash - security update\n\t{CVE-2024-90001}\n\t[bookworm] - bash 5.2.15-9\n",
  );
  await home.succeed(["advisories", "build", "--from", `debian-dsa-dla:${feed}`]);
});

afterAll(() => home[Symbol.dispose]());

/**
 * The one line of a command that could not run, held to the promise to users: it says what is wrong and how to mend
 * it, in words that need no manual of the system; nothing else is said, and nothing is on standard output.
 */
function lineOf({ code, stdout, stderr }: Ended): string {
  const isOneLine = /^pratique: [^\n]+; [^\n]+\n$/u.test(stderr);
  const isTechnical = TECHNICAL.test(stderr);
  if (code !== 1 || stdout !== "" || !isOneLine || isTechnical) {
    throw new Error(`expected one line and exit code 1, found ${JSON.stringify({ code, stdout, stderr })}`);
  }
  return stderr;
}

const TECHNICAL = /\bE(?:NOENT|ACCES|ISDIR|NOTDIR|ROFS|NOSPC|PERM|CONNREFUSED)\b|defect|node:|undefined/u;

/** A data directory of its own, copied from the sound one. */
function dataLike(name: string): {
  readonly path: string;
  readonly options: RunOptions;
  readonly database: string;
} {
  const copy = home.at(name);
  cpSync(home.data(), copy, { recursive: true });
  const database =
    readdirSync(path.join(copy, "advisories")).find((entry) => entry.endsWith(".sqlite")) ?? "";
  return {
    path: copy,
    options: { environment: { PRATIQUE_DATA: copy } },
    database: path.join(copy, "advisories", database),
  };
}

describe("an image that cannot be had", () => {
  it.concurrent.each<[string, string, RegExp]>([
    ["is cut short", image("cut.tar"), /ends early.*complete/u],
    ["is text", image("text.tar"), /cannot be read/u],
    ["is empty", image("empty.tar"), /manifest\.json.*docker save/u],
    ["has no manifest", image("no-manifest.tar"), /found neither/u],
    ["has a manifest that is not JSON", image("no-json.tar"), /JSON/u],
    [
      "has a layer under another's name",
      image("lying-layer.tar"),
      /expected the layer sha256:.*found sha256:.*do not use/u,
    ],
    [
      "has such a layer in an OCI archive",
      `oci-archive:${file("lying-layer-oci.tar")}`,
      /sha256|size|bytes/u,
    ],
    ["has such a layer in an OCI directory", `oci-dir:${file("lying-layer-oci")}`, /sha256|size|bytes/u],
    ["is one of several", image("several.tar"), /"app:1", "b:1"; name the one/u],
    [
      "is no file at all",
      image("absent.tar"),
      /absent\.tar" cannot be opened: no such file or directory; check the path/u,
    ],
    ["is a directory", image("empty"), /is no file; check the path/u],
    ["is an empty directory", `oci-dir:${file("empty")}`, /found neither; check the path/u],
    [
      "is a file where a directory is expected",
      `oci-dir:${file("whole.tar")}`,
      /expected a directory.*check the path/u,
    ],
    ["is a file in place of a root", `dir:${file("whole.tar")}`, /expected a directory.*check the path/u],
    [
      "is a directory that is not there",
      `dir:${file("absent")}`,
      /no such file or directory; check the path/u,
    ],
    ["is nothing", "", /expected an image/u],
    ["has spaces in its name", "a b", /malformed image reference "a b"; an image is named like/u],
    ["has half a digest", "nginx@sha256:12", /malformed image reference/u],
    ["has two tags", "a:b:c", /malformed image reference/u],
    ["has a scheme that is not read", "file:a/b", /cannot be read from "file:"/u],
    ["is in no storage of Podman", "podman:absent", /Podman.*; check the name with podman images/u],
    ["is in no containerd", "containerd:absent", /containerd.*; check the name with ctr/u],
    [
      "is no container",
      "container:absent",
      /^pratique: no container "absent" in (?:Docker, Podman or containerd: |the storage of Podman; check the id)/u,
    ],
    [
      "is no LXC container",
      "lxc:absent",
      /no directory .*absent": no such file or directory; check the name with lxc-ls/u,
    ],
    ["leads out of the LXC containers", "lxc:../absent", /expected the name of an LXC container/u],
    ["is no appc image", `aci:${file("whole.tar")}`, /expected a file "manifest".*, found nothing; check/u],
    [
      "is an appc image that is not there",
      `aci:${file("absent.aci")}`,
      /no such file or directory; check the path/u,
    ],
    ["has a scheme and nothing after it", "docker-archive:", /expected something after "docker-archive:"/u],
    ["is in an engine that is not there", "docker:app", /the socket does not exist; start the engine/u],
    [
      "is in a registry that does not run",
      "registry:127.0.0.1:1/app",
      /nothing listens there; check the name and the network/u,
    ],
    [
      "is in a registry without an address",
      "registry:registry.invalid/app",
      /the name does not resolve; check/u,
    ],
    [
      "is in neither place",
      "127.0.0.1:1/app",
      /engine .*socket does not exist, and .*nothing listens there; start the engine/u,
    ],
  ])("%s", async (_, reference, expected) => {
    expect(lineOf(await home.run(["image", "scan", "--no-cache", reference]))).toMatch(expected);
  });

  it("is told in one line by the other commands, too", async () => {
    expect(lineOf(await home.run(["image", "check", image("absent.tar")]))).toMatch(/check the path/u);
    expect(lineOf(await home.run(["policy", "explain", image("absent.tar")]))).toMatch(/check the path/u);
  });
});

describe("an engine", () => {
  it("that is none is not taken for one", async () => {
    const socket = home.at("other.sock");
    const server = createServer((connection) => connection.end("220 mail.example ESMTP\r\n"));
    server.listen(socket);
    await once(server, "listening");
    const ended = await home.run(["image", "scan", "--engine", `unix://${socket}`, "docker:app"]);
    server.close();
    expect(lineOf(ended)).toMatch(/engine/u);
  });

  it("that hangs up is not waited for", async () => {
    const socket = home.at("mute.sock");
    const server = createServer((connection) => connection.destroy());
    server.listen(socket);
    await once(server, "listening");
    const ended = await home.run(["image", "scan", "--engine", `unix://${socket}`, "docker:app"]);
    server.close();
    expect(lineOf(ended)).toMatch(/engine/u);
  });

  it.skipIf(rootMissing)(`that is not for this user ${rootMissing ?? ""}`, async () => {
    const socket = home.at("closed.sock");
    const server = createServer();
    server.listen(socket);
    await once(server, "listening");
    chmodSync(socket, 0o600);
    const ended = await home.run(["image", "scan", "--engine", `unix://${socket}`, "docker:app"], {
      asNobody: true,
      environment: { PRATIQUE_DATA: home.at("nobody"), PRATIQUE_RUN: home.at("nobody-run") },
    });
    server.close();
    expect(lineOf(ended)).toMatch(/permission/u);
  });

  it("has an address that is spoken", async () => {
    expect(lineOf(await home.run(["image", "scan", "--engine", "ssh://a", "docker:app"]))).toMatch(
      /unix:\/\/\/var\/run/u,
    );
  });
});

describe("a registry", () => {
  const scan = (host: string, ...args: readonly string[]) =>
    home.run(["image", "scan", "--no-cache", "--insecure-registry", host, ...args]);

  it("that does not know the image says so", async () => {
    await using registry = await startRegistry();
    expect(lineOf(await scan(registry.host, `registry:${registry.host}/absent:1`))).toMatch(
      /absent.*check the name/u,
    );
  });

  it("that does not let in is told apart from one that has no such image", async () => {
    await using registry = await startRegistry({ kind: "basic", username: "a", password: "b" });
    registry.push("app", "1", wholeImage);
    const reference = `registry:${registry.host}/app:1`;
    expect(lineOf(await scan(registry.host, reference))).toMatch(/docker login/u);
    const wrong = ["--username", "a", "--password", "secret-in-vain"];
    const ended = await scan(registry.host, ...wrong, reference);
    expect(lineOf(ended)).toMatch(/docker login/u);
    expect(ended.stderr).not.toContain("secret-in-vain");
    expect(await scan(registry.host, "--username", "a", "--password", "b", reference)).toMatchObject({
      stderr: "",
    });
  });

  it("that breaks off and breaks off again is not waited for", async () => {
    await using registry = await startRegistry();
    registry.push("app", "1", wholeImage);
    registry.faults.breakBlobsAfter.push(...Array.from({ length: 40 }, () => 3));
    expect(lineOf(await scan(registry.host, `registry:${registry.host}/app:1`))).toMatch(/./u);
  });

  it("that sends something else is not believed", async () => {
    await using registry = await startRegistry();
    registry.push("app", "1", wholeImage);
    const [layer] = wholeImage.layers;
    registry.faults.lies.set(layer?.digest ?? "", Buffer.from("something else"));
    expect(lineOf(await scan(registry.host, `registry:${registry.host}/app:1`))).toMatch(
      /sha256|bytes|size/u,
    );
  });
});

describe("a bad flag", () => {
  const whole = image("whole.tar");
  it.concurrent.each<[string, readonly string[], RegExp]>([
    ["unknown command", ["image", "scam"], /unknown command 'scam'; did you mean scan\?/u],
    ["unknown command of commands", ["imag", "scan"], /did you mean image\?/u],
    ["unknown flag", ["image", "scan", "--fail-no", "high", whole], /did you mean --fail-on\?/u],
    ["no image", ["image", "scan"], /missing required argument 'image'; see --help/u],
    ["too many images", ["image", "scan", "a", "b"], /too many arguments.*; see --help/u],
    ["a flag without its value", ["image", "scan", whole, "--fail-on"], /argument missing; see --help/u],
    [
      "unknown format",
      ["image", "scan", "--format", "xml", whole],
      /json, .*table, found "xml"; see --help/u,
    ],
    [
      "two formats to one output",
      ["image", "scan", "--format", "json", "--format", "table", whole],
      /only one format.*; see/u,
    ],
    [
      "more outputs than formats",
      ["image", "scan", "--output", "a", "--output", "b", whole],
      /"b" has no --format; see/u,
    ],
    [
      "output into nowhere",
      ["image", "scan", "--output", file("absent/x"), whole],
      /no such file or directory; name a file/u,
    ],
    [
      "output over a directory",
      ["image", "scan", "--output", images, whole],
      /cannot be written: .*; name a file/u,
    ],
    [
      "output without a name",
      ["image", "scan", "--output", "json=", whole],
      /expected a file after --output/u,
    ],
    [
      "unknown severity",
      ["image", "scan", "--fail-on", "bad", whole],
      /critical, high.*found "bad"; choose/u,
    ],
    [
      "unknown severity in a list",
      ["image", "scan", "--severity", "high,bad", whole],
      /found "bad"; choose/u,
    ],
    ["platform that is none", ["image", "scan", "--platform", "arm", whole], /found "arm"; write it like/u],
    [
      "platform that is not there",
      ["image", "scan", "--platform", "linux/s390x", whole],
      /s390x, found linux\/amd64; choose/u,
    ],
    [
      "source that is not there",
      ["advisories", "build", "--from", "osv:/absent"],
      /"\/absent".*no such file.*; check the path/u,
    ],
    ["no source", ["advisories", "build"], /no source to build from; name one with --from/u],
    [
      "unknown provider",
      ["advisories", "build", "--from", "nist:/a"],
      /alpine-secdb.*found "nist:\/a"; see/u,
    ],
    ["provider without a place", ["advisories", "build", "--from", "osv"], /PROVIDER:PATH_OR_URL.*; see/u],
    [
      "feed of nothing",
      ["advisories", "build", "--from", `osv:${file("empty")}`],
      /found nothing.*; check the location/u,
    ],
    [
      "feed that is another thing",
      ["advisories", "build", "--from", `debian-tracker:${file("text.tar")}`],
      /; /u,
    ],
    [
      "feed that cannot be reached",
      ["advisories", "build", "--from", "osv:http://127.0.0.1:1/all.zip"],
      /nothing listens there; check the network/u,
    ],
    ["unknown provider to update", ["advisories", "update", "--only", "nist"], /found "nist"; see/u],
    ["expiry that is no time", exception("--expires", "soon"), /time to come.*found "soon"; see/u],
    ["expiry in the past", exception("--expires", "2001-01-01"), /time to come.*"2001-01-01"; see/u],
    [
      "digest that is none",
      exception("--expires", "7d", "--digest", "sha256:1"),
      /expected a digest.*; see/u,
    ],
    [
      "exception without its reason",
      ["policy", "exception", "grant", "--rule", "a"],
      /--reason.*not specified; see/u,
    ],
    [
      "exception that is not there",
      ["policy", "exception", "revoke", "ex-none"],
      /no exception "ex-none".*; /u,
    ],
    ["exception that is a path", ["policy", "exception", "revoke", "../../etc"], /malformed exception.*; /u],
    [
      "policy that is not there",
      ["image", "check", "--policy", "/absent.yaml", whole],
      /no file "\/absent\.yaml"; check/u,
    ],
    [
      "directory without policies",
      ["image", "check", "--policy", file("empty"), whole],
      /no policy files.*; check/u,
    ],
    [
      "policy file to lint that is not there",
      ["policy", "lint", "/absent.yaml"],
      /no file "\/absent\.yaml"; check/u,
    ],
    ["test that is none", ["policy", "test", file("empty")], /no policy files.*; check/u],
    ["log that is not there", ["audit", "verify", "--log", "/absent"], /no audit log.*; it begins/u],
    ["head that is none", ["audit", "verify", "--known-head", "x"], /LOG:RECORDS:HASH.*; see/u],
    ["address that is none", ["server", "--listen", "here"], /expected ADDRESS:PORT; see/u],
    ["gate that does not run", ["gate", "status"], /no gate answers.*; start it with pratique up/u],
    [
      "configuration that is not there",
      ["advisories", "status", "--config", "/absent.yaml"],
      /cannot be read: no such file or directory; see/u,
    ],
  ])("%s", async (_, args, expected) => {
    expect(lineOf(await home.run(args))).toMatch(expected);
  });

  function exception(...more: readonly string[]): readonly string[] {
    const given = ["--rule", "a", "--image", "a:*", "--reason", "why", "--owner", "ann"];
    return ["policy", "exception", "grant", ...given, ...more];
  }
});

describe("bad settings", () => {
  it("are named all at once, from the file", async () => {
    writeFileSync(home.at("bad.yaml"), "data: 3\nbogus: 1\ngate: {mode: maybe}\nlisten: here\n");
    const { stderr, ...ended } = await home.run(["advisories", "status", "--config", home.at("bad.yaml")]);
    expect(lineOf({ ...ended, stderr })).toMatch(/data: .*gate\.mode: .*; see docs/u);
    expect(stderr).toMatch(/listen: /u);
    expect(stderr).toMatch(/bogus/u);
  });

  it("are named when the file is no YAML", async () => {
    writeFileSync(home.at("torn.yaml"), "data: [1\n");
    expect(lineOf(await home.run(["advisories", "status", "--config", home.at("torn.yaml")]))).toMatch(
      /torn\.yaml: .*; see/u,
    );
  });

  it("are named all at once, from the variables", async () => {
    const environment = {
      PRATIQUE_GATE_MODE: "maybe",
      PRATIQUE_STALE_AFTER_DAYS: "old",
      PRATIQUE_LISTEN: "here",
    };
    const ended = await home.run(["advisories", "status"], { environment });
    expect(lineOf(ended)).toMatch(/listen: .*gate\.mode: .*staleAfterDays: .*; see docs/u);
  });
});

describe("a policy with errors", () => {
  const bad = home.at("bad-policy.yaml");
  beforeAll(() => {
    writeFileSync(
      bad,
      "apiVersion: nope/v1\nkind: Policy\nfoo: 1\nmetadata: {name: 3}\nspec: {rules: [{nme: y}]}\n",
    );
  });

  it("is named in one line where it was to be used", async () => {
    const whole = image("whole.tar");
    expect(lineOf(await home.run(["image", "check", "--policy", bad, whole]))).toMatch(
      /apiVersion.*more\); pratique policy lint/u,
    );
    expect(lineOf(await home.run(["policy", "explain", "--policy", bad, whole]))).toMatch(
      /apiVersion.*; pratique policy lint/u,
    );
    expect(lineOf(await home.run(["policy", "test", bad]))).toMatch(/apiVersion.*; pratique policy lint/u);
  });

  it("is taken apart by lint, error by error", async () => {
    const { code, stdout } = await home.run(["policy", "lint", bad]);
    expect(code).toBe(2);
    for (const place of ["apiVersion", "foo", "metadata.name", "spec.rules[0]"])
      expect(stdout).toContain(place);
  });

  it("refuses an exception beside it, and records nothing", async () => {
    const { path: data, options } = dataLike("bad-policies");
    mkdirSync(path.join(data, "policies"), { recursive: true });
    cpSync(bad, path.join(data, "policies", "bad.yaml"));
    const flags = ["--rule", "a", "--image", "a:*", "--reason", "r", "--owner", "o", "--expires", "7d"];
    expect(lineOf(await home.run(["policy", "exception", "grant", ...flags], options))).toMatch(
      /bad\.yaml:1: apiVersion/u,
    );
    expect(readdirSync(path.join(data, "policies"))).toEqual(["bad.yaml"]);
    expect(lineOf(await home.run(["image", "check", image("whole.tar")], options))).toMatch(
      /bad\.yaml:1: apiVersion/u,
    );
  });
});

describe("what can be assessed only in part", () => {
  it.each([
    ["a damaged package database", "damaged-status.tar", "PACKAGE_RECORD_MALFORMED"],
    ["a distribution that is not supported", "unsupported.tar", "DISTRO_UNSUPPORTED"],
    ["no package at all", "no-packages.tar", "NO_PACKAGES"],
    ["a bomb, which is not unpacked to its end", "bomb.tar", "LIMIT_REACHED"],
  ])("%s ends with 3 and says so", async (_, name, expected) => {
    const { code, stdout } = await home.run(["image", "scan", "--json", image(name)]);
    const { assessment } = JSON.parse(stdout);
    expect(code).toBe(3);
    expect(assessment.reasons.map(({ code: reason }: { code: string }) => reason)).toContain(expected);
    expect((await home.run(["image", "scan", image(name)])).stdout).toMatch(
      /partly assessed|not be assessed/u,
    );
  });

  it("ends with 3 where the advisories are stale, and says how old", async () => {
    const environment = { PRATIQUE_STALE_AFTER_DAYS: "0.00000001" };
    const { code, stdout } = await home.run(["image", "scan", image("whole.tar")], { environment });
    expect([code, stdout]).toEqual([3, expect.stringMatching(/advisories of "debian-dsa-dla" are stale/u)]);
    expect(await home.run(["advisories", "status"], { environment })).toMatchObject({ code: 3 });
    expect((await home.run(["image", "scan", image("whole.tar")])).code).toBe(0);
  });

  it("ends with 2 rather than 3 where findings are over the limit", async () => {
    const environment = { PRATIQUE_STALE_AFTER_DAYS: "0.00000001" };
    const scan = (...args: readonly string[]) =>
      home.run(["image", "scan", image("whole.tar"), ...args], { environment });
    expect((await scan("--fail-on", "unknown")).code).toBe(2);
    expect((await scan("--fail-on", "critical")).code).toBe(3);
    expect((await home.run(["image", "scan", image("whole.tar"), "--fail-on", "unknown"])).code).toBe(2);
  });
});

describe("a damaged database of advisories", () => {
  const scan = ["image", "scan", image("whole.tar")];
  const rebuild = ["advisories", "build", "--from", `debian-dsa-dla:${feed}`];

  it.each<[string, (database: string, pointer: string) => void]>([
    ["cut short", (database) => truncateSync(database, 5000)],
    ["emptied", (database) => truncateSync(database, 0)],
    ["gone", (database) => rmSync(database)],
    ["under a pointer that is text", (_, pointer) => writeFileSync(pointer, "garbage\n")],
    [
      "under a pointer that leads elsewhere",
      (_, pointer) => writeFileSync(pointer, '{"revision":"../../x","bytes":1,"sources":[]}'),
    ],
    ["with every row overwritten", (database) => flip(database)],
  ])("%s is not taken for a sound one, and can be built again", async (name, damage) => {
    const { path: data, options, database } = dataLike(`damaged-${name.replaceAll(" ", "-")}`);
    damage(database, path.join(data, "advisories", "current"));
    expect(lineOf(await home.run(scan, options))).toMatch(/; build it anew with pratique advisories update/u);
    const built = await home.run(rebuild, options);
    expect([built.code, built.stderr]).toEqual([0, expect.stringContaining("damaged")]);
    expect((await home.run(scan, options)).code).toBe(0);
  });

  function flip(database: string): void {
    const bytes = readFileSync(database);
    // The header stays, so that SQLite itself sees nothing amiss.
    for (let at = 4096; at < bytes.length; at += 7) bytes[at] = (bytes[at] ?? 0) ^ 0x55;
    writeFileSync(database, bytes);
  }
});

describe("the record", () => {
  const grant = [
    "policy",
    "exception",
    "grant",
    "--rule",
    "a",
    "--image",
    "a:*",
    "--reason",
    "r",
    "--owner",
    "o",
    "--expires",
    "7d",
  ];

  it.each<[string, (log: string) => void]>([
    ["that is text", (log) => writeFileSync(log, "no database\n".repeat(1000))],
    ["that was cut", (log) => truncateSync(log, 6000)],
  ])("%s takes no exception, and verify says that it is corrupt", async (name, damage) => {
    const { path: data, options } = dataLike(`log-${name.replaceAll(" ", "-")}`);
    for (const side of ["log.sqlite-wal", "log.sqlite-shm"])
      rmSync(path.join(data, "audit", side), { force: true });
    damage(path.join(data, "audit", "log.sqlite"));
    expect(lineOf(await home.run(grant, options))).toMatch(/; keep the files/u);
    expect(lineOf(await home.run(["audit", "verify"], options))).toMatch(/; keep the files/u);
    expect(readdirSync(data, { recursive: true }).join("\n")).not.toContain("exception-");
  });

  it("that was changed is not whole: 2", async () => {
    const { path: data, options } = dataLike("log-changed");
    using log = new DatabaseSync(path.join(data, "audit", "log.sqlite"));
    log.exec("UPDATE record SET actor = 'uid:1' WHERE sequence = 1");
    expect(await home.run(["audit", "verify"], options)).toMatchObject({ code: 2, stderr: "" });
  });
});

describe.skipIf(rootMissing)(`a directory that cannot be written ${rootMissing ?? ""}`, () => {
  const nobody = () => {
    const options = {
      asNobody: true,
      environment: { PRATIQUE_DATA: home.at("read-only"), PRATIQUE_RUN: home.at("read-only-run") },
    };
    return options;
  };

  beforeAll(() => {
    const { path: copy } = dataLike("read-only");
    spawnSync("chmod", ["-R", "a+rX", copy]);
  });

  it("lets images be scanned", async () => {
    expect(await home.run(["image", "scan", image("whole.tar")], nobody())).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(await home.run(["advisories", "status"], nobody())).toMatchObject({ code: 0 });
  });

  it.each([
    ["advisories", ["advisories", "build", "--from", `debian-dsa-dla:${feed}`]],
    [
      "exceptions",
      [
        "policy",
        "exception",
        "grant",
        "--rule",
        "a",
        "--image",
        "a:*",
        "--reason",
        "r",
        "--owner",
        "o",
        "--expires",
        "7d",
      ],
    ],
    ["verdicts", ["image", "check", image("whole.tar")]],
  ])("takes no %s, in one line", async (_, args) => {
    expect(lineOf(await home.run(args, nobody()))).toMatch(
      /(?:permission denied|not permitted|cannot be).*; .*rights/u,
    );
  });

  it("lets an auditor verify the record", async () => {
    expect(await home.run(["audit", "verify"], nobody())).toMatchObject({ code: 0, stderr: "" });
  });

  it("is told from an image that may not be read", async () => {
    const secret = file("secret.tar");
    writeFileSync(secret, "", { mode: 0o600 });
    const ended = await home.run(["image", "scan", image("secret.tar")], nobody());
    expect(lineOf(ended)).toMatch(/secret\.tar" cannot be opened: permission denied; check the rights/u);
  });

  it("that cannot even be read is told by its name", async () => {
    const closed = home.at("closed");
    mkdirSync(closed, { mode: 0o700 });
    chownSync(closed, 0, 0);
    const options = { asNobody: true, environment: { PRATIQUE_DATA: closed } };
    expect(lineOf(await home.run(["image", "scan", image("whole.tar")], options))).toMatch(
      /permission denied; check the rights/u,
    );
    expect(lineOf(await home.run(["policy", "lint"], options))).toMatch(
      /permission denied; check the rights/u,
    );
  });
});

const noMount = rootMissing ?? mountMissing();

function mountMissing(): string | undefined {
  const place = home.at("mount-probe");
  mkdirSync(place);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", place]);
  if (status !== 0) return "needs to mount";
  spawnSync("umount", [place]);
  return undefined;
}

describe.skipIf(noMount)(`a full disk ${noMount ?? ""}`, () => {
  const place = home.at("small");
  const options = { environment: { PRATIQUE_DATA: path.join(place, "data") } };
  const scan = ["image", "scan", "--json", image("whole.tar")];
  const filler = path.join(place, "filler");

  beforeAll(() => {
    mkdirSync(place);
    const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", place]);
    if (status !== 0) throw new Error("the small disk cannot be mounted");
    cpSync(home.data(), path.join(place, "data"), { recursive: true });
    // Until nothing more fits: dd ends with an error then.
    spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=4k", "count=2000"]);
  });

  afterAll(() => {
    spawnSync("umount", [place]);
  });

  it("does not keep images from being scanned: a cache is only a cache", async () => {
    rmSync(path.join(place, "data", "cache"), { recursive: true, force: true });
    spawnSync("dd", ["if=/dev/zero", `of=${filler}-2`, "bs=4k", "count=2000"]);
    const { code, stdout, stderr } = await home.run([...scan, "--no-cache"], options);
    expect([code, stderr]).toEqual([0, ""]);
    const again = await home.run(scan, options);
    expect([again.code, again.stderr]).toEqual([0, ""]);
    expect(JSON.parse(again.stdout).findings).toEqual(JSON.parse(stdout).findings);
  });

  it.each([
    ["advisories", ["advisories", "build", "--replace", "--from", `debian-dsa-dla:${feed}-2`]],
    [
      "exceptions",
      [
        "policy",
        "exception",
        "grant",
        "--rule",
        "a",
        "--image",
        "a:*",
        "--reason",
        "r",
        "--owner",
        "o",
        "--expires",
        "7d",
      ],
    ],
    ["verdicts", ["image", "check", image("whole.tar")]],
  ])("takes no %s, says so, and keeps what is there", async (_, args) => {
    cpSync(feed, `${feed}-2`, { recursive: true });
    writeFileSync(
      path.join(`${feed}-2`, "DLA.list"),
      "[03 Jan 2024] DLA-9001-1 bash - security update\n\t{CVE-2024-90002}\n\t[bullseye] - bash 5.1-9\n",
    );
    const before = await home.run(scan, options);
    expect(lineOf(await home.run(args, options))).toMatch(
      /; free some space and try again; nothing was lost/u,
    );
    const after = await home.run(scan, options);
    expect(JSON.parse(after.stdout).findings).toEqual(JSON.parse(before.stdout).findings);
  });

  it("goes on where it stopped once there is room", async () => {
    rmSync(filler);
    rmSync(`${filler}-2`, { force: true });
    expect(await home.run(["image", "check", image("whole.tar")], options)).toMatchObject({ stderr: "" });
    expect(await home.run(["audit", "verify"], options)).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("Ctrl-C", () => {
  it.each<[string, NodeJS.Signals, (host: string) => readonly string[]]>([
    [
      "a build",
      "SIGINT",
      (host) => ["advisories", "build", "--from", `debian-dsa-dla:http://${host}/DSA.list`],
    ],
    [
      "a build",
      "SIGTERM",
      (host) => ["advisories", "build", "--from", `debian-dsa-dla:http://${host}/DSA.list`],
    ],
    ["a scan", "SIGINT", (host) => ["image", "scan", "--insecure-registry", host, `registry:${host}/app:1`]],
    [
      "a check",
      "SIGTERM",
      (host) => ["image", "check", "--insecure-registry", host, `registry:${host}/app:1`],
    ],
  ])("ends %s by %s in one line, and what was there holds", async (what, signal, argsFor) => {
    const { path: data, options } = dataLike(`interrupted-${what}-${signal}`.replaceAll(" ", "-"));
    const pointer = readFileSync(path.join(data, "advisories", "current"), "utf8");
    expect(await interrupted(argsFor, { signal, environment: options.environment })).toEqual({
      code: 1,
      stdout: "",
      stderr: "pratique: interrupted; nothing was lost\n",
    });
    expect(readFileSync(path.join(data, "advisories", "current"), "utf8")).toBe(pointer);
    expect((await home.run(["image", "scan", image("whole.tar")], options)).code).toBe(0);
  });
});

/** Runs a command against a server that never comes to an end, and signals it as soon as it waits for that. */
async function interrupted(
  argsFor: (host: string) => readonly string[],
  {
    signal,
    environment,
  }: { readonly signal: NodeJS.Signals; readonly environment: RunOptions["environment"] },
): Promise<Ended> {
  const server = createServer((connection) => {
    connection.on("error", () => undefined);
    connection.write("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n");
  });
  // Once: a second signal ends a command without another word.
  server.once("connection", () => child.kill(signal));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const [program, words] = home.commandLine(argsFor(`127.0.0.1:${port}`));
  const child = spawn(program, words, {
    env: { ...home.environment, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code]: readonly unknown[] = await once(child, "close");
  server.close();
  return { code: typeof code === "number" ? code : undefined, stdout, stderr };
}

describe("a reader that goes away", () => {
  it.each([
    ["a report", `$PRATIQUE image scan --json ${image("whole.tar")} | head -c 1; echo "\${PIPESTATUS[0]}"`],
    ["a help text", `$PRATIQUE image scan --help | head -c 1; echo "\${PIPESTATUS[0]}"`],
    ["a closed standard output", `$PRATIQUE image scan --json ${image("whole.tar")} >&-; echo $?`],
    ["a closed standard error", `$PRATIQUE image scan --json ${image("absent.tar")} 2>&-; echo $?`],
    [
      "a pipe for errors",
      `{ $PRATIQUE image scan ${image("absent.tar")} 2>&1 >&3 | true; } 3>&1; echo "\${PIPESTATUS[0]}"`,
    ],
  ])("of %s brings no trace", (_, script) => {
    const { stderr, stdout } = home.shell(script);
    expect(stderr).not.toMatch(/\bat |Error|EPIPE|EBADF/u);
    expect(stdout).toMatch(/[0123]\n$/u);
  });
});
