import type { Finding, LicenseFinding, Package, Purl, ScanTarget, Secret, Suppressed } from "@pratique/core";

/** What a report is about, as rules that speak of a whole product need it. */
export interface SuppressionSubject {
  readonly target: ScanTarget;
  /** The software that was judged as a whole, where a document gives its package URL, or what it calls it. */
  readonly purl?: string;
  readonly reference?: string;
  readonly version?: string;
  /** The serial number of the document that was judged, and what that calls its packages, to their ids. */
  readonly serialNumber?: string;
  readonly references?: ReadonlyMap<string, readonly string[]>;
}

/** One finding, and all that a rule may look at. */
export interface Candidate {
  readonly finding: Finding;
  readonly installed: Package;
  /** The package URL of the package, read; undefined where it has none that can be. */
  readonly purl: Purl | undefined;
  readonly subject: SubjectFacts;
}

/** The subject, prepared once. */
export interface SubjectFacts extends SuppressionSubject {
  readonly readPurl: Purl | undefined;
  /** Every package, for rules about what lies in another package. */
  readonly packages: readonly { readonly installed: Package; readonly purl: Purl | undefined }[];
}

/** One statement or one entry of a file, which may take findings or secrets out of the count. */
export interface SuppressionRule {
  /** Where it stands: `.trivyignore:4`; `shop.vex.json, statement 3`. */
  readonly place: string;
  /** What it is about, for people: `CVE-2024-0001`. */
  readonly title: string;
  /** What the report is to say: the place and the rule's own words. */
  readonly by: string;
  /** In capitals: vulnerabilities, rules and fingerprints of secrets, or licences. Empty: whatever the vulnerability. */
  readonly names: readonly string[];
  /**
   * `suppress` takes out of the count; `keep` takes back what an earlier statement of the same kind said. What an
   * ignore file says is not taken back: it is the user's own word.
   */
  readonly effect: "suppress" | "keep";
  /** What a VEX statement says that suppresses; of an ignore file there is none. */
  readonly word?: Omit<Suppressed, "by">;
  readonly kind: "vex" | "ignore";
  /** When it was said, in milliseconds: of statements, the last one holds. */
  readonly time: number;
  /** Absent where it is about no finding. */
  readonly covers?: (candidate: Candidate) => boolean;
  /** Asked of secrets that `names` has; absent where it is about none. */
  readonly coversSecret?: (secret: Secret) => boolean;
  /** Asked of licences that `names` has, with the package; absent where it is about none. */
  readonly coversLicense?: (finding: LicenseFinding, installed: Package) => boolean;
}

/** The rules of one file, and what is not in force of it. */
export interface SuppressionFile {
  readonly name: string;
  /** What kind of file it is, in words: `OpenVEX`, `.trivyignore`. */
  readonly format: string;
  readonly rules: readonly SuppressionRule[];
  /** Entries that are over, each in a sentence. */
  readonly expired: readonly string[];
  /** What could not be read, or is not supported, each in a sentence. */
  readonly problems: readonly string[];
}
