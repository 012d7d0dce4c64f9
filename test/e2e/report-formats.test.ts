import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandHome } from "./command.ts";
import { barriers, ConsoleBrowser, noBrowser } from "./console-browser.ts";

const home = new CommandHome();
const root = home.at("root");
/** A name that means something in every format. */
const EVIL = "bash-<script>alert(1)</script>|`x`";

/** Bash as it was before Shellshock was mended, of which the starter advisories speak. */
const STATUS = `Package: bash
Status: install ok installed
Architecture: amd64
Version: 4.2+dfsg-0.1
Description: shell

Package: evil
Status: install ok installed
Architecture: amd64
Version: 1.0
Source: ${EVIL}

`;

beforeAll(() => {
  for (const [name, text] of [
    ["etc/os-release", 'ID=debian\nVERSION_ID="7"\nPRETTY_NAME="Debian <b>7</b>"\n'],
    ["var/lib/dpkg/status", STATUS],
  ] as const) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
});

afterAll(() => home[Symbol.dispose]());

describe("image scan", () => {
  it("writes several formats at once, each to its file", async () => {
    const formats = ["sarif", "cyclonedx", "spdx", "junit", "github", "gitlab", "markdown", "html"];
    const outputs = formats.flatMap((format) => ["--output", `${format}=${home.at(`report.${format}`)}`]);
    const { code, stdout } = await home.run(["image", "scan", ...outputs, `dir:${root}`]);
    expect([code, stdout]).toEqual([3, ""]);
    const written = (format: string) => readFileSync(home.at(`report.${format}`), "utf8");
    const read = (format: string) => JSON.parse(written(format));
    expect(read("sarif")).toMatchObject({
      version: "2.1.0",
      runs: [{ tool: { driver: { name: "Pratique" } } }],
    });
    expect(read("cyclonedx")).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6" });
    expect(read("spdx")).toMatchObject({ spdxVersion: "SPDX-2.3" });
    expect(written("junit")).toContain("CVE-2014-6271");
    expect(written("markdown")).toContain("CVE-2014-6271");
    expect(read("gitlab").vulnerabilities.length).toBeGreaterThan(0);
  });

  it("gives a bill of materials", async () => {
    const { stdout } = await home.run(["image", "sbom", `dir:${root}`]);
    const names = JSON.parse(stdout).components.map(({ name }: { readonly name: string }) => name);
    expect(names).toContain("bash");
  });
});

describe("image vex", () => {
  it("writes what image scan --vex takes, and what matches nothing is said", async () => {
    const ignored = home.at("accepted.trivyignore");
    writeFileSync(ignored, "CVE-2014-6271\nCVE-1999-0001\n");
    const file = home.at("own.openvex.json");
    const written = await home.run([
      "image",
      "vex",
      "--ignore-file",
      ignored,
      "--output",
      file,
      `dir:${root}`,
    ]);
    expect(written.code).toBe(3);
    expect(written.stderr).toContain("CVE-1999-0001 matched nothing");
    const { stdout } = await home.run(["image", "scan", "--vex", file, "--format", "json", `dir:${root}`]);
    const suppressed = JSON.parse(stdout).findings.filter(
      (finding: { suppressed?: object }) => finding.suppressed,
    );
    expect(suppressed.map(({ id }: { readonly id: string }) => id)).toEqual(["CVE-2014-6271"]);
  });
});

describe("image diff", () => {
  it("tells two images apart, by their saved reports", async () => {
    const [before, after] = [home.at("before.json"), home.at("after.json")];
    await home.run(["image", "scan", "--format", "json", "--output", before, `dir:${root}`]);
    const report = JSON.parse(readFileSync(before, "utf8"));
    writeFileSync(after, JSON.stringify({ ...report, findings: [] }));
    const { code, stdout } = await home.run(["image", "diff", "--json", "--fail-on", "low", after, before]);
    expect(code).toBe(2);
    const { findings } = JSON.parse(stdout);
    expect(findings.new.map(({ id }: { readonly id: string }) => id)).toContain("CVE-2014-6271");
  });
});

describe.skipIf(noBrowser)(`the page ${noBrowser ?? ""}`, () => {
  it("can be read by everybody, in the light and in the dark, and asks nobody for anything", async () => {
    const file = home.at("page.html");
    await home.run(["image", "scan", "--format", "html", "--output", file, `dir:${root}`]);
    await using browser = await ConsoleBrowser.start({ server: { url: "" }, signInLink: async () => "" });
    const { context, page, complaints } = await browser.stranger();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const { href } = pathToFileURL(file);
    await page.goto(href);
    expect(await page.locator("body").textContent()).toContain("CVE-2014-6271");
    expect(await barriers(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await barriers(page)).toEqual([]);
    expect([complaints, asked]).toEqual([[], [href]]);
    await context.close();
  });
});
