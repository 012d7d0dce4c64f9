// The whole story in under two minutes, on an engine of its own and with images that it builds itself: what is
// refused, why, what mends it, and what a new advisory changes. Leaves nothing running and nothing behind.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";

const root = path.resolve(import.meta.dirname, "..");
const pratiqueModule = path.join(root, "dist/pratique.js");
const directory = mkdtempSync(path.join(tmpdir(), "pratique-demo-"));
const socket = path.join(directory, "run", "docker.sock");
const environment = {
  ...process.env,
  PRATIQUE_DATA: path.join(directory, "data"),
  PRATIQUE_RUN: path.join(directory, "run"),
  PRATIQUE_GATE_PLUGIN: `pratique-demo-${process.pid}`,
  PRATIQUE_LISTEN: "127.0.0.1:0",
  DOCKER_HOST: `unix://${socket}`,
  DOCKER_CONFIG: path.join(directory, "docker"),
};
const COMMAND_DEADLINE_MS = 60_000;
const problems: string[] = [];

/** Made up for the demo, in the form of OSV's feeds. */
const newAdvisory = {
  id: "DSA-9999-1",
  aliases: ["CVE-2026-99999"],
  modified: "2026-11-01T00:00:00Z",
  published: "2026-11-01T00:00:00Z",
  summary: "glibc: made up for this demo",
  affected: [
    {
      package: { ecosystem: "Debian:12", name: "glibc" },
      ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "2.36-9+deb12u99" }] }],
    },
  ],
  severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
};

needs();
const up = spawn(process.execPath, [pratiqueModule, "up", "--private-engine"], {
  env: { ...environment, DOCKER_HOST: "" },
  stdio: ["ignore", "ignore", "pipe"],
});
try {
  await story();
} finally {
  const ended = once(up, "exit");
  up.kill("SIGINT");
  await ended;
  rmSync(directory, { recursive: true, force: true });
}
console.log(problems.length === 0 ? styleText("green", "\nEverything went as told.") : problems.join("\n"));
process.exitCode = problems.length === 0 ? 0 : 1;

async function story(): Promise<void> {
  title("Starting Pratique with a private Docker Engine");
  await untilReady();

  title("1. A vulnerable image is refused");
  say("shop:1 is a small Debian 12 with a C library that is open to Looney Tunables (CVE-2023-4911).");
  buildImage("shop:1", { glibc: "2.36-9+deb12u1" });
  show("pratique", ["image", "scan", "docker:shop:1"], { exit: 3 });
  show("docker", ["run", "--rm", "--user", "1000", "shop:1", "sh", "-c", "echo sold"], {
    exit: 125,
    says: "CVE-2023-4911",
  });

  title("2. Its repaired version is allowed");
  buildImage("shop:2", { glibc: "2.36-9+deb12u9" });
  show("docker", ["run", "--rm", "--user", "1000", "shop:2", "sh", "-c", "echo sold"], {
    exit: 0,
    says: "sold",
  });

  title("3. A container that would run as root is refused");
  show("docker", ["run", "--rm", "shop:2", "sh", "-c", "echo sold"], { exit: 125, says: "no-root-user" });

  title("4. Somebody answers for it: an exception, for this image, for a week");
  const grant = ["policy", "exception", "grant", "--rule", "containers/no-root-user", "--image", "shop:2"];
  show("pratique", [...grant, "--reason", "until the port is moved", "--owner", "ann", "--expires", "7d"], {
    exit: 0,
  });
  show("docker", ["run", "--rm", "shop:2", "sh", "-c", "echo sold"], { exit: 0, says: "sold" });

  title("5. A new advisory turns a good image bad");
  const feed = path.join(directory, "feed.json");
  writeFileSync(feed, JSON.stringify(newAdvisory));
  show("pratique", ["advisories", "build", "--from", `osv:${feed}`], { exit: 0 });
  await untilRefused(["run", "--user", "1000", "shop:2", "sh", "-c", "echo sold"]);
  show("docker", ["run", "--rm", "--user", "1000", "shop:2", "sh", "-c", "echo sold"], {
    exit: 125,
    says: "CVE-2026-99999",
  });

  title("6. Everything that was decided is on record, and the record is whole");
  show("pratique", ["audit", "verify"], { exit: 0, says: "whole" });
}

interface Expectation {
  readonly exit: number;
  readonly says?: string;
}

