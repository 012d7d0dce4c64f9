import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
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

  // Mended, what failed is tried again, and nothing else.
  registry.faults.lies.clear();
  registry.requests.length = 0;
  const retried = await home.run([...args, "--retry-failed"]);
  expect(JSON.parse(retried.stdout).images.at(-1)).toMatchObject({ kind: "scanned", packages: 1 });
  expect(registry.requests.filter(({ target }) => target.includes("/manifests/"))).toHaveLength(2);

  const refused = await home.run([...args, "--restart", "--username", "someone", "--password", "wrong"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("does not let us read the list of its repositories");
});
