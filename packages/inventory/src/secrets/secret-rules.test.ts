import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { soughtRevisions } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { draw, type SecretSample, secretSamples } from "../testdata/secret-samples.ts";
import { decodeResult, type FoundSecret } from "./found-secret.ts";
import { secretRules } from "./rules/secret-rules.ts";
import { secretInspector } from "./secret-inspector.ts";
import { MAX_REACH_BYTES } from "./secret-rule.ts";

const samples = secretSamples();

function findIn(text: string, path = "srv/app/settings.py", pieces = [text.length]): readonly FoundSecret[] {
  const bytes = Buffer.from(text);
  const inspection = secretInspector.inspect({ path, size: bytes.length });
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = pieces[Math.min(turn, pieces.length - 1)] ?? bytes.length;
    // A source uses its memory anew for the next piece.
    const piece = Uint8Array.from(bytes.subarray(at, at + length));
    if (inspection.wantsMore) inspection.write(piece);
    piece.fill(0x41);
    at += length;
  }
  const excerpt = inspection.finish();
  return excerpt === undefined ? [] : (decodeResult(excerpt)?.found ?? []);
}

const rulesIn = (text: string, path?: string): readonly string[] =>
  findIn(text, path).map(({ rule }) => rule);

describe("secret rules", () => {
  it("keep the contract", () => {
    expect(new Set(secretRules.map(({ id }) => id)).size).toBe(secretRules.length);
    for (const { id, pattern, keywords, reachBytes = 1, behindBytes = 1 } of secretRules) {
      expect(id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/u);
      expect([id, pattern.sticky, pattern.hasIndices, pattern.global]).toEqual([id, true, true, false]);
      // Without a bound, a text could make a pattern look at all of itself from each of its places.
      expect([id, pattern.source.replaceAll(/\\.|\[(?:\\.|[^\]])*\]/gu, "a")]).toEqual([
        id,
        expect.not.stringMatching(/[^(]\*|\+|\{\d+,\}/u),
      ]);
      expect(Math.min(...keywords.map((keyword) => keyword.length))).toBeGreaterThanOrEqual(3);
      expect(reachBytes).toBeLessThanOrEqual(MAX_REACH_BYTES);
      expect(behindBytes).toBeLessThanOrEqual(512);
    }
  });

  it("are named by a revision that is raised with them", () => {
    const rules = secretRules.map(({ pattern, ...facts }) => [facts, String(pattern)]);
    const digest = createHash("sha256").update(JSON.stringify(rules)).digest("hex").slice(0, 16);
    // What other rules found is believed for as long as the revision is the same: raise it with each change here.
    expect([soughtRevisions.secrets, digest]).toEqual([4, "1bdde206fc37a24a"]);
  });

  it("have all their files in the list, and a sample each", () => {
    const lists = readdirSync(`${import.meta.dirname}/rules`).filter(
      (name) => !/^(?:secret-rules|token-rule)/u.test(name),
    );
    expect(lists).toEqual([
      "clouds.ts",
      "code-hosts.ts",
      "files.ts",
      "keys.ts",
      "passwords.ts",
      "services.ts",
    ]);
    expect(new Set(samples.map(({ rule }) => rule))).toEqual(new Set(secretRules.map(({ id }) => id)));
  });

  it.each(samples.map((sample, index) => [sample.rule, index, sample] as const))(
    "%s finds what was planted (%i), whole and in pieces",
    (rule, _, { path, text }) => {
      const found = findIn(text, path);
      expect(found.map((secret) => secret.rule)).toContain(rule);
      const { category } = secretRules.find(({ id }) => id === rule) ?? {};
      expect(found.find((secret) => secret.rule === rule)?.category).toBe(category);
      expect(findIn(text, path, [3, 1, 7])).toEqual(found);
    },
  );

  it.each(samples.filter(({ secret }) => secret !== "").map((sample) => [sample.rule, sample] as const))(
    "%s tells no more of it than six characters",
    (_, { path, text, secret }: SecretSample) => {
      const told = findIn(text, path)
        .map(({ match }) => match)
        .join(" ");
      const plain = secret.replaceAll(/-----[A-Z ]+-----|\s/gu, "");
      for (let at = 0; at + 5 <= plain.length; at += 1) expect(told).not.toContain(plain.slice(at, at + 5));
    },
  );

  it("finds all of them in one text, each at its line", () => {
    const planted = samples.filter(({ path }) => path === "srv/app/settings.py");
    const found = findIn(planted.map(({ text }) => text).join(""), undefined, [1000]);
    expect(planted.length).toBeGreaterThanOrEqual(40);
    expect(found.map(({ rule, line }) => [rule, line])).toEqual(
      planted.map(({ rule }, index) => [rule, 2 * index + 2]),
    );
  });

  const wrong = (text: string): string => `${text.slice(0, -1)}${text.endsWith("A") ? "B" : "A"}`;
  const sampleOf = (rule: string): string => samples.find((sample) => sample.rule === rule)?.secret ?? "";

  it.each([
    ["a GitHub token with another check sum", wrong(sampleOf("github-token"))],
    ["a GitHub token inside of a longer word", `${sampleOf("github-token")}x`],
    ["AWS's own example", `AKIA${"IOSFODNN7EXAMPLE"} wJalrXUtnFEMI/K7MDENG/${"bPxRfiCYEXAMPLEKEY"}`],
    ["a name in capitals", "AKIA_IS_A_PREFIX"],
    ["a stretch of Base64 with AKIA in it", `data:image/png;base64,${draw(20)}AKIA${draw(60, "ABCDEFGH")}`],
    [
      "a header of a key without a key",
      "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n",
    ],
    ["the words of a parser of keys", 'if (line === "-----BEGIN PRIVATE KEY-----") {}'],
    ["a certificate", `-----BEGIN CERTIFICATE-----\n${draw(64)}\n-----END CERTIFICATE-----\n`],
    ["what only begins like a token of the web", `eyJhbGciOiJub25lIn0.eyJhIjoxfQ.${draw(40)}`],
    ["a variable in an address", `postgres://shop:\${DB_PASSWORD}@db.shop.internal/x`],
    ["a placeholder in an address", "https://user:password@git.shop.internal/x"],
    ["an address of an example", "https://user:s3cr3tPa55@example.com/x"],
    ["a field's name", 'password: "newPassword"'],
    ["a call", 'const secretToken = "process.env.SECRET_TOKEN_2";'],
    ["a word in a translation", '"password": "Passwort",'],
    ["a way to keep passwords", "password_encryption = scram-sha-256"],
    ["a list of words", '# METHOD can be "trust", "md5", "password", "scram-sha-256",'],
    ["a path", '"StandardPasswordIcon": "dist/dynamic/icons/rh-standard-a1-icon",'],
    ["a placeholder", "api_key = 'your-api-key-goes-here-1234'"],
    ["stars", 'password = "**********"'],
    ["a token that is crossed out", `KEY = "r8_${"a1B2".repeat(4)}${"x".repeat(21)}"`],
    ["one that is crossed out in capitals", `KEY = "NRAK-${"A1B2".repeat(4)}${"X".repeat(11)}"`],
  ])("pass over %s", (_, text) => {
    expect(rulesIn(text)).toEqual([]);
    expect(rulesIn(text, "srv/app/.env")).toEqual([]);
  });

  it.each([
    ["of either case", `r8_${draw(14)}XxxX${draw(19, "0123456789")}`, "replicate-token"],
    ["in a long one", `sk-proj-${draw(69)}xxxx0T3BlbkFJ${draw(74)}`, "openai-key"],
  ])("find a secret in which chance has put four crosses %s", (_, secret, rule) => {
    expect(rulesIn(`KEY = "${secret}"`)).toEqual([rule]);
  });

  it("pass over what authors of packages have published, and trust less what lies among tests", () => {
    const [key, setting] = ["private-key", "password-assignment"].map((rule) =>
      samples.find((one) => one.rule === rule),
    );
    for (const directory of ["srv/app/node_modules/tls/test/", "usr/lib/python3.12/test/"]) {
      expect(rulesIn(key?.text ?? "", `${directory}key.pem`)).toEqual([]);
      expect(rulesIn(setting?.text ?? "", `${directory}.env`)).toEqual([]);
    }
    expect(findIn(key?.text ?? "", "srv/app/test/key.pem")).toMatchObject([{ confidence: "low" }]);
    expect(findIn(key?.text ?? "", "srv/app/key.pem")).toMatchObject([{ confidence: "high" }]);
    // A check sum is right wherever it lies.
    const token = `x = "${sampleOf("github-token")}"`;
    expect(findIn(token, "srv/app/node_modules/a/test/x.js")).toMatchObject([{ confidence: "high" }]);
  });

  it("names the same secret the same wherever it lies, and a password by its place alone", () => {
    const print = (text: string, path: string) => findIn(text, path)[0]?.fingerprint;
    const token = sampleOf("github-token");
    expect(print(`a ${token}`, "srv/a")).toBe(print(`\n\n${token}`, "srv/b"));
    const one = print("SMTP_PASSWORD=hunter22!x", "srv/.env");
    expect(print("SMTP_PASSWORD=other33!yz", "srv/.env")).toBe(one);
    expect(print("SMTP_PASSWORD=hunter22!x", "opt/.env")).not.toBe(one);
  });
});
