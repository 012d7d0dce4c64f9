import { expect, it } from "vitest";
import { hasCheckSum, isBech32 } from "./token-check.ts";

it("knows the check sum of GitHub's tokens", () => {
  // A token that was revoked, of an article about the form.
  const body = ["zQWBuTSOoRi4A9sp", "HcVY5ncnsDkxkJ", "0mLq17"].join("");
  expect(hasCheckSum(body)).toBe(true);
  expect(hasCheckSum(`a${body.slice(1)}`)).toBe(false);
});

// BIP 173, "Test vectors".
it.each([
  ["A12UEL5L", true],
  ["abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", true],
  ["split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", true],
  ["split1cheo2y9e2w", false],
  ["A1G7SGD8", false],
  ["x1b4n0q5v", false],
  ["pzry9x0s0muk", false],
  ["1pzry9x0s0muk", false],
])("holds %s against its check sum", (text, expected) => {
  expect(isBech32(text)).toBe(expected);
});
