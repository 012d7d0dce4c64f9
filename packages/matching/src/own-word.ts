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

/** What the Go project publishes itself: its library, its tools, and the modules beside them. */
const MODULES_OF_GO = /^(?:stdlib|toolchain|golang\.org\/x\/.+)$/u;

/**
 * Tells whether the Go project speaks of what it publishes itself (`GO-2023-1571` of `golang.org/x/net`). Copies elsewhere
 * are made by people who did not cut its releases.
 */
export function isOwnWordOfGo({ ecosystem, package: name, document }: Advisory): boolean {
  return ecosystem === "Go" && document.startsWith("GO-") && MODULES_OF_GO.test(name);
}
