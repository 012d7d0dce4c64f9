import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { listImageFindings } from "@pratique/api";
import type { Risk } from "@pratique/core";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FleetServer, Machine } from "./agent-harness.ts";
import {
  advisoriesOf,
  almalinux,
  alpine,
  debian,
  type InUseImage,
  images,
  imageUnavailable,
  java,
  REPLACED,
} from "./in-use-images.ts";
import { succeed } from "./private-engine.ts";
import { WatchedMachine, watchedMachineUnavailable } from "./watched-machine.ts";

const unavailable = watchedMachineUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: files-in-use.test.ts ${unavailable}`);

/** Processes are looked at for a minute before anything is told, which is done twice a minute. */
const TOLD_MS = 180_000;
const READ_PAUSE_MS = 2000;

/** What the score says of a package, and by what. */
type Use = readonly [value: string, detail: unknown];

const executed = (file: string): Use => ["executed", file];
const loaded = (file: string): Use => ["loaded", file];
const unseen: Use = [
  "not-seen",
  expect.stringMatching(/^no process that ran for long had a file of it since 20/u),
];
/** More is not known. */
const unknown: Use = ["image-runs", undefined];

const cases: readonly (readonly [kind: string, InUseImage, Readonly<Record<string, Use>>])[] = [
  [
    "dpkg",
    debian,
    {
      bash: executed("/bin/busybox"),
      expat: unseen,
      glibc: ["loaded", expect.stringMatching(/\/libc\.so\.6$/u)],
      "libshop-perl": unknown,
      openssl: unknown,
      "shop-once": executed("/usr/share/shop-once/once.sh"),
      "shop-tools": executed("/usr/lib/shop-tools/serve.pl"),
      "shop-unused": unseen,
      zlib: unseen,
    },
  ],
  [
    "apk",
    alpine,
    {
      busybox: executed("/bin/busybox"),
      libidle: unseen,
      libused: loaded("/usr/lib/libused.so.1.0.0"),
      shop: executed("/usr/bin/shop"),
      "shop-doc": unknown,
    },
  ],
  [
    "rpm",
    almalinux,
    {
      libidle: unseen,
      libused: loaded("/usr/lib64/libused.so.1.0.0"),
      shop: executed("/usr/bin/shop"),
      "shop-doc": unknown,
    },
  ],
  [
    "Java",
    java,
    {
      "com.example:idle": unknown,
      "com.example:nested": executed("/app/shop.jar"),
      "com.example:shop": executed("/app/shop.jar"),
      "com.example:used": loaded("/app/lib/used.jar"),
      "libidle-java": unseen,
      "libused-java": loaded("/usr/share/java/used-1.0.jar"),
      "openjdk-17-jre-headless": executed("/usr/lib/jvm/jre/bin/java"),
    },
  ],
];

function buildAdvisories(host: Machine): void {
  const flaws = host.data("flaws.jsonl");
  mkdirSync(host.data(), { recursive: true });
  writeFileSync(flaws, advisoriesOf(images));
  succeed(host.command(["advisories", "build", "--from", `osv:${flaws}`]));
}

describe.skipIf(unavailable !== undefined)("packages in use", () => {
  let directory: TempDirectory;
  let starting: Promise<WatchedMachine> | undefined;
  let server: FleetServer;
  let host: Machine;
  /** Their ids, and the containers that run them, by their references. */
  const running = new Map<string, { readonly image: string; readonly container: string }>();

  beforeAll(async () => {
    directory = tempDirectory();
    starting = WatchedMachine.start({ name: "worker-1", prepare: buildAdvisories });
    const makeable = images.filter((image) => imageUnavailable(image) === undefined);
    // While it starts.
    const archives = makeable.map((image) => [image, archiveOf(image)] as const);
    ({ server, host } = await starting);
    for (const [image, archive] of archives) start(image, archive);
  });
  afterAll(async () => {
    const machine = await starting?.catch(() => undefined);
    await machine?.[Symbol.asyncDispose]();
    directory?.[Symbol.dispose]();
  });

  function archiveOf({ reference, makeRoot }: InUseImage): string {
    const at = (name: string) => directory.at(path.join(reference, name));
    mkdirSync(at("work"), { recursive: true });
    makeRoot(at("root"), at("work"));
    execFileSync("tar", ["-C", at("root"), "-cf", at("root.tar"), "."]);
    return at("root.tar");
  }

  function start({ reference, command }: InUseImage, archive: string): void {
    const image = succeed(host.docker(["import", archive, reference])).stdout.trim();
    const run = ["run", "-d", "--network=none", reference, ...command];
    running.set(reference, { image, container: succeed(host.docker(run)).stdout.trim() });
  }

  /** How each package that has a finding is used. */
  async function usesIn({ reference }: InUseImage): Promise<Readonly<Record<string, unknown>>> {
    const image = encodeURIComponent(String(running.get(reference)?.image));
    const { json } = await server.call("GET", `/api/v1/images/${image}/findings`);
    const { items } = listImageFindings.reply.parse(json);
    return Object.fromEntries(
      items.map(({ packageName, risk }) => {
        const term = risk.terms.find(({ name }) => name === "in-use");
        return [packageName, [term?.value, term?.detail]];
      }),
    );
  }

  describe.each(cases)("of %s", (_, image, expected) => {
    const lacking = imageUnavailable(image);

    it.skipIf(lacking !== undefined)(
      `are told apart from those that are only installed, by what processes have in memory ${lacking ?? ""}`,
      async () => {
        const poll = { timeout: TOLD_MS, interval: READ_PAUSE_MS };
        await expect.poll(() => usesIn(image), poll).toEqual(expected);
      },
    );
  });

  it("are shown on the server's machine, by the name of their image", () => {
    const show = (...args: readonly string[]) => server.machine.command(["image", "show", ...args]);
    const { code, stdout } = show("--json", "--fail-on", "critical", debian.reference);
    expect(code).toBe(JSON.parse(stdout).image.assessment === "complete" ? 0 : 3);
    const { image, findings, exceptions } = JSON.parse(stdout);
    expect([image.imageId, exceptions]).toEqual([running.get(debian.reference)?.image, []]);
    const uses = findings.map(({ packageName, risk }: { packageName: string; risk: Risk }) => [
      packageName,
      risk.terms.find(({ name }) => name === "in-use")?.value,
    ]);
    expect(uses).toContainEqual(["shop-tools", "executed"]);
    expect(uses).toContainEqual(["shop-unused", "not-seen"]);
    const table = show("--explain", image.imageId.slice(0, 20)).stdout;
    expect(table).toMatch(/shop-tools +1\.0-1 +9 +executed/u);
    expect(table).toContain("+10  in-use executed: /usr/lib/shop-tools/serve.pl");
    const severities = findings.map(({ severity }: { severity: string }) => severity);
    expect(show("--fail-on", severities[0], debian.reference).code).toBe(2);
  });

  it("are shown by another name that the engine of this host has for it", () => {
    const other = "registry.example/team/shop:9";
    succeed(host.docker(["tag", debian.reference, other]));
    const { stdout } = server.machine.command(["image", "show", "--json", "--engine", host.engine, other]);
    expect(JSON.parse(stdout).image.imageId).toBe(running.get(debian.reference)?.image);
  });

  it("are asked in vain of an image that the server has not", () => {
    const { code, stderr } = server.machine.command(["image", "show", "nowhere:1"]);
    expect(code).toBe(1);
    expect(stderr).toContain('the server of this host has no image "nowhere:1"');
  });

  it("are not those whose files a container has replaced", async () => {
    const { container } = running.get(debian.reference) ?? {};
    const maps = ["exec", String(container), "sh", "-c", "cat /proc/[0-9]*/maps"];
    expect(succeed(host.docker(maps)).stdout).toContain(REPLACED);
    expect((await usesIn(debian)).zlib).toEqual(unseen);
  });
});
