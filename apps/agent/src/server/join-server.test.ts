import { expect, it } from "vitest";
import { parseJoinToken } from "./join-server.ts";

const SECRET = "s".repeat(43);
const PRINT = Buffer.alloc(32, 0xab).toString("base64url");
const HEX = "ab".repeat(32);

it.each([
  ["both in one text", `prqj_${SECRET}_${PRINT}`, undefined],
  ["with the white space of a file", `prqj_${SECRET}_${PRINT}\n`, undefined],
  ["the fingerprint apart", SECRET, `sha256:${HEX}`],
  ["the fingerprint as other tools print it", SECRET, HEX.toUpperCase().replaceAll(/(..)(?=.)/gu, "$1:")],
  ["a fingerprint that was given over that of the token", `prqj_${SECRET}_${"x".repeat(43)}`, HEX],
])("takes apart a token: %s", (_, text, fingerprint) => {
  expect(parseJoinToken(text, fingerprint)).toEqual({ secret: SECRET, fingerprint: PRINT });
});

it("takes apart one whose parts hold the separator", () => {
  const [secret, print] = ["_".repeat(43), `_${"a".repeat(41)}_`];
  expect(parseJoinToken(`prqj_${secret}_${print}`)).toEqual({ secret, fingerprint: print });
});

it.each([
  ["an empty text", "", undefined],
  ["a secret without a fingerprint", SECRET, undefined],
  ["a token cut short", `prqj_${SECRET}_${PRINT.slice(1)}`, undefined],
  ["a fingerprint of another length", SECRET, `sha256:${HEX}ab`],
  ["a fingerprint of another hash", SECRET, `sha1:${HEX}`],
])("refuses %s", (_, text, fingerprint) => {
  expect(() => parseJoinToken(text, fingerprint)).toThrow(
    expect.objectContaining({ code: "TOKEN_MALFORMED" }),
  );
});
