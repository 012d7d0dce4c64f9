import { KiB, MiB } from "@pratique/core";
import { assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { secretSamples } from "../testdata/secret-samples.ts";
import { TextScan } from "./text-scan.ts";

const samples = secretSamples();
const key = samples.find(({ rule }) => rule === "private-key")?.text ?? "";
const token = samples.find(({ rule }) => rule === "github-token")?.secret ?? "";

function scan(text: string | Uint8Array, pieceBytes = text.length) {
  const bytes = Buffer.from(text);
  const textScan = new TextScan({ path: "srv/x", size: bytes.length });
  let written = 0;
  for (let at = 0; at < bytes.length && textScan.wantsMore; at += pieceBytes) {
    textScan.write(bytes.subarray(at, at + pieceBytes));
    written += 1;
  }
  const { placed, cut } = textScan.finish();
  return { written, cut, found: placed.map(({ secret, offset }) => [secret.rule, secret.line, offset]) };
}

it("finds what lies across the border of two blocks, wherever that is", () => {
  const before = "x = 1\n".repeat(45_000);
  assert(
    property(
      integer({ min: 250 * KiB, max: 290 * KiB }),
      integer({ min: 1000, max: 100_000 }),
      (at, piece) => {
        const lead = before.slice(0, at);
        const text = `${lead}\n${key} ${token}\n${before}`;
        const lines = lead.split("\n").length;
        const keyAt = Math.min(at, before.length) + 1;
        expect(scan(text, piece).found).toEqual([
          ["private-key", lines + 1, keyAt],
          ["github-token", lines + key.split("\n").length, keyAt + key.length + 1],
        ]);
      },
    ),
    { numRuns: 8 },
  );
});

it("looks at no more of what is no text than its beginning", () => {
  const binary = Buffer.concat([Buffer.from(`${token} `), Buffer.from([0]), Buffer.alloc(100_000, token)]);
  expect(scan(binary, 1000)).toEqual({ written: 1, cut: undefined, found: [] });
});

it("gives up a text that is made of what stands before secrets, and says so", () => {
  const many = scan("-----BEGIN PRIVATE KEY-----".repeat(50_000), 64 * KiB);
  expect(many).toMatchObject({ cut: "too much of it looks like the beginning of a secret", found: [] });
  const full = scan(`${samples.find(({ rule }) => rule === "stripe-key")?.secret ?? ""}\n`.repeat(120));
  expect(full.cut).toBe("there are more than 100 secrets in it");
  expect(full.found).toHaveLength(100);
});

it.each([
  ["password=", "password="],
  ["open addresses", "https://a:"],
  ["open tokens", "eyJhbGci"],
  ["open keys", "-----BEGIN RSA PRIVATE KEY-----\n"],
  ["keys of AWS", "AKIAAAAAAAAAAAAAAAAA "],
  ["colons", "://::::"],
  ["PuTTY's keys", "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n"],
])("takes a bounded time for %s", (_, word) => {
  const text = word.repeat(Math.ceil(MiB / word.length));
  const start = process.cpuUsage();
  scan(text, 64 * KiB);
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1e6).toBeLessThan(5);
});
