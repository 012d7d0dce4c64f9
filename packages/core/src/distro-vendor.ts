import type { Distro } from "./distro.ts";

/** How the vendors that build the packages of a distribution call themselves, in lower case. */
const VENDORS: ReadonlyMap<string, readonly string[]> = new Map([
  ["almalinux", ["almalinux"]],
  ["amzn", ["amazon"]],
  ["azurelinux", ["microsoft"]],
  ["centos", ["centos", "red hat"]],
  ["fedora", ["fedora project"]],
  ["mariner", ["microsoft"]],
  ["ol", ["oracle"]],
  ["opensuse-leap", ["opensuse", "suse"]],
  ["photon", ["vmware", "broadcom"]],
  ["rhel", ["red hat"]],
  ["rocky", ["rocky"]],
  ["sles", ["suse"]],
]);

/**
 * Whether the vendor of an RPM package is the distribution that it is installed in, whose advisories then speak of
 * it. A package without a vendor was built at home. Of a distribution whose vendors are not known, every vendor may
 * be its own. The vendor is what the package says of itself: it proves nothing.
 */
export function isVendorOf(distro: Distro | undefined, vendor: string | undefined): boolean {
  if (vendor === undefined) return false;
  const known = VENDORS.get(distro?.id ?? "");
  const name = vendor.toLowerCase();
  return known === undefined || known.some((own) => name.startsWith(own));
}
