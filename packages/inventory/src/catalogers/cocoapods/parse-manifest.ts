import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";

/** One pod, without its parts (`AppCenter/Core`), which have the version of the whole. */
export interface Pod {
  readonly name: string;
  readonly version: string;
}

const MAX_PODS = 20_000;

/** Two spaces and a hyphen begin a pod; what it depends on stands deeper. */
const ENTRY = /^ {2}- (?<quote>"?)(?<text>.*?)\k<quote>:?$/u;

/**
 * Reads the section `PODS` of a lock file of CocoaPods (CocoaPods/Core, lockfile.rb): `- Name/Part (1.2.3):`, quoted where
 * the name demands it. Gives what is wrong with single entries, and keeps the others.
 */
export function parseManifest(content: Buffer): { readonly pods: readonly Pod[]; readonly faults: string[] } {
  const pods = new Map<string, Pod>();
  const faults: string[] = [];
  for (const text of entriesOf(decodeUtf8(content))) {
    if (pods.size >= MAX_PODS) {
      faults.push(`more than ${MAX_PODS} pods`);
      break;
    }
    const groups = /^(?<name>[^\s/]+)(?:\/\S+)? \((?<version>[^\s()]+)\)$/u.exec(text)?.groups;
    const { name = "", version = "" } = groups ?? {};
    if (!isToken(name) || !isToken(version)) {
      faults.push(`expected a pod and its version, found ${JSON.stringify(text.slice(0, 80))}`);
    } else pods.set(`${name} ${version}`, { name, version });
  }
  return { pods: [...pods.values()], faults };
}

function* entriesOf(text: string): Generator<string> {
  let inPods = false;
  for (const line of text.split(/\r?\n/u)) {
    if (/^\S/u.test(line)) inPods = line.startsWith("PODS:");
    const entry = inPods ? ENTRY.exec(line)?.groups?.text : undefined;
    if (entry !== undefined) yield entry;
  }
}
