import { expect, it } from "vitest";
import { whyUnreachable } from "./server-trust.ts";

it.each([
  ["CERT_NOT_YET_VALID", "its certificate is not good yet, by the clock of this host"],
  ["CERT_HAS_EXPIRED", "its certificate has ended, by the clock of this host"],
  ["ECONNREFUSED", "connect"],
])("says of %s what is wrong", (code, expected) => {
  expect(whyUnreachable(Object.assign(new Error("connect"), { code }))).toBe(expected);
});
