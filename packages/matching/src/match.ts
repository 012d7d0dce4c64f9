import {
  type AdvisoryIndex,
  type AssessmentReason,
  type Clearance,
  type Distro,
  type Ecosystem,
  type Finding,
  isFromDistribution,
  isVendorOf,
  type Package,
  readFunctions,
} from "@pratique/core";
import { schemeOf, type VersionScheme } from "@pratique/versioning";
import type { AliasGroup } from "./alias-groups.ts";
import { Channels } from "./channels.ts";
import { clearingWord } from "./clearances.ts";
import { coverPackages, endOfLifeReason, staleReasons } from "./coverage.ts";
import { compareFindings, FindingWriter } from "./finding-writer.ts";
import { compareText } from "./identifier.ts";
import { judgeByLanguage } from "./judge-language.ts";
import type { Judgement } from "./judgement.ts";
import { isKernelPart } from "./kernel.ts";
import { CODE_NOT_IN_PROGRAM, isCodeMissing } from "./program-code.ts";
import { ReasonList } from "./reason-list.ts";
import { type PackageRecords, RecordReader } from "./records.ts";
import { aboutBuild, buildKey, type InstalledBuild, judgeBuild } from "./rpm-builds.ts";
import { type Subject, subjectOf } from "./subject.ts";
import { judgeWithSubscriptions } from "./ubuntu-pro.ts";

/** What is installed, and in which distribution. */
export interface MatchInput {
  readonly distro?: Distro | undefined;
  readonly packages: readonly Package[];
}

export interface MatchOptions {
  /** How many reasons are listed one by one; default {@link DEFAULT_MAX_REASONS}. */
  readonly maxReasons?: number;
  /** Whether distributions' words that clear packages are gathered, too; there are far more of them than findings. */
  readonly withClearances?: boolean;
}

export interface MatchResult {
  /** Worst first, then exploited, then by identifier and package: the same input gives the same list. */
  readonly findings: readonly Finding[];
  /** Why the findings may not be all there are. Empty means that every package could be judged. */
  readonly reasons: readonly AssessmentReason[];
  /** How many of the packages could be held against any advisories at all. */
  readonly judgedPackages: number;
  /** By identifier and package; empty where they were not asked for. */
  readonly clearances: readonly Clearance[];
}

const DEFAULT_MAX_REASONS = 1000;

/**
 * Finds the vulnerabilities of installed packages: one finding for each package and vulnerability, whatever the
 * number of advisories about it. Packages of a distribution are judged by its own advisories on their source
 * packages. What cannot be judged is in the reasons, never taken for safe. Throws only what the index throws.
 */
export function match(input: MatchInput, index: AdvisoryIndex, options: MatchOptions = {}): MatchResult {
  const matcher = new Matcher(index, options);
  return matcher.match(input);
}

/** The judgements on one version of one package; those of "not affected" are left out. */
type Judgements = readonly (readonly [AliasGroup, Judgement])[];

interface OwnerRecords {
  /** Of what the distribution says of the package. */
  readonly identifiers: ReadonlySet<string>;
  /** Whether silence means something: the starter advisories are silent on almost everything. */
  readonly isComplete: boolean;
}

class Matcher {
  readonly #index: AdvisoryIndex;
  readonly #records: RecordReader;
  readonly #writer: FindingWriter;
  readonly #reasons: ReasonList;
  readonly #judged = new Map<PackageRecords, Map<string, Judgements>>();
  /** What the distribution judges, by package id. */
  readonly #owners = new Map<string, Subject>();
  /** What the distribution says of a build of an owner, of which there are several under one name. */
  readonly #heard = new Map<Subject, ReadonlySet<string>>();
  readonly #findings: Finding[] = [];
  readonly #clearances: Clearance[] = [];
  readonly #withClearances: boolean;
  #distro: Distro | undefined;
  #channels: Channels | undefined;
  #services: readonly string[] = [];

