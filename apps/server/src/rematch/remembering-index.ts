import {
  type Advisory,
  type AdvisoryIndex,
  type AdvisorySource,
  type Coverage,
  type Distro,
  type Ecosystem,
  type EndOfLife,
  type Enrichment,
  RecentMap,
  type VulnerabilityDetails,
} from "@pratique/core";

/** Of so many packages, and so many vulnerabilities, the answers are kept: those of many images are the same. */
const MAX_PACKAGES = 10_000;
const MAX_VULNERABILITIES = 50_000;

/** An index that keeps its answers while many images are held against it. It never changes, so they stay true. */
export class RememberingIndex implements AdvisoryIndex {
  readonly revision: string;
  readonly sources: readonly AdvisorySource[];
  readonly #index: AdvisoryIndex;
  readonly #advisories = new RecentMap<string, readonly Advisory[]>(MAX_PACKAGES);
  readonly #details = new RecentMap<string, VulnerabilityDetails | undefined>(MAX_VULNERABILITIES);
  readonly #enrichments = new RecentMap<string, Enrichment>(MAX_VULNERABILITIES);

  constructor(index: AdvisoryIndex) {
    this.#index = index;
    this.revision = index.revision;
    this.sources = index.sources;
  }

  coverage(of: Ecosystem): Coverage {
    return this.#index.coverage(of);
  }

  lookUp(of: Ecosystem, packageName: string): readonly Advisory[] {
    return kept(this.#advisories, `${of}\n${packageName}`, () => this.#index.lookUp(of, packageName));
  }

  details(id: string): VulnerabilityDetails | undefined {
    return kept(this.#details, id, () => this.#index.details(id));
  }

  enrichment(id: string): Enrichment {
    return kept(this.#enrichments, id, () => this.#index.enrichment(id));
  }

  repositoryCpes(repository: string): readonly string[] | undefined {
    return this.#index.repositoryCpes?.(repository);
  }

  endOfLife(distro: Distro): EndOfLife | undefined {
    return this.#index.endOfLife?.(distro);
  }
}

function kept<Value>(map: RecentMap<string, Value>, key: string, read: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined || map.has(key)) return known as Value;
  const value = read();
  map.set(key, value);
  return value;
}
