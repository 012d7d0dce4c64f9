import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDebian, repaired, vulnerable } from "./debian-root.ts";
import { Pratique } from "./pratique.ts";
import { engineUnavailable, type PrivateEngine, startPrivateEngine } from "./private-engine.ts";

const unavailable = engineUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: userns-remap.test.ts ${unavailable}`);

const FIRST_UID = 300_000;
const CONFIG = `
runtime:
  hardened: true
  # Other engines of this machine are not ours to stop.
  prevent: engine
`;
const WORK = ["sh", "-c", "while true; do /bin/true; sleep 0.5; done"];
const SOON_MS = 30_000;

interface Top {
  readonly containers: readonly {
    readonly name: string;
    readonly image: string;
    readonly processes: readonly { readonly user: string }[];
    readonly written: readonly { readonly path: string }[];
  }[];
}

describe.skipIf(unavailable !== undefined)("an engine that maps the users of containers to others", () => {
  let pratique: Pratique;
  let engine: PrivateEngine;
  let accounts: string;

  beforeAll(async () => {
    accounts = mkdtempSync(path.join(tmpdir(), "prt-accounts-"));
    writeFileSync(path.join(accounts, "ids"), `nobody:${FIRST_UID}:65536\nnogroup:${FIRST_UID}:65536\n`);
    // The machine's own files say nothing of users that are mapped, and are not ours to change.
    const mounts = ["subuid", "subgid"].map((name) => `mount --bind ${accounts}/ids /etc/${name}`);
    const enter = [
      "unshare",
      "--mount",
      "sh",
      "-c",
      `touch /etc/subuid /etc/subgid; ${mounts.join("; ")}; exec "$@"`,
      "sh",
    ];
    engine = await startPrivateEngine({ enter, daemonConfig: { "userns-remap": "nobody:nogroup" } });
    importDebian(engine.host, "shop:good", repaired);
    importDebian(engine.host, "shop:bad", vulnerable);
    pratique = new Pratique({ runtime: "auto" });
    pratique.environment.PRATIQUE_CONFIG = path.join(pratique.directory, "pratique.yaml");
    writeFileSync(path.join(pratique.directory, "pratique.yaml"), CONFIG);
    await pratique.up(["--engine", engine.host]);
    await pratique.until("the sensor runs", 60_000, () => pratique.command(["rules", "list"]).code === 0);
    expect(pratique.command(["gate", "install", "--engine", engine.host])).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await pratique?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
    rmSync(accounts, { recursive: true, force: true });
  });

  const docker = (...args: readonly string[]) => pratique.docker(args, engine.host);
  const container = (): Top["containers"][number] | undefined => {
    const { stdout } = pratique.command(["runtime", "top", "--json"]);
    return (JSON.parse(stdout) as Top).containers.find(({ name }) => name === "web");
  };

  it("has its images read in place, where it keeps those of mapped users", () => {
    const { stdout } = docker("info", "--format", "{{.DockerRootDir}}");
    expect(stdout.trim()).toBe(path.join(engine.dataRoot, `${FIRST_UID}.${FIRST_UID}`));
    const scan = pratique.command([
      "image",
      "scan",
      "docker:shop:bad",
      "--engine",
      engine.host,
      "--format=json",
    ]);
    const { packages } = JSON.parse(scan.stdout);
    expect(packages.map(({ name }: { readonly name: string }) => name)).toContain("glibc");
  });

  it("has its launches judged, and none that leaves the mapping", () => {
    expect(docker("run", "--rm", "--user", "1000", "shop:bad", "true")).toMatchObject({ code: 125 });
    expect(docker("run", "--rm", "--user", "1000", "shop:good", "true")).toMatchObject({ code: 0 });
    expect(docker("run", "--rm", "--user", "1000", "--userns=host", "shop:good", "true")).toMatchObject({
      code: 125,
      stderr: expect.stringContaining("containers/no-host-namespaces"),
    });
  });

  it("has its containers watched, with their own names of users, and nothing that their runtime touches", async () => {
    const flags = ["-d", "--name", "web", "--user", "1000", "--tmpfs", "/tmp:exec,mode=1777"];
    expect(docker("run", ...flags, "shop:good", ...WORK)).toMatchObject({ code: 0 });
    await expect.poll(() => container()?.processes[0]?.user, { timeout: SOON_MS }).toBe("app");
    expect(container()).toMatchObject({ image: "shop:good", written: [] });
  });

  it("has a program killed that was not in the image", () => {
    const drift = docker(
      "exec",
      "web",
      "sh",
      "-c",
      "cp /bin/busybox /tmp/touch; /tmp/touch /tmp/ran; ls /tmp",
    );
    expect(drift.stdout).toBe("touch\n");
    expect(drift.stderr).toContain("Killed");
  });

  it.each(["cut", "pause"])("has a person's order carried out: %s", (action) => {
    const order = ["runtime", "respond", "web", "--action", action, "--reason", "tried"];
    expect(pratique.command(order)).toMatchObject({ code: 0, stderr: expect.stringContaining("proved") });
    expect(pratique.command(["runtime", "release", "web"])).toMatchObject({ code: 0 });
  });
});