/** Runs a command as a person would, shows what it says, and notes where that is not what was told. */
function show(
  program: "docker" | "pratique",
  args: readonly string[],
  { exit, says = "" }: Expectation,
): void {
  const shown = args.map((arg) => (/\s/u.test(arg) ? `'${arg}'` : arg)).join(" ");
  console.log(styleText("cyan", `\n$ ${program} ${shown}`.replaceAll(directory, "…")));
  const { output, status } = runProgram(program, args);
  console.log(output.trimEnd().replaceAll(directory, "…"));
  if (status !== exit || !output.includes(says)) {
    problems.push(
      styleText(
        "red",
        `expected exit code ${exit} and ${JSON.stringify(says)}, found ${status}: ${program} ${shown}`,
      ),
    );
  }
}

function runProgram(
  program: "docker" | "pratique",
  args: readonly string[],
): { output: string; status: number } {
  const [command, all] =
    program === "docker" ? ["docker", args] : [process.execPath, [pratiqueModule, ...args]];
  const { stdout, stderr, status } = spawnSync(command, all, {
    env: environment,
    encoding: "utf8",
    timeout: COMMAND_DEADLINE_MS,
    // The client hands other signals on to its container.
    killSignal: "SIGKILL",
  });
  // What the client adds about its own help is not part of the story.
  const output = `${stdout}${stderr}`.replace(/\n+Run 'docker run --help' for more information\n?/u, "\n");
  return { output, status: status ?? 255 };
}

async function untilReady(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = "";
  up.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.includes("Ready after")) resolve();
  });
  up.once("exit", () => reject(new Error(`pratique up ended: ${text}`)));
  await promise;
  say("Ready.");
}

/**
 * A new advisory reaches the gate within seconds: the images are held against it first. The launches that ask for it
 * are without --rm: where the advisory comes between the two questions of one, the client would wait for ever for the
 * removal of a container that was never started.
 */
async function untilRefused(args: readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (runProgram("docker", args).status !== 0) return;
    await sleep(200);
  }
}

/** A root with a static busybox and the records of a Debian 12, the C library in the version that is asked for. */
function buildImage(reference: string, { glibc }: { readonly glibc: string }): void {
  const rootDirectory = path.join(directory, "root");
  rmSync(rootDirectory, { recursive: true, force: true });
  for (const name of ["bin", "etc", "tmp", "var/lib/dpkg/info"])
    mkdirSync(path.join(rootDirectory, name), { recursive: true });
  copyFileSync("/usr/bin/busybox", path.join(rootDirectory, "bin/busybox"));
  for (const name of ["sh", "echo"]) symlinkSync("busybox", path.join(rootDirectory, "bin", name));
  writeFileSync(
    path.join(rootDirectory, "etc/os-release"),
    'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
  );
  writeFileSync(
    path.join(rootDirectory, "etc/passwd"),
    "root:x:0:0::/:/bin/sh\nshop:x:1000:1000::/:/bin/sh\n",
  );
  const stanzas = [stanza("libc6", "glibc", glibc), stanza("busybox-static", "busybox", "1:1.35.0-4+b3")];
  writeFileSync(path.join(rootDirectory, "var/lib/dpkg/info/busybox-static.list"), "/bin/busybox\n");
  writeFileSync(path.join(rootDirectory, "var/lib/dpkg/status"), stanzas.join("\n"));
  const archive = spawnSync("tar", ["-C", rootDirectory, "-c", "."], { maxBuffer: 64 * 1024 * 1024 });
  const imported = spawnSync("docker", ["import", "-", reference], {
    env: environment,
    input: archive.stdout,
  });
  if (imported.status !== 0) throw new Error(`the image cannot be built: ${imported.stderr}`);
}

function stanza(name: string, source: string, version: string): string {
  return [
    `Package: ${name}`,
    "Status: install ok installed",
    "Architecture: amd64",
    `Source: ${source}`,
    `Version: ${version}`,
    "Maintainer: Debian <debian@lists.debian.org>",
    "",
  ].join("\n");
}

function needs(): void {
  const missing = ["docker", "dockerd", "busybox", "tar"].filter((name) => {
    return !["/usr/sbin", "/usr/bin", "/usr/local/bin", "/bin"].some((place) =>
      existsSync(path.join(place, name)),
    );
  });
  if (missing.length === 0 && process.getuid?.() === 0) return;
  rmSync(directory, { recursive: true });
  console.error(
    missing.length > 0
      ? `the demo needs ${missing.join(", ")}`
      : "the demo starts an engine of its own, which needs root",
  );
  process.exit(1);
}

function title(text: string): void {
  console.log(styleText("bold", `\n── ${text} ${"─".repeat(Math.max(0, 90 - text.length))}`));
}

function say(text: string): void {
  console.log(text);
}
