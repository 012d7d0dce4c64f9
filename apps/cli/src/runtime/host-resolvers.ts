import { getServers } from "node:dns";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { hasCode } from "@pratique/core";

/** Where systemd-resolved, which is asked at loopback, says whom it asks itself. */
const BEHIND_RESOLVED = "/run/systemd/resolve/resolv.conf";

/** The resolvers that this host asks: a feed that lists one of them would take the network away from all. */
export function hostResolvers(file: string = BEHIND_RESOLVED): readonly string[] {
  const asked = getServers().map((server) => server.replace(/^\[(?<inner>.*)\](?::\d+)?$/u, "$<inner>"));
  return [...new Set([...asked, ...namedIn(file)])].filter((address) => isIP(address) !== 0).sort();
}

function namedIn(file: string): readonly string[] {
  try {
    const text = readFileSync(file, "utf8");
    return [...text.matchAll(/^nameserver\s+(?<address>\S+)/gmu)].map(({ groups }) => groups?.address ?? "");
  } catch (thrown) {
    // Most hosts have no such file.
    if (hasCode(thrown, "ENOENT", "ENOTDIR")) return [];
    throw thrown;
  }
}
