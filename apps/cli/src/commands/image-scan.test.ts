import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { buildDatabase } from "@pratique/advisory";
import { archiveOf, dockerArchiveOf, layerOf, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { contextIn } from "../testdata/context-in.ts";
import { imageScan } from "./image-scan.ts";

const FEED =
  "[03 Jan 2024] DSA-9002-1 bash - security update\n\t{CVE-2024-90002}\n\t[bookworm] - bash 5.2.15-9\n";
const PURL = "pkg:deb/debian/bash@5.2.15-2?distro=debian-12.13&upstream=bash";
const bom = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  components: [{ type: "library", name: "bash", purl: PURL }],
};
const vex = {
  "@context": "https://openvex.dev/ns/v0.2.0",
  statements: [
    {
      vulnerability: { name: "CVE-2024-90002" },
      products: [{ "@id": "pkg:deb/debian/bash?distro=debian-12" }],
      status: "not_affected",
      justification: "inline_mitigations_already_exist",
    },
    { vulnerability: { name: "CVE-2024-1" }, products: [{ "@id": "pkg:deb/debian/bash" }], status: "fixed" },
  ],
};

async function scan(
  target: "purl" | "sbom",
  flags: object = {},
  files: Readonly<Record<string, string>> = {},
) {
  using directory = tempDirectory();
  const { context, console } = await contextIn(directory);
  writeFileSync(directory.at("DSA.list"), FEED);
  await buildDatabase({
    directory: context.settings.layout.advisories,
    from: [{ provider: "debian-dsa-dla", location: directory.at("DSA.list") }],
    clock: context.now,
  });
  for (const [name, text] of Object.entries(files)) writeFileSync(directory.at(name), text);
  writeFileSync(directory.at("bom.json"), JSON.stringify(bom));
  const named = Object.fromEntries(
    Object.entries(flags).map(([flag, value]) => [
      flag,
      Array.isArray(value) ? value.map((file) => directory.at(file)) : value,
    ]),
  );
  const code = await imageScan(context, target === "purl" ? PURL : `sbom:${directory.at("bom.json")}`, {
    format: [],
    output: [],
    failOn: "unknown",
    ignoreFiles: false,
    ...named,
  });
  const said = console.said.map((line) => line.replaceAll(`${directory.path}/`, ""));
  return { code, said, printed: console.printed.join("").replaceAll(`${directory.path}/`, "") };
}

it.each(["purl", "sbom"] as const)("judges the packages of a %s as those of an image", async (target) => {
  const { code, printed, said } = await scan(target);
  expect([code, said]).toEqual([2, []]);
  expect(printed).toMatch(/CVE-2024-90002 +bash +5\.2\.15-2 +5\.2\.15-9/u);
  expect(printed).toContain("1 vulnerability: ");
});

it("says how urgent a finding is, and why, and takes no order that it does not know", async () => {
  const { printed } = await scan("purl", { json: true, sort: "risk" });
  const [{ risk, fromBase }] = JSON.parse(printed).findings;
  expect(risk.terms.reduce((sum: number, { points }: { points: number }) => sum + points, 0)).toBe(
    risk.score,
  );
  expect(fromBase).toBe("unknown");
  await expect(scan("purl", { sort: "fear" })).rejects.toThrow('epss, found "fear"');
  await expect(scan("purl", { base: "debian:12" })).rejects.toThrow("--base is for images");
});

