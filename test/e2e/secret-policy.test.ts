import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDebian, repaired } from "./debian-root.ts";
import { Pratique } from "./pratique.ts";
import { engineUnavailable } from "./private-engine.ts";

const unavailable = engineUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: secret-policy.test.ts ${unavailable}`);

const howto = readFileSync(path.join(import.meta.dirname, "../../docs/howto/find-secrets.md"), "utf8");
const policy = /```yaml\n(?<text>apiVersion[\s\S]*?)```/u.exec(howto)?.groups?.text ?? "";
const KEY_FILE = "root/.ssh/id_ed25519";
const FOUND = "Private key in root/.ssh/id_ed25519";

describe.skipIf(unavailable !== undefined)("a host whose policy refuses secrets", () => {
  let pratique: Pratique;
  let fingerprint = "";
  const key = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();

  beforeAll(async () => {
    pratique = new Pratique();
    await pratique.up(["--private-engine"]);
    importDebian(pratique.engineHost, "shop:clean", repaired);
    importDebian(pratique.engineHost, "shop:keyed", repaired, { [KEY_FILE]: key });
  });
  afterAll(async () => {
    await pratique[Symbol.asyncDispose]();
  });

  // Not --rm: a client waits for ever for the removal of a container whose start was refused.
  const run = (image: string) =>
    pratique.docker(["run", "--user", "1000", "--network", "none", image, "echo", "ran"]);
  const check = (...flags: readonly string[]) =>
    pratique.command(["image", "check", ...flags, "docker:shop:keyed"], {
      PRATIQUE_ENGINE: pratique.engineHost,
    });

  it("starts both images while no policy asks about secrets", () => {
    expect([run("shop:clean"), run("shop:keyed")]).toMatchObject([{ stdout: "ran\n" }, { stdout: "ran\n" }]);
  });

  it("refuses the one with a key once a policy asks, and says where it lies and what to do", async () => {
    writeFileSync(pratique.data("policies", "secrets.yaml"), policy);
    await pratique.until("the policy is in force", 10_000, () => run("shop:keyed").code !== 0);
    const { code, stderr } = run("shop:keyed");
    expect(code).toBe(125);
    expect(stderr).toContain(FOUND);
    expect(stderr).toContain("fix:   revoke it, and build the image without it");
    expect(stderr).not.toContain(key.split("\n")[1]);
    fingerprint = /\((?<fingerprint>[0-9a-f]{16})\)/u.exec(stderr)?.groups?.fingerprint ?? "";
    expect(fingerprint).not.toBe("");
  });

  it("starts the one without", () => {
    expect(run("shop:clean")).toEqual({ code: 0, stdout: "ran\n", stderr: "" });
  });

  it("refuses an image that comes now, at its first launch", () => {
    importDebian(pratique.engineHost, "shop:new", repaired, { "srv/key.pem": key });
    expect(run("shop:new")).toMatchObject({
      code: 125,
      stderr: expect.stringContaining("Private key in srv/key.pem"),
    });
  });

  it("lets an exception pass this key alone, and holds again when it is revoked", () => {
    const grant = (secret: string) =>
      pratique.command(
        `policy exception grant --rule secrets/no-secrets --secret ${secret} --reason test --owner ann --expires 1h`.split(
          " ",
        ),
      );
    expect(grant("0000000000000000").code).toBe(0);
    expect(run("shop:keyed").code).toBe(125);
    const { code, stdout: id } = grant(fingerprint);
    expect(code).toBe(0);
    expect(run("shop:keyed")).toMatchObject({ code: 0, stdout: "ran\n" });
    expect(pratique.command(["policy", "exception", "revoke", id.trim()]).code).toBe(0);
    expect(run("shop:keyed").code).toBe(125);
  });

  it("comes to the same verdict in a check, which looks by itself", () => {
    const { code, stdout } = check();
    expect([code, stdout]).toEqual([2, expect.stringContaining(FOUND)]);
  });

  it("does not take a check that did not look for one that found nothing", () => {
    const { code, stdout } = check("--scanners", "vuln");
    expect([code, stdout]).toEqual([2, expect.stringContaining("nobody looked for secrets in the image")]);
  });

  it("computes the recorded verdicts again, secrets and all", () => {
    expect(pratique.command(["policy", "replay"]).code).toBe(0);
  });
});
