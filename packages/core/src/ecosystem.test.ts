import { expect, it } from "vitest";
import { ecosystemOfDistro } from "./ecosystem.ts";

it.each([
  ["debian", "12.5", "Debian:12"],
  ["debian", "13", "Debian:13"],
  ["alpine", "3.20.3", "Alpine:v3.20"],
  ["alpine", "3.21.0_alpha20240923", "Alpine:edge"],
  ["ubuntu", "24.04", "Ubuntu:24.04"],
  ["debian", "", undefined],
  ["debian", "bookworm/sid", undefined],
  ["slackware", "15.0", undefined],
  ["almalinux", "9.4", "AlmaLinux:9"],
  ["rocky", "8.10", "Rocky Linux:8"],
  ["rhel", "9.4", "Red Hat:9"],
  ["centos", "7", "Red Hat:7"],
  ["centos", "9", undefined],
  ["ol", "8.9", "Oracle Linux:8"],
  ["amzn", "2018.03", "Amazon Linux:2018"],
  ["amzn", "2023", "Amazon Linux:2023"],
  ["fedora", "40", "Fedora:40"],
  ["photon", "4.0", "Photon OS:4.0"],
  ["sles", "15.5", "SUSE:15.5"],
  ["opensuse-leap", "15.6", "openSUSE:15.6"],
  ["mariner", "2.0.20240101", "Azure Linux:2"],
  ["wolfi", "20230201", "Wolfi"],
])("judges %s %s in %s", (id, version, expected) => {
  expect(ecosystemOfDistro({ id, version })).toBe(expected);
});

it("judges Alpine by the branch of its repositories where they tell another", () => {
  expect(ecosystemOfDistro({ id: "alpine", version: "3.19.1", branch: "edge" })).toBe("Alpine:edge");
});
