import { writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { checkConfig } from "./config.ts";
import { serverSettingsOf } from "./server-settings.ts";

function settingsOf(config: object, environment: Record<string, string> = {}) {
  return serverSettingsOf(checkConfig("the test", config), environment);
}

const wrap = ["/bin/kms", "encrypt"];
const unwrap = ["/bin/kms", "decrypt"];

describe("the database", () => {
  it("is a file of the server's own where nothing is said", () => {
    expect(settingsOf({}).database()).toBeUndefined();
  });

  it("is what the file says that holds its URL, which is stronger than a URL", () => {
    using directory = tempDirectory();
    const urlFile = directory.at("url");
    writeFileSync(urlFile, "postgres://u:p@db/pratique\n");
    expect(settingsOf({ database: { url: "postgres://db/other", urlFile } }).database()).toBe(
      "postgres://u:p@db/pratique",
    );
    expect(() => settingsOf({ database: { urlFile: directory.at("none") } }).database()).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });
});

describe("the outermost key", () => {
  it.each([
    ["nothing is said", {}, undefined],
    [
      "only its former place is said",
      { encryption: { former: { file: "/old" } } },
      { current: { kind: "file", file: "/server/keys/kek" }, former: [{ kind: "file", file: "/old" }] },
    ],
    [
      "a file is named",
      { encryption: { file: "/mnt/kek" } },
      { current: { kind: "file", file: "/mnt/kek" } },
    ],
    [
      "a passphrase is",
      { encryption: { provider: "passphrase", file: "/mnt/words" } },
      {
        current: {
          kind: "passphrase",
          passphraseFile: "/mnt/words",
          parametersFile: "/server/keys/passphrase.json",
        },
      },
    ],
    [
      "a credential is",
      { encryption: { provider: "passphrase", credential: "words" } },
      {
        current: {
          kind: "passphrase",
          passphraseFile: "/run/credentials/words",
          parametersFile: "/server/keys/passphrase.json",
        },
      },
    ],
    [
      "a program is",
      { encryption: { provider: "command", keyId: "k", wrap, unwrap } },
      {
        current: {
          kind: "command",
          keyId: "k",
          wrap,
          unwrap,
          environment: { PATH: "/bin", VAULT_ADDR: "https://v" },
        },
      },
    ],
  ])("is found where %s", (_, config, expected) => {
    const environment = {
      PATH: "/bin",
      VAULT_ADDR: "https://v",
      SECRET: "s",
      CREDENTIALS_DIRECTORY: "/run/credentials",
    };
    expect(settingsOf(config, environment).keys("/server")).toEqual(expected);
  });

  it.each([
    ["a passphrase without a place", { provider: "passphrase" }],
    ["a credential that nobody hands over", { provider: "passphrase", credential: "words" }],
    ["a program that only wraps", { provider: "command", keyId: "k", wrap }],
  ])("is refused as %s", (_, encryption) => {
    expect(() => settingsOf({ encryption }).keys("/server")).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });

  it.each([["../words"], ["a/b"], [""]])("takes no credential by the name %j", (credential) => {
    expect(() => settingsOf({ encryption: { provider: "passphrase", credential } })).toThrow(/credential/u);
  });
});

it("reads networks and authorities that are trusted, and takes the slash off the address of the console", () => {
  using directory = tempDirectory();
  const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
  writeFileSync(directory.at("authorities.pem"), `first\n${pem}\nsecond\n${pem}\n`);
  const { outbound, publicUrl } = settingsOf({
    outbound: { allow: ["10.0.0.0/8"], certificates: directory.at("authorities.pem") },
    publicUrl: "https://pratique.example/",
  });
  expect(outbound()).toEqual({ addresses: { allow: ["10.0.0.0/8"] }, certificates: [pem, pem] });
  expect(publicUrl).toBe("https://pratique.example");
  expect(settingsOf({}).outbound()).toEqual({});
});