it("tells what the base image brought from what came later, where it is the base", async () => {
  using directory = tempDirectory();
  const { context, console } = await contextIn(directory);
  const status = (name: string) =>
    `Package: ${name}\nStatus: install ok installed\nVersion: 5.2.15-2\nArchitecture: amd64\n\n`;
  const release = { path: "etc/os-release", content: 'ID=debian\nVERSION_ID="12"\n' };
  const lower = layerOf([release, { path: "var/lib/dpkg/status", content: status("bash") }]);
  const upper = layerOf([{ path: "var/lib/dpkg/status", content: status("bash") + status("curl") }]);
  const history = [{ created_by: "ADD base" }, { created_by: "RUN apt-get install curl # buildkit" }];
  const images = {
    base: dockerArchiveOf({ layers: [lower] }),
    shop: dockerArchiveOf({ layers: [lower, upper], config: { history } }),
    other: dockerArchiveOf({ layers: [upper] }),
  };
  for (const [name, image] of Object.entries(images)) writeFileSync(directory.at(name), archiveOf(image));
  writeFileSync(
    directory.at("DSA.list"),
    `${FEED}[04 Jan 2024] DSA-9003-1 curl - security update\n\t{CVE-2024-90003}\n\t[bookworm] - curl 9\n`,
  );
  await buildDatabase({
    directory: context.settings.layout.advisories,
    from: [{ provider: "debian-dsa-dla", location: directory.at("DSA.list") }],
    clock: context.now,
  });
  const flags = { format: ["json"], output: [], ignoreFiles: false };
  const foundWith = async (base: string) => {
    console.printed.length = 0;
    await imageScan(context, `docker-archive:${directory.at("shop")}`, {
      ...flags,
      base: `docker-archive:${directory.at(base)}`,
    });
    const { findings } = JSON.parse(console.printed.join(""));
    return findings.map((found: Record<string, unknown>) => [found.id, found.fromBase, found.instruction]);
  };
  expect(await foundWith("base")).toEqual([
    ["CVE-2024-90002", true, "ADD base"],
    ["CVE-2024-90003", false, "RUN apt-get install curl"],
  ]);
  expect(console.said).toEqual([]);
  expect((await foundWith("other")).map(([, fromBase]: unknown[]) => fromBase)).toEqual([
    "unknown",
    "unknown",
  ]);
  expect(console.said).toEqual([expect.stringContaining("are not the lowest of")]);
});

it("takes out of the count what VEX says, shows it where asked, and says what matched nothing", async () => {
  const { code, printed, said } = await scan(
    "sbom",
    { vex: ["vex.json"], showSuppressed: true },
    { "vex.json": JSON.stringify(vex) },
  );
  expect(code).toBe(0);
  expect(said).toEqual(["vex.json, statement 2: CVE-2024-1 matched nothing"]);
  expect(printed).toContain("No known vulnerabilities; 1 suppressed");
  expect(printed).toContain(
    "CVE-2024-90002 (unknown) in bash 5.2.15-2: VEX vex.json, statement 1: not affected; inline_mitigations_already_exist",
  );
});

it("takes out of the count what an ignore file says, in the JSON report, too", async () => {
  const { code, printed } = await scan(
    "purl",
    { ignoreFile: ["my.trivyignore"], json: true },
    { "my.trivyignore": "CVE-2024-90002\n" },
  );
  expect(code).toBe(0);
  expect(JSON.parse(printed).findings).toMatchObject([
    { id: "CVE-2024-90002", suppressed: { by: "my.trivyignore:1" } },
  ]);
});

it("counts a finding whose entry is over, and says so", async () => {
  const { code, said } = await scan(
    "purl",
    { ignoreFile: [".trivyignore"] },
    { ".trivyignore": "CVE-2024-90002 exp:2026-01-01" },
  );
  expect([code, said]).toEqual([2, [".trivyignore:1: CVE-2024-90002 expired on 2026-01-01"]]);
});

it("fails for a key that was built in, unless an entry with a place and a reason takes it out of the count", async () => {
  using directory = tempDirectory();
  const { context, console } = await contextIn(directory);
  const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  const files = [
    { path: "etc/os-release", content: 'ID=debian\nVERSION_ID="12"\n' },
    { path: "srv/key.pem", content: key.toString() },
  ];
  writeFileSync(directory.at("shop"), archiveOf(dockerArchiveOf({ layers: [layerOf(files)] })));
  const entry = "secrets:\n  - id: private-key\n    paths: [srv/key.pem]\n    statement: of the tests\n";
  writeFileSync(directory.at("accepted.yaml"), entry);
  const scanWith = async (ignoreFile: readonly string[]) => {
    console.printed.length = 0;
    const flags = { format: [], output: [], failOn: "high", scanners: "vuln,secret", ignoreFiles: false };
    const code = await imageScan(context, `docker-archive:${directory.at("shop")}`, { ...flags, ignoreFile });
    return { code, printed: console.printed.join("") };
  };
  expect(await scanWith([])).toMatchObject({ code: 2, printed: expect.stringMatching(/high +Private key/u) });
  const accepted = await scanWith([directory.at("accepted.yaml")]);
  // The image has no packages, so that it is not wholly assessed.
  expect(accepted.code).toBe(3);
  expect(accepted.printed).toContain("No secrets in what could be read; 1 suppressed");
  expect(console.said).toEqual([]);
});

it("refuses a document that is none, with its name", async () => {
  await expect(scan("sbom", { vex: ["none.json"] })).rejects.toThrow("none.json");
});
