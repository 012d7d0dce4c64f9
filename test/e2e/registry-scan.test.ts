import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { layerOf, startRegistry, type TarItem } from "@pratique/testkit";
import { expect, it } from "vitest";
import { CommandHome } from "./command.ts";

const DEADLINE_MS = 60_000;

const status = (name: string, version: string) =>
  `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\n\n`;
const base: readonly TarItem[] = [
  { path: "etc/os-release", content: 'ID=debian\nVERSION_ID="12"\n' },
  { path: "var/lib/dpkg/status", content: status("bash", "5.2.15-2") },
];
const shared = layerOf(base, "gzip");
const own = (name: string) => layerOf([{ path: "app/name", content: name }], "gzip");

/** Outcomes in the journal of the one scan below a data directory. */
function doneIn(data: string): number {
  const [journal] = globSync(`${data}/registry-scans/*/journal`);
  return journal === undefined ? 0 : readFileSync(journal, "utf8").split('"kind":"outcome","key"').length - 1;
}

it("lists nothing of a server that is not there, and says what one has against it", async () => {
  using home = new CommandHome();
  expect(await home.run(["registry", "list"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
  mkdirSync(home.at("run"), { recursive: true });
  const server = createServer((_, response) => {
    response.writeHead(503, { "content-type": "application/problem+json" });
    response.end(JSON.stringify({ detail: "the store is being restored" }));
  });
  server.listen(home.at("run", "server.sock"));
  await once(server, "listening");
  const { code, stdout, stderr } = await home.run(["registry", "list"]);
  server.close();
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("the store is being restored");
});

it("scans a private registry, is killed, goes on, and tells what failed alone", async () => {
  await using registry = await startRegistry({ kind: "token", username: "someone", password: "secret" });
  using home = new CommandHome();
  for (const tag of ["1", "2", "3", "4", "5", "6"])
    registry.push("team/app", tag, { layers: [shared, own(tag)] });
  registry.push("team/gone", "1", { layers: [shared] });
  const poison = own("poison");
  registry.push("team/poison", "1", { layers: [shared, poison] });
  registry.faults.lies.set(poison.digest, poison.blob.subarray(0, poison.blob.length - 20));
  registry.faults.pageSize = 2;
  // As docker login leaves it.
  mkdirSync(home.at("home", ".docker"));
  const auth = Buffer.from("someone:secret").toString("base64");
  writeFileSync(
    home.at("home", ".docker", "config.json"),
    JSON.stringify({ auths: { [registry.host]: { auth } } }),
  );

  // Newest first: 6, 5, 4 are done, and 3 never ends.
  registry.faults.hangs = (target) => target.endsWith("/team/app/manifests/3");
  const args = ["registry", "scan", registry.host, "--json", "--concurrency", "1"];
  const [program, words] = home.commandLine(args);
  const first = spawn(program, words, { env: home.environment, stdio: "ignore" });
  const ended = once(first, "exit");
  for (let waitedMs = 0; doneIn(home.data()) < 3 && waitedMs < DEADLINE_MS; waitedMs += 50) await sleep(50);
  first.kill("SIGKILL");
  await ended;
  expect(doneIn(home.data())).toBe(3);

  const listed = await home.run(["registry", "list"]);
  expect(listed.stdout).toBe(`${registry.host}: cut off; 3 of 8 images scanned, 0 failed, 5 wait\n`);

  registry.faults.hangs = () => false;
  registry.deleteTag("team/gone", "1");
  registry.requests.length = 0;
  const { code, stdout, stderr } = await home.run(args);
  expect(stderr).toContain("goes on where it was cut off: 3 of 8 images are done");
  expect(code).toBe(3);
  const result = JSON.parse(stdout);
  const images: readonly { reference: string; kind: string; code?: string; advice?: string }[] =
    result.images;
  const kinds = images.map(({ reference, kind }) => [reference.slice(registry.host.length + 1), kind]);
  expect(kinds).toEqual([
    ["team/app:6", "scanned"],
    ["team/app:5", "scanned"],
    ["team/app:4", "scanned"],
    ["team/app:3", "scanned"],
    ["team/app:2", "scanned"],
    ["team/app:1", "scanned"],
    ["team/gone:1", "absent"],
    ["team/poison:1", "failed"],
  ]);
  expect(images.at(-1)).toMatchObject({ advice: expect.stringContaining("push") });
  const asked = registry.requests.map(({ target }) => target);
  expect(asked.filter((target) => /_catalog|tags\/list|manifests\/[456]$/u.test(target))).toEqual([]);
  // The layer that all share was read before the kill.
  expect(asked.filter((target) => target.endsWith(shared.digest))).toEqual([]);

  const queue = await home.run(["registry", "queue", registry.host]);
  expect(queue.stdout).toMatch(
    /^\S+\/team\/poison:1: .*; a layer is damaged or missing in the registry; push/u,
  );

  // Mended, what failed is tried again, and nothing else.
  registry.faults.lies.clear();
  registry.requests.length = 0;
  const retried = await home.run([...args, "--retry-failed"]);
  expect(JSON.parse(retried.stdout).images.at(-1)).toMatchObject({ kind: "scanned", packages: 1 });
  expect(registry.requests.filter(({ target }) => target.includes("/manifests/"))).toHaveLength(2);

  const nothing = await home.run([...args, "--restart", "--include", "taem/*"]);
  expect(nothing).toMatchObject({ code: 3, stderr: expect.stringContaining("nothing that is there fits") });

  const refused = await home.run([...args, "--restart", "--username", "someone", "--password", "wrong"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("does not let us read the list of its repositories");
});

const manifest = (name: string, license: string) => ({
  path: `srv/node_modules/${name}/package.json`,
  content: JSON.stringify({ name, version: "1.0.0", license }),
});

it("reads licenses and looks for secrets where it is asked to, and goes on with no scan that did not", async () => {
  await using registry = await startRegistry();
  using home = new CommandHome();
  const tainted = [manifest("shared", "AGPL-3.0"), manifest("free", "MIT"), manifest("freer", "MIT")];
  registry.push("team/tainted", "1", { layers: [shared, layerOf(tainted, "gzip")] });
  registry.push("team/clean", "1", { layers: [shared, layerOf([manifest("free", "MIT")], "gzip")] });
  const scan = (...more: readonly string[]) =>
    home.run(["registry", "scan", registry.host, "--reports", home.at("reports"), ...more]);

  const plain = await scan("--json", "--fail-on", "critical");
  expect(plain.code).not.toBe(2);
  expect(plain.stdout).not.toContain("forbidden");

  const { code, stdout } = await scan("--json", "--fail-on", "critical", "--scanners", "vuln,license");
  expect(code).toBe(2);
  const images: readonly { reference: string; licenses?: object; secrets?: object }[] =
    JSON.parse(stdout).images;
  const [worst] = images.filter(({ reference }) => reference.endsWith("/team/tainted:1"));
  expect(worst).toMatchObject({ licenses: { forbidden: 1, notice: 1, unknown: 1 } });
  expect(worst?.secrets).toBeUndefined();
  const reports = globSync(home.at("reports", "*.json")).map((file) => readFileSync(file, "utf8"));
  expect(reports.filter((text) => text.includes('"license":"AGPL-3.0-only"'))).toHaveLength(1);

  const ignored = await scan(
    "--fail-on=critical",
    "--scanners=vuln,secret,license",
    "--ignored-licenses=AGPL-*",
  );
  expect(ignored.code).not.toBe(2);
  expect(ignored.stdout).toMatch(/IMAGE .*JUDGED +SECRETS +FORBIDDEN +RESTRICTED\n/u);
  expect(ignored.stdout).toMatch(/team\/tainted:1 .* 0 +0 +0\n/u);

  writeFileSync(home.at("pratique.yaml"), "scanners: [vuln, license]\n");
  const configured = await scan("--config", home.at("pratique.yaml"));
  expect(configured.stdout).toMatch(/team\/tainted:1 .* 1 +0\n/u);
  const refused = await scan("--scanners", "license");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("cannot leave out vuln")]);
});

it("watches a registry: scans all of it, and then what is told to have been pushed", async () => {
  await using registry = await startRegistry();
  using home = new CommandHome();
  registry.push("team/app", "1", { layers: [shared] });
  const secret = "a secret of the registry";
  writeFileSync(home.at("secret"), `${secret}\n`);
  const listen = ["--listen-pushes", "127.0.0.1:0", "--secret-file", home.at("secret")];
  const [program, words] = home.commandLine(["registry", "watch", `${registry.host}/team`, ...listen]);
  const child = spawn(program, words, { env: home.environment, stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const hear = async (text: RegExp) => {
    for (let waitedMs = 0; !text.test(said) && waitedMs < DEADLINE_MS; waitedMs += 50) await sleep(50);
    expect(said).toMatch(text);
  };
  await hear(/port \d+/u);
  await hear(/1 of 1 images scanned/u);
  const port = /port (?<port>\d+)/u.exec(said)?.groups?.port ?? "";
  registry.push("team/new", "2", { layers: [shared] });
  const tell = async (repository: string, token: string) => {
    const events = [{ action: "push", target: { repository, tag: "2" } }];
    const headers = { authorization: `Bearer ${token}` };
    const request = { method: "POST", headers, body: JSON.stringify({ events }) };
    return (await fetch(`http://127.0.0.1:${port}/`, request)).status;
  };
  expect(await tell("team/new", "another secret")).toBe(401);
  expect(await tell("elsewhere/new", secret)).toBe(202);
  expect(await tell("team/new", secret)).toBe(202);
  await hear(/team\/new:2: 0 critical/u);
  expect(registry.requests.some(({ target }) => target.includes("elsewhere"))).toBe(false);
  child.kill("SIGINT");
  expect(await exited).toEqual([0, null]);
});