  constructor(
    index: AdvisoryIndex,
    { maxReasons = DEFAULT_MAX_REASONS, withClearances = false }: MatchOptions,
  ) {
    this.#index = index;
    this.#records = new RecordReader(index);
    this.#writer = new FindingWriter(index);
    this.#reasons = new ReasonList(maxReasons);
    this.#withClearances = withClearances;
  }

  match({ distro, packages }: MatchInput): MatchResult {
    this.#distro = distro;
    this.#services = distro?.services ?? [];
    this.#channels = new Channels(this.#index, distro);
    const ended = endOfLifeReason(distro, this.#index);
    if (ended !== undefined) this.#reasons.add(ended);
    const subjects: Subject[] = [];
    for (const { packages: members, ecosystem, reason } of coverPackages(packages, distro, this.#index)) {
      if (reason !== undefined) this.#reasons.add(reason);
      if (ecosystem === undefined) continue;
      for (const member of members) subjects.push(subjectOf(member, ecosystem));
    }
    if (packages.length > 0) {
      for (const reason of staleReasons(this.#index)) this.#reasons.add(reason);
    }
    for (const subject of subjects) {
      if (isFromDistribution(subject.package.type)) this.#owners.set(subject.package.id, subject);
    }
    for (const subject of subjects) {
      this.#matchSubject(subject);
      if (this.#withClearances) this.#clearSubject(subject);
    }
    return {
      findings: this.#findings.sort(compareFindings),
      reasons: this.#reasons.toArray(),
      judgedPackages: subjects.length,
      clearances: this.#clearances.sort(compareClearances),
    };
  }

  #matchSubject(subject: Subject): void {
    const scheme = schemeOf(subject.ecosystem);
    if (scheme === undefined) return;
    const records = this.#recordsOf(subject);
    const owner = this.#recordsOfOwner(subject.package);
    const judgements = this.#judge(subject, records, scheme);
    if (judgements.length === 0) return;
    const functions = readFunctions(subject.package.functions ?? "");
    for (const [group, judgement] of judgements) {
      if (owner !== undefined && group.identifiers.some((id) => owner.identifiers.has(id))) continue;
      if (judgement.kind === "unparsed") {
        this.#reasons.add(unparsedReason(subject, records.name, judgement, scheme));
        continue;
      }
      const isMissing = isCodeMissing(functions, group.advisories);
      const isDoubtful =
        isMissing ||
        judgement.advisory.doubtful === true ||
        this.#isDoubtful(subject.package, owner) ||
        (!isFromDistribution(subject.package.type) && this.#writer.isRejected(group));
      const confidence = isDoubtful ? "low" : undefined;
      const told = isMissing ? { ...judgement, note: CODE_NOT_IN_PROGRAM } : judgement;
      this.#findings.push(this.#writer.write(group, told, subject.package.id, confidence));
    }
  }

  /**
   * Gathers what the distribution says in favour of a package: its own, or one of a language that came with one of its
   * own and is judged with that.
   */
  #clearSubject(subject: Subject): void {
    const { type, ownedBy, id: packageId } = subject.package;
    const isDistributed = isFromDistribution(type);
    const judged = isDistributed ? subject : ownedBy === undefined ? undefined : this.#owners.get(ownedBy);
    const scheme = judged === undefined ? undefined : schemeOf(judged.ecosystem);
    if (judged === undefined || scheme === undefined) return;
    const records = this.#recordsOf(judged);
    const open = new Set(this.#judge(judged, records, scheme).map(([group]) => group));
    const known = isDistributed ? undefined : this.#recordsOf(subject).identifiers;
    for (const group of records.groups) {
      if (open.has(group) || known?.isDisjointFrom(new Set(group.identifiers)) === true) continue;
      const word = clearingWord(group, {
        package: this.#buildOf(judged.package),
        version: judged.version,
        scheme,
      });
      if (word !== undefined) this.#clearances.push({ ...word, packageId });
    }
  }

  #isDoubtful(found: Package, owner: OwnerRecords | undefined): boolean {
    return (
      owner?.isComplete === true ||
      found.isInert === true ||
      isPartOfAnotherKernel(found) ||
      isOfAnotherVendor(found, this.#distro)
    );
  }

  #recordsOf(subject: Subject): PackageRecords {
    return this.#records.recordsOf(subject, { fromDistribution: isFromDistribution(subject.package.type) });
  }

  /**
   * What the distribution says of the package that brought a language package's files. It patches without raising
   * the version, so its word on a vulnerability, whatever it is, stands for the language package as well.
   */
  #recordsOfOwner({ ownedBy, type }: Package): OwnerRecords | undefined {
    if (ownedBy === undefined || isFromDistribution(type)) return undefined;
    const owner = this.#owners.get(ownedBy);
    if (owner === undefined) return undefined;
    const isComplete = this.#index.coverage(owner.ecosystem) === "full";
    return { identifiers: this.#identifiersOf(owner), isComplete };
  }

  #buildOf(found: Package): InstalledBuild {
    if (found.type !== "rpm") return found;
    const channels = this.#channels?.of(found);
    return channels === undefined ? found : { ...found, channels };
  }

  #identifiersOf(owner: Subject): ReadonlySet<string> {
    const records = this.#recordsOf(owner);
    if (owner.package.type !== "rpm") return records.identifiers;
    const known = this.#heard.get(owner);
    if (known !== undefined) return known;
    const heard = records.groups.filter(
      ({ advisories }) => aboutBuild(advisories, this.#buildOf(owner.package)).length > 0,
    );
    const identifiers = new Set(heard.flatMap((group) => group.identifiers));
    this.#heard.set(owner, identifiers);
    return identifiers;
  }

  /** Many packages are built from one source in one version: it is judged once. */
  #judge({ package: found, version }: Subject, records: PackageRecords, scheme: VersionScheme): Judgements {
    const byVersion = this.#judged.get(records) ?? new Map<string, Judgements>();
    this.#judged.set(records, byVersion);
    const installed = this.#buildOf(found);
    const key = found.type === "rpm" ? buildKey(installed) : version;
    const known = byVersion.get(key);
    if (known !== undefined) return known;
    const judge = isFromDistribution(found.type) ? judgeWithSubscriptions : judgeByLanguage;
    const services = this.#services;
    const judgements: (readonly [AliasGroup, Judgement])[] = [];
    for (const group of records.groups) {
      const judgement =
        found.type === "rpm"
          ? judgeBuild(group.advisories, installed, (heard, of) =>
              judge(heard, { scheme, version: of, services }),
            )
          : judge(group.advisories, { scheme, version, services });
      if (judgement !== undefined) judgements.push([group, judgement]);
    }
    byVersion.set(key, judgements);
    return judgements;
  }
}

function compareClearances(left: Clearance, right: Clearance): number {
  return compareText(left.id, right.id) || compareText(left.packageId, right.packageId);
}

function isPartOfAnotherKernel(found: Package): boolean {
  return isFromDistribution(found.type) && isKernelPart(found);
}

/** Advisories do not speak of what somebody else built, whose version only looks like that of their own. */
function isOfAnotherVendor({ type, vendor }: Package, distro: Distro | undefined): boolean {
  if (vendor === undefined) return false;
  return type === "rpm" ? !isVendorOf(distro, vendor) : true;
}

/** One reason for a bad version, however many advisories it leaves open; one for each bad advisory. */
function unparsedReason(
  { package: found, version, ecosystem }: Subject,
  name: string,
  { advisory, message }: Extract<Judgement, { kind: "unparsed" }>,
  scheme: VersionScheme,
): AssessmentReason {
  const [path] = found.paths;
  const where = scheme.isValid(version) ? `, advisory ${JSON.stringify(advisory.document)}` : "";
  return {
    code: "VERSION_UNPARSED",
    message: `${packageWord(ecosystem)} package ${JSON.stringify(name)}${where}: ${message}`,
    ...(path === undefined ? {} : { path }),
  };
}

function packageWord(ecosystem: Ecosystem): string {
  return ecosystem.split(":")[0] ?? ecosystem;
}
