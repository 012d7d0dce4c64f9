import type {
  Clearance,
  Finding,
  FindingStatus,
  Package,
  ScanReport,
  VexJustification,
} from "@pratique/core";
import { updateText } from "../assessment-words.ts";
import { statusWords } from "../rows.ts";

/** The words that every VEX format has for what a product has to do with a vulnerability. */
export type VexWord = "not_affected" | "affected" | "fixed" | "under_investigation";

export const vexWords = [
  "not_affected",
  "affected",
  "fixed",
  "under_investigation",
] as const satisfies readonly VexWord[];

/** What may be done about what affects a product. */
export type VexAction = "update" | "accept" | "none-planned" | "none-yet";

/** One vulnerability, in all packages of one image of which the same holds. */
export interface VexStatement {
  readonly vulnerability: string;
  /** Other names, none of which names another vulnerability of the document. */
  readonly aliases: readonly string[];
  readonly title?: string;
  readonly word: VexWord;
  /** Package URLs, each once, sorted. With a path behind `#` where the package URL alone would say too much. */
  readonly products: readonly string[];
  readonly justification?: VexJustification;
  /** Why, or what to do, for people: never empty. */
  readonly text: string;
  /** What to do; exactly where the product is affected. */
  readonly action?: VexAction;
}

/** A person's decision to live with a vulnerability for a while. */
export interface Acceptance {
  readonly exception: string;
  readonly owner: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly expires: string;
}

export interface VexInput {
  readonly report: ScanReport;
  readonly clearances: readonly Clearance[];
  /** What has been decided about a finding; undefined where nothing has. */
  readonly acceptanceOf?: (finding: Finding) => Acceptance | undefined;
  /** Only these; all where absent. */
  readonly words?: ReadonlySet<VexWord>;
}

type Said = Omit<VexStatement, "products" | "aliases"> & { readonly aliases: readonly string[] };

/**
 * What a report, and the distributions' words that clear packages, say as VEX: sorted by vulnerability. Of one
 * vulnerability in one package there is one statement, and what counts in the report is never called harmless.
 */
export function vexStatements({
  report,
  clearances,
  acceptanceOf,
  words,
}: VexInput): readonly VexStatement[] {
  const packages = new Map(report.packages.map((member) => [member.id, member]));
  const said = new Map<string, Map<string, Said>>();
  const say = (packageId: string, statement: Said): void => {
    const ofVulnerability = said.get(statement.vulnerability) ?? new Map<string, Said>();
    said.set(statement.vulnerability, ofVulnerability);
    if (packages.has(packageId) && !ofVulnerability.has(packageId)) ofVulnerability.set(packageId, statement);
  };
  for (const finding of report.findings) {
    const owner = packages.get(finding.packageId);
    if (owner !== undefined) say(owner.id, ofFinding(finding, owner, acceptanceOf?.(finding)));
  }
  for (const clearance of clearances) say(clearance.packageId, ofClearance(clearance));
  const siblings = Map.groupBy(report.packages, ({ purl }) => purl);
  const shared = sharedAliases(said);
  const statements = [...said.values()].flatMap((byPackage) =>
    joined(byPackage, { packages, siblings, shared }),
  );
  return statements
    .filter(({ word }) => words?.has(word) ?? true)
    .sort((left, right) => compareText(keyOf(left), keyOf(right)));
}

