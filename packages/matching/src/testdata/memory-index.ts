import {
  type Advisory,
  type AdvisoryIndex,
  type AdvisorySource,
  type Coverage,
  type EndOfLife,
  ecosystem,
  type Enrichment,
  type VulnerabilityDetails,
} from "@pratique/core";

/** An advisory with everything that a test does not care about filled in. */
export type AdvisoryParts = Partial<Omit<Advisory, "ecosystem">> & { readonly ecosystem?: string };

export function advisory(parts: AdvisoryParts): Advisory {
  const id = parts.id ?? "CVE-2026-0001";
  const ranges = parts.ranges ?? [];
  return {
    aliases: [],
    document: id,
    source: "debian-tracker",
    package: "openssl",
    status: ranges.some(({ fixed }) => fixed !== undefined) ? "fixed" : "affected",
    severity: "unknown",
    ...parts,
    id,
    ranges,
    ecosystem: ecosystem(parts.ecosystem ?? "Debian:12"),
  };
}

export interface MemoryIndexParts {
  readonly advisories?: readonly Advisory[];
  readonly details?: readonly VulnerabilityDetails[];
  readonly enrichments?: Readonly<Record<string, Enrichment>>;
  readonly sources?: readonly AdvisorySource[];
  /** By ecosystem; an ecosystem that is not named is covered fully. */
  readonly coverage?: Readonly<Record<string, Coverage>>;
  /** Of whatever release is asked about. */
  readonly endOfLife?: EndOfLife;
  /** CPEs by repository. */
  readonly repositories?: Readonly<Record<string, readonly string[]>>;
}

/** An index in memory that remembers how often each package was looked up. */
export class MemoryIndex implements AdvisoryIndex {
  readonly revision = "memory";
  readonly sources: readonly AdvisorySource[];
  readonly lookUps: string[] = [];
  readonly #parts: MemoryIndexParts;
  readonly #byPackage: Map<string, Advisory[]>;

  constructor(parts: MemoryIndexParts = {}) {
    this.#parts = parts;
    this.sources = parts.sources ?? [];
    this.#byPackage = Map.groupBy(parts.advisories ?? [], (one) => `${one.ecosystem} ${one.package}`);
  }

  coverage(of: string): Coverage {
    return this.#parts.coverage?.[of] ?? "full";
  }

  lookUp(of: string, name: string): readonly Advisory[] {
    this.lookUps.push(`${of} ${name}`);
    return this.#byPackage.get(`${of} ${name}`) ?? [];
  }

  details(id: string): VulnerabilityDetails | undefined {
    return this.#parts.details?.find((one) => one.id === id);
  }

  enrichment(id: string): Enrichment {
    return this.#parts.enrichments?.[id] ?? { knownExploited: false };
  }

  repositoryCpes(repository: string): readonly string[] | undefined {
    return this.#parts.repositories?.[repository];
  }

  endOfLife(): EndOfLife | undefined {
    return this.#parts.endOfLife;
  }
}
