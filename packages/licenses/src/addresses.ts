/** Where licences are read, as manifests of Java name them: without scheme, `www.`, ending and a slash behind it. */
const addresses: ReadonlyMap<string, string> = new Map([
  ["apache.org/licenses/license-2.0", "Apache-2.0"],
  ["apache.org/licenses", "Apache-2.0"],
  ["creativecommons.org/publicdomain/zero/1.0", "CC0-1.0"],
  ["creativecommons.org/publicdomain/zero/1.0/legalcode", "CC0-1.0"],
  ["eclipse.org/legal/epl-v10", "EPL-1.0"],
  ["eclipse.org/legal/epl-v20", "EPL-2.0"],
  ["eclipse.org/legal/epl-2.0", "EPL-2.0"],
  ["eclipse.org/org/documents/epl-v10", "EPL-1.0"],
  ["eclipse.org/org/documents/epl-2.0", "EPL-2.0"],
  ["eclipse.org/org/documents/edl-v10", "BSD-3-Clause"],
  ["gnu.org/licenses/agpl-3.0", "AGPL-3.0-only"],
  ["gnu.org/licenses/gpl-2.0", "GPL-2.0-only"],
  ["gnu.org/licenses/gpl-3.0", "GPL-3.0-only"],
  ["gnu.org/licenses/lgpl-2.1", "LGPL-2.1-only"],
  ["gnu.org/licenses/old-licenses/gpl-2.0", "GPL-2.0-only"],
  ["gnu.org/licenses/old-licenses/lgpl-2.1", "LGPL-2.1-only"],
  ["gnu.org/licenses/lgpl-3.0", "LGPL-3.0-only"],
  ["gnu.org/software/classpath/license", "GPL-2.0-only WITH Classpath-exception-2.0"],
  ["mozilla.org/mpl/2.0", "MPL-2.0"],
  ["mozilla.org/en-us/mpl/2.0", "MPL-2.0"],
  ["opensource.org/license/mit", "MIT"],
]);

/** The licence that is read at an address; those of the Open Source Initiative and of SPDX end in an identifier. */
export function licenseAt(address: string): string | undefined {
  const plain = /^https?:\/\/(?:www\.)?(?<plain>\S+)$/iu.exec(address)?.groups?.plain?.toLowerCase();
  if (plain === undefined) return undefined;
  const bare = plain.replace(/\/$/u, "").replace(/\.(?:txt|html?|php|md)$/u, "");
  const listed = /^(?:opensource\.org|spdx\.org)\/licenses\/(?<id>[a-z0-9.-]+)$/u.exec(bare)?.groups?.id;
  return addresses.get(bare) ?? listed;
}
