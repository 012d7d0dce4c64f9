import { expect, it } from "vitest";
import { shortReference } from "./short-reference.ts";

const hex = "0123456789abcdef".repeat(4);

it.each([
  ["nginx:1.27", "nginx:1.27"],
  ["registry.example/shop/checkout:2.8.1", "registry.example/shop/checkout:2.8.1"],
  ["a".repeat(80), "a".repeat(80)],
  [`ghcr.io/acme/shop@sha256:${hex}`, "ghcr.io/acme/shop@sha256:0123456789ab…"],
  ["ghcr.io/acme/shop@sha256:0123", "ghcr.io/acme/shop@sha256:0123"],
  [
    `registry.example:5000/${"team/".repeat(30)}payments:2026.11.30`,
    "registry.example:5000/te…/team/team/team/team/team/team/team/payments:2026.11.30",
  ],
])("shows %s as %s", (reference, expected) => {
  expect(shortReference(reference)).toBe(expected);
  expect(expected.length).toBeLessThanOrEqual(80);
});
