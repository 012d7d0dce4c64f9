import { X509Certificate } from "node:crypto";
import { statSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { ensureCertificate } from "./certificate.ts";

const NOW = Date.parse("2026-11-24T00:00:00Z");
const DAY_MS = 86_400_000;
const names = ["localhost", "127.0.0.1", "::1"];

it("makes a certificate for its names that browsers take, with a key that only its owner reads", async () => {
  using directory = tempDirectory();
  const { cert, key } = await ensureCertificate({ directory: directory.at("tls"), names, now: () => NOW });
  const certificate = new X509Certificate(cert);
  expect(certificate.checkHost("localhost")).toBe("localhost");
  expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(certificate.checkIP("::1")).toBe("::1");
  expect(certificate.ca).toBe(false);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
  expect((Date.parse(certificate.validTo) - NOW) / DAY_MS).toBe(397);
  expect(key).toContain("BEGIN PRIVATE KEY");
  expect(statSync(directory.at("tls", "key.pem")).mode & 0o777).toBe(0o600);
});

it.each<[string, number, readonly string[], boolean]>([
  ["keeps it the next day", 1, names, true],
  ["keeps it until 30 days before its end", 366, names, true],
  ["makes a new one within 30 days of its end", 368, names, false],
  ["makes a new one after its end", 500, names, false],
  ["keeps it where the clock goes back by an hour", -1 / 24, names, true],
  ["makes a new one where the clock was years ahead when it was made", -3650, names, false],
  ["makes a new one for another name", 1, [...names, "scanner.example"], false],
])("%s", async (_, days, wanted, kept) => {
  using directory = tempDirectory();
  const options = { directory: directory.at("tls"), names, now: () => NOW };
  const first = await ensureCertificate(options);
  const second = await ensureCertificate({ ...options, names: wanted, now: () => NOW + days * DAY_MS });
  expect(second.cert === first.cert).toBe(kept);
  expect(second.key === first.key).toBe(kept);
});

it.each(["key.pem", "cert.pem"])("replaces a pair whose %s is damaged", async (file) => {
  using directory = tempDirectory();
  const options = { directory: directory.at("tls"), names, now: () => NOW };
  const first = await ensureCertificate(options);
  writeFileSync(directory.at("tls", file), "damaged");
  const second = await ensureCertificate(options);
  expect(second.cert).not.toBe(first.cert);
  expect(new X509Certificate(second.cert).checkHost("localhost")).toBe("localhost");
});

it("says why it cannot make one", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("tls"), "a file");
  await expect(
    ensureCertificate({ directory: directory.at("tls"), names, now: () => NOW }),
  ).rejects.toMatchObject({
    code: "CERTIFICATE_UNUSABLE",
  });
});
