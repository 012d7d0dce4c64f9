import type { ReplyOf, showDetectionTimeline, showHostRuntime } from "@pratique/api";
import type { Enforceability } from "@pratique/core";
import { isTechnique, type TacticTag, tactics } from "./attack-techniques.ts";

type HostRule = ReplyOf<typeof showHostRuntime>["rules"][number];
type Detected = ReplyOf<typeof showDetectionTimeline>["techniques"][number];

/** The rules of a host. */
interface HostRules {
  readonly host: string;
  readonly rules: readonly HostRule[];
}

/** A technique: how far each host answers it, and how often it was seen. */
export interface TechniqueRow {
  readonly technique: string;
  /** The best that some rule does about it, and on how many hosts; the best first. */
  readonly covered: readonly { readonly how: Enforceability; readonly hosts: number }[];
  readonly rules: readonly string[];
  readonly detections: number;
}

/** A tactic with its techniques. */
export interface TacticGroup {
  readonly tag: TacticTag | "other";
  readonly label: string;
  readonly techniques: readonly TechniqueRow[];
}

/** From the best to nothing. */
const best: readonly Enforceability[] = ["prevents", "kills", "detects", "off"];

/** Techniques by tactic: what hosts do about them by their rules, and what was detected of them. */
export function techniqueTable(
  hosts: readonly HostRules[],
  detected: readonly Detected[],
): readonly TacticGroup[] {
  const rows = techniqueRows(hosts, detected);
  const places = tacticsOfTechniques(hosts);
  const groups: readonly { readonly tag: TacticGroup["tag"]; readonly label: string }[] = [
    ...tactics,
    { tag: "other", label: "Of no tactic that a rule names" },
  ];
  return groups
    .map(({ tag, label }) => ({
      tag,
      label,
      techniques: rows.filter(({ technique }) => (places.get(technique) ?? new Set(["other"])).has(tag)),
    }))
    .filter(({ techniques }) => techniques.length > 0);
}

function techniqueRows(hosts: readonly HostRules[], detected: readonly Detected[]): readonly TechniqueRow[] {
  const counts = new Map(detected.map(({ technique, detections }) => [technique, detections]));
  const known = new Set([
    ...hosts.flatMap(({ rules }) => rules.flatMap(({ tags }) => tags.filter(isTechnique))),
    ...counts.keys(),
  ]);
  return [...known].toSorted().map((technique) => {
    const coverage = hosts.map(({ rules }) => coverageBy(rules, technique));
    return {
      technique,
      covered: best
        .map((how) => ({ how, hosts: coverage.filter((each) => each === how).length }))
        .filter(({ hosts: count }) => count > 0),
      rules: [
        ...new Set(
          hosts.flatMap(({ rules }) =>
            rules.filter(({ tags }) => tags.includes(technique)).map(({ rule }) => rule),
          ),
        ),
      ],
      detections: counts.get(technique) ?? 0,
    };
  });
}

/** What the best of a host's rules does about a technique. */
function coverageBy(rules: readonly HostRule[], technique: string): Enforceability {
  const ways = rules
    .filter(({ tags }) => tags.includes(technique))
    .map(({ enabled, enforceability }) => (enabled ? enforceability : "off"));
  return best.find((how) => ways.includes(how)) ?? "off";
}

/** A rule's tags name its tactics and its techniques, and so say which belong together. */
function tacticsOfTechniques(hosts: readonly HostRules[]): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Set<string>(tactics.map(({ tag }) => tag));
  const places = new Map<string, Set<string>>();
  for (const { tags } of hosts.flatMap(({ rules }) => rules)) {
    const named = tags.filter((tag) => known.has(tag));
    for (const technique of tags.filter(isTechnique)) {
      if (named.length > 0) places.set(technique, new Set([...(places.get(technique) ?? []), ...named]));
    }
  }
  return places;
}
