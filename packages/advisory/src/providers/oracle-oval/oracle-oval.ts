import type { LocatedFile } from "@pratique/archive";
import { ecosystem } from "@pratique/core";
import { type Condition, type Criterion, conditionsOf, type Meaning } from "../../oval/criteria.ts";
import { type DefinitionFacts, detailsOf, isOval, readDefinitions } from "../../oval/definition.ts";
import { type FixFor, joinFixes } from "../architectures.ts";
import { withoutZeroEpoch } from "../rpm-version.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";

/**
 * Oracle's errata (ELSA) as OVAL: fixes only. The comments of the criteria hold all that the tests hold, so that one
 * definition at a time is enough.
 */
export const oracleOval: Provider = {
  name: "oracle-oval",
  version: 1,
  feeds: [],
  wants: isOval,
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  for await (const facts of readDefinitions(file, sink, "elsa")) readErratum(facts, sink);
}

function readErratum(facts: DefinitionFacts, sink: AdvisorySink): void {
  const packages = packagesIn(conditionsOf(facts.criteria, meaningOf));
  if (packages.length === 0) {
    sink.ignored(facts.document, "names no versions of a package");
    return;
  }
  const ids = facts.cves.length > 0 ? facts.cves : [facts.document];
  for (const id of ids) {
    for (const package_ of packages) addAdvisories(id, package_, facts, sink);
    sink.details(detailsOf(id, facts));
  }
}

interface PackageFix {
  readonly name: string;
  readonly fixed: string;
}

function meaningOf({ comment }: Criterion): Meaning<PackageFix> {
  const { platform, architecture, module, name, fixed } =
    /^(?<platform>Oracle Linux \d+) is installed$/u.exec(comment)?.groups ??
    /^Oracle Linux arch is (?<architecture>\S+)$/u.exec(comment)?.groups ??
    /^Module (?<module>\S+) is enabled$/u.exec(comment)?.groups ??
    /^(?<name>\S+) is earlier than (?<fixed>\S+)$/u.exec(comment)?.groups ??
    {};
  if (platform !== undefined) return { kind: "platform", platform };
  if (architecture !== undefined) return { kind: "architecture", architecture };
  if (module !== undefined) return { kind: "module", module };
  if (name !== undefined && fixed !== undefined) {
    return { kind: "fact", fact: { name, fixed: withoutZeroEpoch(fixed) } };
  }
  return { kind: "other" };
}

/** One package of one release, as far as builds of one kind are meant. */
interface ErratumPackage {
  readonly platform: string;
  readonly name: string;
  readonly module?: string;
  readonly build?: string;
  readonly fixes: FixFor[];
}

function packagesIn(conditions: readonly Condition<PackageFix>[]): readonly ErratumPackage[] {
  const packages = new Map<string, ErratumPackage>();
  for (const { facts, platforms, architectures, module } of conditions) {
    for (const { name, fixed } of facts) {
      for (const platform of platforms) {
        const build = flavourOf(fixed);
        const key = [platform, name, module, build].join("\n");
        const known = packages.get(key) ?? {
          platform,
          name,
          ...(module === undefined ? {} : { module }),
          ...(build === undefined ? {} : { build }),
          fixes: [],
        };
        packages.set(key, known);
        known.fixes.push({ fixed, architectures });
      }
    }
  }
  return [...packages.values()];
}

/**
 * Builds for live patching and the validated ones of FIPS 140 have higher epochs than all others, from repositories
 * that few have enabled: their fixes are none for ordinary builds.
 */
function flavourOf(fixed: string): string | undefined {
  if (fixed.includes("ksplice")) return "ksplice";
  return fixed.includes("fips") ? "fips" : undefined;
}

function addAdvisories(
  id: string,
  { platform, name, module, build, fixes }: ErratumPackage,
  { document, severity }: DefinitionFacts,
  sink: AdvisorySink,
): void {
  for (const { fixed, architectures } of joinFixes(fixes)) {
    sink.advisory({
      id,
      aliases: [],
      document,
      ecosystem: ecosystem(platform.replace(/ (\d+)$/u, ":$1")),
      package: name,
      ranges: [{ ...lineOf(name, fixed), fixed }],
      status: "fixed",
      severity,
      ...(module === undefined ? {} : { module }),
      ...(architectures === undefined ? {} : { architectures }),
      ...(build === undefined ? {} : { build }),
    });
  }
}

/**
 * A release offers several of Oracle's kernels under one name, each fixed for itself: `4.14.35-…` beside `5.4.17-…`.
 * What an erratum says begins with the version of its own line.
 */
function lineOf(name: string, fixed: string): { introduced?: string } {
  if (!name.startsWith("kernel-uek")) return {};
  const [line] = fixed.split("-", 1);
  return line === undefined ? {} : { introduced: line };
}
