import type { Advisory, Ecosystem } from "@pratique/core";

/** How the names of a distribution's own providers begin, where that is not its ecosystem's name in lower case. */
const VOICES: ReadonlyMap<string, string> = new Map([
  ["Amazon Linux", "amazon"],
  ["Arch Linux", "arch"],
  ["Azure Linux", "azure-linux"],
  ["Oracle Linux", "oracle"],
  ["Photon OS", "photon"],
  ["Red Hat", "redhat"],
  ["openSUSE", "suse"],
]);

/**
 * Tells whether a distribution itself speaks. Providers of its own feeds are named after it: `debian-tracker` speaks
 * for `Debian:12`, `redhat-csaf` for `Red Hat:9`.
 */
export function isOwnWord({ source, ecosystem }: Advisory): boolean {
  const voice = voiceOf(ecosystem);
  return source.startsWith(voice) && (source.length === voice.length || source[voice.length] === "-");
}

function voiceOf(ecosystem: Ecosystem): string {
  const [family = ""] = ecosystem.split(":", 1);
  return VOICES.get(family) ?? family.toLowerCase();
}