function ofFinding(finding: Finding, owner: Package, acceptance: Acceptance | undefined): Said {
  const { id, aliases, title, suppressed, status, fixedVersion, note, source, confidence } = finding;
  const common = { vulnerability: id, aliases, ...(title !== undefined && { title }) };
  if (suppressed !== undefined) {
    const { by, status: word = "not_affected", justification } = suppressed;
    return { ...common, word, ...(justification !== undefined && { justification }), text: by };
  }
  const remark = note === undefined ? "" : `; ${note}`;
  if (status === "under-investigation" || confidence === "low") {
    const doubt = confidence === "low" ? "the match is unsure" : "being looked at";
    return { ...common, word: "under_investigation", text: `${source}: ${doubt}${remark}` };
  }
  const advice =
    fixedVersion === undefined ? `${statusWords[status]}${remark}` : updateText(owner, fixedVersion);
  if (acceptance === undefined) {
    const action = fixedVersion === undefined ? actions[status] : "update";
    return { ...common, word: "affected", action, text: advice };
  }
  const { exception, expires, reason, owner: person } = acceptance;
  const text = `accepted until ${expires.slice(0, 10)} by ${person} (${exception}): ${reason}; ${advice}`;
  return { ...common, word: "affected", action: "accept", text };
}

const actions: Readonly<Record<FindingStatus, VexAction>> = {
  affected: "none-yet",
  "end-of-life": "none-planned",
  "fix-deferred": "none-yet",
  fixed: "update",
  "under-investigation": "none-yet",
  "will-not-fix": "none-planned",
};

function ofClearance({ id, aliases, kind, source, advisory, fixedVersion, note }: Clearance): Said {
  const document = advisory === id ? "" : ` (${advisory})`;
  const remark = note === undefined ? "" : `; ${note}`;
  return kind === "fixed"
    ? {
        vulnerability: id,
        aliases,
        word: "fixed",
        text: `${source}: fixed in ${fixedVersion}${document}${remark}`,
      }
    : {
        vulnerability: id,
        aliases,
        word: "not_affected",
        text: `${source}: not affected${document}${remark}`,
      };
}

/** Names that stand for several vulnerabilities, as those of bulletins do: a reader would take one for the other. */
function sharedAliases(said: ReadonlyMap<string, ReadonlyMap<string, Said>>): ReadonlySet<string> {
  const owners = new Map<string, string>();
  const shared = new Set<string>(said.keys());
  for (const [vulnerability, byPackage] of said) {
    for (const { aliases } of byPackage.values()) {
      for (const alias of aliases) {
        const owner = owners.get(alias);
        if (owner === undefined) owners.set(alias, vulnerability);
        else if (owner !== vulnerability) shared.add(alias);
      }
    }
  }
  return shared;
}

interface Context {
  readonly packages: ReadonlyMap<string, Package>;
  readonly siblings: ReadonlyMap<string, readonly Package[]>;
  readonly shared: ReadonlySet<string>;
}

/** The packages of which the same is said, in one statement. */
function joined(byPackage: ReadonlyMap<string, Said>, context: Context): readonly VexStatement[] {
  const groups = new Map<string, { readonly said: Said; readonly products: Set<string> }>();
  for (const [packageId, said] of byPackage) {
    const member = context.packages.get(packageId);
    if (member === undefined) continue;
    const key = sayingOf(said);
    const group = groups.get(key) ?? { said, products: new Set() };
    groups.set(key, group);
    const others = context.siblings.get(member.purl) ?? [];
    const isSame = others.every(({ id }) => wordIn(byPackage, id) === key);
    group.products.add(isSame ? member.purl : placedPurl(member));
  }
  return [...groups.values()].map(({ said, products }) => ({
    ...said,
    aliases: said.aliases.filter((alias) => !context.shared.has(alias)),
    products: [...products].sort(compareText),
  }));
}

function wordIn(byPackage: ReadonlyMap<string, Said>, packageId: string): string | undefined {
  const said = byPackage.get(packageId);
  return said === undefined ? undefined : sayingOf(said);
}

function sayingOf({ word, justification, text }: Said): string {
  return JSON.stringify([word, justification, text]);
}

/** Tells one of several packages with the same package URL by the file that proves it. */
function placedPurl({ purl, paths }: Package): string {
  const [path = ""] = paths;
  const place = path.toWellFormed().split("/").map(encodeURIComponent).join("/");
  return place === "" ? purl : `${purl}#${place}`;
}

function keyOf({ vulnerability, word, text }: VexStatement): string {
  return `${vulnerability}\n${word}\n${text}`;
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
