import { expect, it } from "vitest";
import { isVendorOf } from "./distro-vendor.ts";

it.each([
  ["rhel", "Red Hat, Inc.", true],
  ["rhel", "Fedora Project", false],
  ["rhel", "Remi Collet", false],
  ["rhel", "Not Red Hat, Inc.", false],
  ["almalinux", "AlmaLinux", true],
  ["almalinux", "AlmaLinux OS Foundation", true],
  ["rocky", "Rocky Enterprise Software Foundation", true],
  ["ol", "Oracle America", true],
  ["amzn", "Amazon Linux", true],
  ["amzn", "Amazon.com", true],
  ["fedora", "Fedora Project", true],
  ["sles", "SUSE LLC <https://www.suse.com/>", true],
  ["opensuse-leap", "openSUSE", true],
  ["photon", "VMware, Inc.", true],
  ["mariner", "Microsoft Corporation", true],
  ["azurelinux", "Microsoft Corporation", true],
  ["rhel", "Microsoft Corporation", false],
  ["templeos", "Anybody", true],
  ["rhel", undefined, false],
  ["templeos", undefined, false],
])("of %s, %s is the vendor: %s", (id, vendor, expected) => {
  expect(isVendorOf({ id, version: "1" }, vendor)).toBe(expected);
});
