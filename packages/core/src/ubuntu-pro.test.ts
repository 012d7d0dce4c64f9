import { expect, it } from "vitest";
import { ecosystem } from "./ecosystem.ts";
import { ubuntuProEcosystem, ubuntuServiceOf, ubuntuServices } from "./ubuntu-pro.ts";

it("has one ecosystem for each service, and finds the way back", () => {
  const ecosystems = ubuntuServices.map((service) => ubuntuProEcosystem(service, "22.04"));
  expect(new Set(ecosystems).size).toBe(ubuntuServices.length);
  expect(ecosystems.map((name) => name && ubuntuServiceOf(name))).toEqual(ubuntuServices);
});

it.each([["Ubuntu:22.04"], ["Ubuntu:Pro:22.04"], ["Debian:Pro:Infra:12"], ["Ubuntu:Pro:Moon:22.04"]])(
  "%s is of no service",
  (name) => {
    expect(ubuntuServiceOf(ecosystem(name))).toBeUndefined();
  },
);

it("knows no track of other services", () => {
  expect(ubuntuProEcosystem("livepatch", "22.04")).toBeUndefined();
});
