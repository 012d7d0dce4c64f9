import type { Advisory, VulnerabilityDetails } from "@pratique/core";
import type { ReleaseEnd } from "../end-of-life/release-end.ts";
import type { Repository } from "../providers/source-reader.ts";
import type { AnySink } from "../readers.ts";
import { faultOf, isName } from "./limits.ts";
import type { Sample } from "./source-record.ts";
import type { Stage } from "./stage.ts";

const MAX_SAMPLES = 5;
const MAX_CPES = 256;
const MAX_SAMPLE_LENGTH = 200;

/** Checks and counts what a reader gives of one source, and puts it into the stage. */
export class SourceSink implements AnySink {
  readonly samples: Sample[] = [];
  entries = 0;
  advisories = 0;
  enrichments = 0;
  malformedEntries = 0;
  ignoredEntries = 0;
  readonly #stage: Stage;
  readonly #source: number;

  constructor(stage: Stage, source: number) {
    this.#stage = stage;
    this.#source = source;
  }

  entry(): void {
    this.entries += 1;
  }

  malformed(where: string, reason: string): void {
    this.malformedEntries += 1;
    if (this.samples.length < MAX_SAMPLES) this.samples.push({ where: cut(where), reason: cut(reason) });
  }

  ignored(_where: string, _reason: string): void {
    this.ignoredEntries += 1;
  }

  advisory(advisory: Omit<Advisory, "source">): void {
    const fault = faultOf(advisory);
    if (fault !== undefined) {
      this.malformed(advisory.document, fault);
      return;
    }
    this.advisories += 1;
    this.#stage.addAdvisory(advisory, this.#source);
  }

  details(details: VulnerabilityDetails): void {
    this.#stage.addDetails(details, this.#source);
  }

  enrichment(id: string, facts: { readonly knownExploited?: boolean; readonly epss?: number }): void {
    if (!isName(id)) {
      this.malformed(id, "expected an identifier");
      return;
    }
    this.enrichments += 1;
    this.#stage.addEnrichment(id, facts, this.#source);
  }

  endOfLife(end: ReleaseEnd): void {
    if (!isName(end.distro) || !isName(end.release)) {
      this.malformed(end.distro, "expected a release of a distribution");
      return;
    }
    this.enrichments += 1;
    this.#stage.addReleaseEnd(end, this.#source);
  }

  repository(repository: Repository): void {
    const { name, cpes } = repository;
    if (!isName(name) || cpes.length > MAX_CPES || !cpes.every(isName)) {
      this.malformed(name, "expected a repository with a few CPEs");
      return;
    }
    this.enrichments += 1;
    this.#stage.addRepository(repository, this.#source);
  }
}

function cut(text: string): string {
  const clean = text.replace(/\p{C}/gu, " ");
  return clean.length <= MAX_SAMPLE_LENGTH ? clean : `${clean.slice(0, MAX_SAMPLE_LENGTH)}…`;
}
