import { type Advisory, ecosystem } from "@pratique/core";
import { expect, it } from "vitest";
import { isOwnWord } from "./own-word.ts";

const advisory: Omit<Advisory, "source" | "ecosystem"> = {
  id: "CVE-2020-0001",
  aliases: [],
  document: "CVE-2020-0001",
  package: "a",
  ranges: [{}],
  status: "affected",
  severity: "low",
};

it.each([
  ["debian-tracker", "Debian:12", true],
  ["debian-dsa-dla", "Debian:12", true],
  ["redhat-csaf", "Red Hat:9", true],
  ["oracle-oval", "Oracle Linux:8", true],
  ["amazon-alas", "Amazon Linux:2023", true],
  ["suse-oval", "SUSE:15.5", true],
  ["suse-oval", "openSUSE:15.5", true],
  ["photon", "Photon OS:4.0", true],
  ["azure-linux", "Azure Linux:3", true],
  ["fedora", "Fedora:40", true],
  ["osv", "Red Hat:9", false],
  ["redhat-csaf", "AlmaLinux:9", false],
  ["photonic", "Photon OS:4.0", false],
  ["debian-tracker", "Ubuntu:24.04", false],
])("%s speaks for %s: %s", (source, of, expected) => {
  expect(isOwnWord({ ...advisory, source, ecosystem: ecosystem(of) })).toBe(expected);
});
