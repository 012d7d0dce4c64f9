import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { nkeys } from "@nats-io/transport-node";
import { natsUnavailable, startNats, type TempDirectory, tempDirectory } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { JetStreamBus, type JetStreamSettings } from "../index.ts";
import { chain } from "../testdata/chain.ts";

const unavailable = natsUnavailable();

function open(settings: JetStreamSettings): Promise<JetStreamBus> {
  return JetStreamBus.open({
    settings,
    headInStore: async () => undefined,
    elapsedMs: () => performance.now(),
    onTrouble: () => undefined,
    onSetAside: async () => undefined,
  });
}

it.each([
  ["a password in the address", "nats://pratique:secret-7@127.0.0.1:4222"],
  ["another scheme", "https://127.0.0.1:4222"],
  ["no port", "nats://127.0.0.1"],
  ["an address over TLS", "tls://127.0.0.1:4222"],
])("refuses %s, and does not repeat it", async (_, server) => {
  const refused = open({ servers: [server] });
  await expect(refused).rejects.toMatchObject({ code: "BUS_SETTINGS" });
  await expect(refused).rejects.not.toThrow("secret-7");
});

it.each([
  ["a file that is not there", { credentialsFile: "/nowhere/at-all" }],
  ["an authority that is not there", { tls: { caFile: "/nowhere/at-all" } }],
])("refuses %s", async (_, more) => {
  await expect(open({ servers: ["nats://localhost:1"], ...more })).rejects.toMatchObject({
    code: "BUS_SETTINGS",
  });
});

it("refuses a file that holds no credentials, and does not repeat it", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("user"), "SUnothing");
  const refused = open({ servers: ["nats://127.0.0.1:1"], credentialsFile: directory.at("user") });
  await expect(refused).rejects.toMatchObject({ code: "BUS_SETTINGS" });
  await expect(refused).rejects.not.toThrow("SUnothing");
});

it("says when nobody listens", async () => {
  await expect(open({ servers: ["nats://127.0.0.1:1"] })).rejects.toMatchObject({ code: "BUS_UNAVAILABLE" });
});

describe.skipIf(unavailable !== undefined)(`a guarded NATS ${unavailable ?? ""}`, () => {
  it("is spoken to over mutual TLS, and by the seed of an NKey", async () => {
    using directory = tempDirectory();
    makeCertificates(directory);
    const user = nkeys.createUser();
    writeFileSync(directory.at("seed"), `${Buffer.from(user.getSeed()).toString()}\n`);
    await using nats = await startNats({
      configuration: `
        tls { cert_file: "${directory.at("server.pem")}", key_file: "${directory.at("server.key")}",
              ca_file: "${directory.at("ca.pem")}", verify: true }
        authorization { users: [{ nkey: ${user.getPublicKey()} }] }`,
    });
    const settings = {
      servers: [nats.url.replace("nats://127.0.0.1", "tls://localhost")],
      timeoutMs: 2000,
      credentialsFile: directory.at("seed"),
      tls: {
        caFile: directory.at("ca.pem"),
        certificateFile: directory.at("client.pem"),
        keyFile: directory.at("client.key"),
      },
    };
    {
      await using bus = await open(settings);
      const batch = { logId: "log-1", host: "web-1", records: chain(1, 2) };
      expect(await bus.publish(batch)).toEqual({ kind: "stored", acknowledged: 2 });
    }
    const { caFile } = settings.tls;
    const { servers, timeoutMs, tls, credentialsFile } = settings;
    const incomplete: readonly JetStreamSettings[] = [
      { servers, timeoutMs, credentialsFile, tls: { caFile } },
      { servers, timeoutMs, credentialsFile },
      { servers, timeoutMs, tls },
    ];
    for (const refused of incomplete) {
      await expect(open(refused)).rejects.toMatchObject({ code: "BUS_UNAVAILABLE" });
    }
  });
});

function makeCertificates(directory: TempDirectory): void {
  const openssl = (...args: readonly string[]) => execFileSync("openssl", args, { stdio: "ignore" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const authority = ["-keyout", directory.at("ca.key"), "-out", directory.at("ca.pem")];
  openssl("req", "-x509", ...key, "-subj", "/CN=ca", ...authority);
  for (const name of ["server", "client"]) {
    const files = ["-keyout", directory.at(`${name}.key`), "-out", directory.at(`${name}.pem`)];
    const signed = ["-CA", directory.at("ca.pem"), "-CAkey", directory.at("ca.key")];
    const leaf = ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"];
    openssl("req", "-x509", ...key, "-subj", `/CN=${name}`, ...leaf, ...signed, ...files);
  }
}
