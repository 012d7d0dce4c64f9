import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildDatabase } from "@pratique/advisory";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contextIn } from "../testdata/context-in.ts";
import { imageScan } from "./image-scan.ts";
import { imageVex } from "./image-vex.ts";

const FEED = `[03 Jan 2024] DSA-9002-1 bash - security update
\t{CVE-2024-90002 CVE-2024-90003}
\t[bookworm] - bash 5.2.15-9
[03 Jan 2024] DSA-9003-1 zlib - security update
\t{CVE-2024-90004}
\t[bookworm] - zlib 1:1.2.12-9
[03 Jan 2023] DSA-9001-1 zlib - security update
\t{CVE-2023-90001}
\t[bookworm] - zlib 1:1.2.11-1
`;
const STATUS = [
  ["bash", "5.2.15-2", ""],
  ["zlib1g", "1:1.2.12-1", "Source: zlib\n"],
]
  .map(
    ([name, version, source]) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n${source}Description: x\n\n`,
  )
  .join("");
const EXCEPTION = `apiVersion: pratique/v1
kind: Policy
metadata: { name: team }
spec:
  rules:
    - name: none
      forEach: { finding: findings }
      deny: "true"
      value: "{{ finding.id }}"
      message: it has a vulnerability
      fix: update
---
apiVersion: pratique/v1
kind: Exception
metadata: { name: zlib-until-march }
spec:
  rules: [team/none]
  scope: { images: ["*"], vulnerabilities: [CVE-2024-90004] }
  reason: nobody unpacks anything
  owner: shop team
  expires: 2027-03-01
`;

const flags = {
  format: [],
  output: [],
  author: "Acme",
  namespace: "https://acme.example/",
  ignoreFiles: false,
} as const;

let directory: TempDirectory;
let root: string;

beforeAll(async () => {
  directory = tempDirectory();
  root = directory.at("root");
  for (const [name, text] of [
    ["etc/os-release", 'ID=debian\nVERSION_ID="12"\n'],
    ["var/lib/dpkg/status", STATUS],
  ] as const) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  const { context } = await contextIn(directory);
  writeFileSync(directory.at("DSA.list"), FEED);
  writeFileSync(directory.at("accepted.trivyignore"), "CVE-2024-90003\n");
  writeFileSync(directory.at("team.yaml"), EXCEPTION);
  await buildDatabase({
    directory: context.settings.layout.advisories,
    from: [{ provider: "debian-dsa-dla", location: directory.at("DSA.list") }],
    clock: context.now,
  });
});

afterAll(() => directory[Symbol.dispose]());

async function vex(more: object = {}) {
  const { context, console } = await contextIn(directory);
  const code = await imageVex(context, `dir:${root}`, { ...flags, ...more });
  return { code, text: console.printed.join("") };
}

async function suppressedBy(more: object) {
  const { context, console } = await contextIn(directory);
  await imageScan(context, `dir:${root}`, { format: ["json"], output: [], ignoreFiles: false, ...more });
  const { findings } = JSON.parse(console.printed.join(""));
  return findings
    .filter(({ suppressed }: { suppressed?: object }) => suppressed !== undefined)
    .map(({ id, packageId }: { id: string; packageId: string }) => `${id} in ${packageId}`);
}

describe("image vex", () => {
  it("says of every known vulnerability whether it matters, and why", async () => {
    const { code, text } = await vex({
      ignoreFile: [directory.at("accepted.trivyignore")],
      policy: [directory.at("team.yaml")],
    });
    expect(code).toBe(0);
    const { statements, author } = JSON.parse(text);
    expect(author).toBe("Acme");
    expect(
      statements.map((one: Record<string, string> & { vulnerability: { name: string } }) =>
        `${one.vulnerability.name} ${one.status}: ${one.action_statement ?? one.impact_statement ?? one.status_notes}`.replaceAll(
          `${directory.path}/`,
          "",
        ),
      ),
    ).toEqual([
      "CVE-2023-90001 fixed: debian-dsa-dla: fixed in 1:1.2.11-1 (DSA-9001-1)",
      "CVE-2024-90002 affected: update bash from 5.2.15-2 to 5.2.15-9",
      "CVE-2024-90003 not_affected: accepted.trivyignore:1",
      "CVE-2024-90004 affected: accepted until 2027-03-01 by shop team (zlib-until-march): nobody unpacks anything; update zlib1g (built from zlib) from 1:1.2.12-1 to 1:1.2.12-9",
    ]);
  });

  it.each(["openvex", "csaf", "cyclonedx"])(
    "as %s, read back suppresses the same findings",
    async (format) => {
      const file = directory.at(`own.${format}.json`);
      const ignoreFile = [directory.at("accepted.trivyignore")];
      await vex({ ignoreFile, output: [`${format}=${file}`] });
      const before = await suppressedBy({ ignoreFile });
      expect(before).toEqual(["CVE-2024-90003 in pkg:deb/debian/bash@5.2.15-2?arch=amd64&distro=debian-12"]);
      expect(await suppressedBy({ vex: [file] })).toEqual(before);
    },
  );

  it.each([
    [{ status: "harmless" }, "--status"],
    [{ namespace: "acme" }, "--namespace"],
    [{ status: "under_investigation" }, "nothing to say"],
  ])("refuses %j", async (more, words) => {
    await expect(vex(more)).rejects.toThrow(words);
  });
});
