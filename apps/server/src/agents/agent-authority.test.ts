import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fixedClock, tempDirectory } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { makeRequest } from "../testdata/agent-host.ts";
import { AgentAuthority, type AuthorityVault, isCertifyingDue } from "./agent-authority.ts";
import { fingerprintOf } from "./agent-certificates.ts";

const DAY_MS = 86_400_000;
const HOST_MS = 30 * DAY_MS;
const SETTLE_MS = 900_000;
const HOUR_MS = 3_600_000;

/** What servers share; `before` is called before each change is stored. */
class SharedVault implements AuthorityVault {
  #text: string | undefined;
  #version = 0;
  before: () => Promise<void> = async () => undefined;

  async read() {
    return this.#text === undefined ? undefined : { text: this.#text, version: String(this.#version) };
  }

  async replace(version: string | undefined, text: string): Promise<boolean> {
    await this.before();
    if (version !== (this.#text === undefined ? undefined : String(this.#version))) return false;
    this.#text = text;
    this.#version += 1;
    return true;
  }

  damage(): void {
    this.#text = this.#text?.replace("BEGIN CERTIFICATE", "BEGIN NOTHING");
  }
}

async function opened(vault = new SharedVault(), clock = fixedClock("2026-11-25T12:00:00Z")) {
  const authority = await AgentAuthority.open({
    vault,
    now: clock.now,
    elapsedMs: clock.now,
    hostMs: HOST_MS,
  });
  const issue = async (host: string) => {
    const { csr } = await makeRequest();
    return new X509Certificate((await authority.certifyHost(host, csr)).certificate);
  };
  const shown = async () => {
    const { certificate } = await authority.certifyServer();
    const [leaf = "", issuer = ""] = certificate.split(/(?<=-----END CERTIFICATE-----\n)/u);
    return { leaf: new X509Certificate(leaf), issuer: new X509Certificate(issuer) };
  };
  return { authority, clock, vault, issue, shown };
}

describe("the authority", () => {
  it("signs certificates of hosts and servers, and none of another authority", async () => {
    const { authority } = await opened();
    const certificate = new X509Certificate(authority.trustedPem);
    expect(certificate.ca).toBe(true);
    expect(certificate.toString()).toBe(authority.trustedPem);
    expect(fingerprintOf(certificate)).toBe(authority.fingerprint);
    using directory = tempDirectory();
    writeFileSync(directory.at("ca.pem"), authority.trustedPem);
    const read = spawnSync("openssl", ["x509", "-in", directory.at("ca.pem"), "-noout", "-text"], {
      encoding: "utf8",
    });
    if (read.error !== undefined) return;
    expect(read.stdout).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0\s/u);
    expect(read.stdout).toMatch(/Key Usage: critical\s+Certificate Sign\s/u);
    expect(read.stdout).toContain("ASN1 OID: prime256v1");
  });

  it("is the same for all who open it, also where two make it at once", async () => {
    const vault = new SharedVault();
    let raced = false;
    vault.before = async () => {
      if (raced) return;
      raced = true;
      await opened(vault);
    };
    const [first, second] = [await opened(vault), await opened(vault)];
    expect(first.authority.fingerprint).toBe(second.authority.fingerprint);
  });

  it("is not made anew where it is damaged", async () => {
    const { vault } = await opened();
    vault.damage();
    await expect(opened(vault)).rejects.toMatchObject({ code: "CERTIFICATE_UNUSABLE" });
  });

  it("is not outlived by what it signs", async () => {
    const { authority, clock, issue } = await opened();
    clock.advance(3640 * DAY_MS);
    const certificate = await issue("late");
    const last = new X509Certificate(
      authority.trustedPem.split(/(?<=-----END CERTIFICATE-----\n)/u)[0] ?? "",
    );
    expect(Date.parse(certificate.validTo)).toBeLessThanOrEqual(Date.parse(last.validTo));
  });
});

describe("a certificate that is shown", () => {
  it("is a host's where the authority gave it to one, for as long as it is good", async () => {
    const { authority, clock, issue } = await opened();
    const certificate = await issue("web-1");
    const serial = certificate.serialNumber.toLowerCase();
    expect(authority.read(certificate)).toMatchObject({ host: "web-1", serial });
    clock.advance(HOST_MS - 1000);
    expect(authority.read(certificate)).toBeDefined();
    clock.advance(1000);
    expect(authority.read(certificate)).toBeUndefined();
  });

  it("is no host's where it is a server's, the authority's, or another authority's", async () => {
    const { authority, shown } = await opened();
    const { leaf, issuer } = await shown();
    const other = await opened();
    const foreign = await other.issue("web-1");
    expect([leaf, issuer, foreign].map((each) => authority.read(each))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("is one where the clock of the server goes back by an hour", async () => {
    const { authority, clock, issue } = await opened();
    const certificate = await issue("web-1");
    clock.advance(-3_600_000);
    expect(authority.read(certificate)?.host).toBe("web-1");
  });

  it("is not yet one a day before its time", async () => {
    const { authority, clock, issue } = await opened();
    const certificate = await issue("web-1");
    clock.advance(-DAY_MS - 1000);
    expect(authority.read(certificate)).toBeUndefined();
  });
});

describe("changing the authority", () => {
  it("certifies hosts by the new one when all servers know it, and shows the old one until every host knows the new", async () => {
    const { authority, clock, issue, shown } = await opened();
    const before = authority.fingerprint;
    const old = await issue("old");
    await authority.rotate();
    expect((await issue("soon")).issuer).toBe(old.issuer);
    clock.advance(SETTLE_MS);
    const fresh = await issue("fresh");
    expect(fresh.issuer).not.toBe(old.issuer);
    expect([old, fresh].map((each) => authority.read(each)?.host)).toEqual(["old", "fresh"]);
    expect(authority.fingerprint).toBe(before);
    expect(fingerprintOf((await shown()).issuer)).toBe(before);

    clock.advance(HOST_MS);
    await authority.maintain();
    expect(authority.fingerprint).toBe(before);
    clock.advance(1);
    await authority.maintain();
    clock.advance(HOUR_MS);
    await authority.maintain();
    expect(authority.fingerprint).not.toBe(before);
    const { leaf, issuer } = await shown();
    expect(leaf.verify(issuer.publicKey)).toBe(true);
    expect(fingerprintOf(issuer)).toBe(authority.fingerprint);
  });

  it("happens by itself, a year before the end, and once", async () => {
    const { authority, clock } = await opened();
    const count = () => authority.trustedPem.match(/BEGIN/gu)?.length;
    clock.advance(3284 * DAY_MS);
    await authority.maintain();
    expect(count()).toBe(1);
    clock.advance(2 * DAY_MS);
    await authority.maintain();
    await authority.maintain();
    expect(count()).toBe(2);
  });

  it("retires none where the clock is years ahead for a while", async () => {
    const { authority, clock, issue } = await opened();
    const certificate = await issue("web-1");
    await authority.rotate();
    clock.advance(365 * DAY_MS);
    await authority.maintain();
    clock.advance(-365 * DAY_MS);
    await authority.maintain();
    clock.advance(365 * DAY_MS);
    await authority.maintain();
    clock.advance(-365 * DAY_MS);
    expect(authority.read(certificate)?.host).toBe("web-1");
  });

  it("gives up one that was made while the clock was years ahead", async () => {
    const { authority, clock, issue } = await opened(new SharedVault(), fixedClock("2036-11-25T12:00:00Z"));
    clock.advance(-3650 * DAY_MS);
    expect(authority.read(await issue("before"))).toBeUndefined();
    await authority.rotate();
    expect(authority.read(await issue("after"))?.host).toBe("after");
  });

  it("certifies servers each day, and where the clock was set back by a day", () => {
    const at = Date.parse("2026-11-25T12:00:00Z");
    const due = [0, DAY_MS - 1, DAY_MS, -HOUR_MS, -DAY_MS].map((ms) => isCertifyingDue(at, at + ms));
    expect(due).toEqual([false, false, true, false, true]);
  });

  it("is seen by the other servers", async () => {
    const vault = new SharedVault();
    const clock = fixedClock("2026-11-25T12:00:00Z");
    const [one, other] = [await opened(vault, clock), await opened(vault, clock)];
    await one.authority.rotate();
    clock.advance(SETTLE_MS / 3);
    await other.authority.maintain();
    clock.advance((2 * SETTLE_MS) / 3);
    const fresh = await one.issue("fresh");
    expect(other.authority.read(fresh)).toMatchObject({ host: "fresh" });
  });
});
