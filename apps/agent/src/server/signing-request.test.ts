import { spawnSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { expect, it } from "vitest";
import { makeSigningRequest } from "./signing-request.ts";

const openssl = spawnSync("openssl", ["version"]).status === 0;

it.skipIf(!openssl)(
  "makes requests that OpenSSL, where it is there, verifies, for the key, in the name of nobody",
  () => {
    for (let round = 0; round < 20; round += 1) {
      const { key, csr } = makeSigningRequest();
      const read = spawnSync("openssl", ["req", "-verify", "-noout", "-subject", "-pubkey"], {
        input: csr,
        encoding: "utf8",
      });
      expect(read.status).toBe(0);
      expect(read.stdout).toContain(createPublicKey(key).export({ format: "pem", type: "spki" }));
      expect(read.stdout.replaceAll(/\s/gu, "")).toMatch(/subject=$/u);
    }
  },
);

it("makes another key each time", () => {
  expect(makeSigningRequest().key).not.toBe(makeSigningRequest().key);
});
