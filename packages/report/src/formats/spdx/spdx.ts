import type { Distro, Finding, Package, ScanReport, ScanTarget } from "@pratique/core";
import { reasonText } from "../../assessment-words.ts";
import { documentLicense } from "../../document-license.ts";
import { imageNameOf, imagePurl, plainImageName } from "../../image-name.ts";
import { inTurn, jsonText } from "../../json-text.ts";
import {
  distroProperties,
  type OwnProperty,
  packageProperties,
  pathProperties,
} from "../../own-properties.ts";
import type { RenderContext, ReportFormat } from "../../report-format.ts";
import { hashOf, stableUuid } from "../../stable-uuid.ts";
import { vulnerabilityPage } from "../../vulnerability-page.ts";

const DOCUMENT = "SPDXRef-DOCUMENT";
const IMAGE = "SPDXRef-Image";
const SYSTEM = "SPDXRef-OperatingSystem";
const UNKNOWN = "NOASSERTION";

/**
 * SPDX 2.3 as JSON: what is installed and which package brought which. Findings are references of the category
 * SECURITY (annex F.2), suppressed ones are left out. Licences are what packages declare; nobody has concluded any.
 */
export const spdx: ReportFormat = {
  name: "spdx",
  description: "SPDX 2.3 as JSON, a bill of materials",
  render: (report, context) => jsonText(documentOf(report, context)),
};

function documentOf(report: ScanReport, { version, inventoryOnly = false }: RenderContext): object {
  const { target, packages } = report;
  const name = plainImageName(target);
  const uuid = stableUuid([
    target.reference,
    target.digest ?? "",
    report.scannedAt,
    ...packages.map(({ id }) => id),
  ]);
  const created = toSeconds(report.scannedAt);
  const tool = `Tool: pratique-${version}`;
  const annotate: Annotate = (comment) => ({
    annotationDate: created,
    annotationType: "OTHER",
    annotator: tool,
    comment,
  });
  return {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: DOCUMENT,
    name,
    documentNamespace: `https://spdx.org/spdxdocs/${name}-${uuid}`,
    creationInfo: { created, creators: [tool] },
    ...(report.assessment.reasons.length === 0
      ? {}
      : {
          annotations: report.assessment.reasons.map((reason) =>
            annotate(`${reason.code}: ${reasonText(reason)}`),
          ),
        }),
    packages: inTurn(packagesOf(report, { findings: inventoryOnly ? [] : report.findings, annotate })),
    relationships: inTurn(relationshipsOf(report)),
    ...extractedLicenses(packages),
  };
}

/** What stands for licences that are not on the list (clause 10). */
function extractedLicenses(packages: readonly Package[]): object {
  const texts = new Map<string, string>();
  for (const { licenses = [] } of packages) {
    for (const [name, text] of documentLicense(licenses)?.references ?? []) texts.set(name, text);
  }
  if (texts.size === 0) return {};
  return {
    hasExtractedLicensingInfos: [...texts].map(([licenseId, extractedText]) => ({
      licenseId,
      extractedText,
    })),
  };
}

type Annotate = (comment: string) => object;

/** The form knows no fractions of a second (clause 6.9). */
function toSeconds(time: string): string {
  return `${time.slice(0, "2026-01-01T00:00:00".length)}Z`;
}

interface PackageContext {
  readonly findings: readonly Finding[];
  readonly annotate: Annotate;
}

function* packagesOf(
  { target, packages }: ScanReport,
  { findings, annotate }: PackageContext,
): Generator<object> {
  yield imagePackage(target);
  if (target.distro !== undefined) yield systemPackage(target.distro, annotate);
  const pages = pagesByPackage(findings);
  for (const member of packages) yield packageOf(member, pages.get(member.id) ?? new Set(), annotate);
}

function systemPackage(distro: Distro, annotate: Annotate): object {
  return {
    SPDXID: SYSTEM,
    name: distro.id,
    ...(distro.version !== "" && { versionInfo: distro.version }),
    primaryPackagePurpose: "OPERATING-SYSTEM",
    ...unknowns,
    annotations: distroProperties(distro).map(commentOf).map(annotate),
  };
}

/** What the form has no member for, as other tools write it there, too: `name: value`. */
function commentOf([name, value]: OwnProperty): string {
  return `${name}: ${value}`;
}

function imagePackage(target: ScanTarget): object {
  const { tag } = imageNameOf(target);
  const purl = imagePurl(target);
  return {
    SPDXID: IMAGE,
    name: target.reference,
    versionInfo: target.digest ?? tag,
    primaryPackagePurpose: "CONTAINER",
    ...unknowns,
    ...(purl === undefined ? {} : { externalRefs: [purlReference(purl)] }),
  };
}

function packageOf(member: Package, pages: ReadonlySet<string>, annotate: Annotate): object {
  const { id, type, name, version, purl, source, licenses = [], paths } = member;
  const found = paths.length === 0 ? "" : `found in ${paths.join(", ")}`;
  const built = source === undefined ? "" : `built from ${source.name} ${source.version}`;
  const origin = [found, built].filter((part) => part !== "").join("; ");
  return {
    SPDXID: spdxId(id),
    name,
    versionInfo: version,
    primaryPackagePurpose: type === "generic" ? "APPLICATION" : "LIBRARY",
    ...(origin === "" ? {} : { sourceInfo: origin }),
    ...unknowns,
    licenseDeclared: documentLicense(licenses)?.expression ?? UNKNOWN,
    externalRefs: [
      purlReference(purl),
      ...[...pages].map((page) => ({
        referenceCategory: "SECURITY",
        referenceType: "advisory",
        referenceLocator: page,
      })),
    ],
    annotations: [...packageProperties(member), ...pathProperties(member)].map(commentOf).map(annotate),
  };
}

/** What the form asks for and an image does not tell. */
const unknowns = {
  supplier: UNKNOWN,
  downloadLocation: UNKNOWN,
  filesAnalyzed: false,
  licenseConcluded: UNKNOWN,
  licenseDeclared: UNKNOWN,
  copyrightText: UNKNOWN,
};

function purlReference(purl: string): object {
  return { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: purl };
}

function pagesByPackage(findings: readonly Finding[]): ReadonlyMap<string, ReadonlySet<string>> {
  const pages = new Map<string, Set<string>>();
  for (const { id, packageId, suppressed } of findings) {
    if (suppressed !== undefined) continue;
    const set = pages.get(packageId) ?? new Set();
    pages.set(packageId, set.add(vulnerabilityPage(id)));
  }
  return pages;
}

function* relationshipsOf({ target, packages }: ScanReport): Generator<object> {
  yield relationship(DOCUMENT, "DESCRIBES", IMAGE);
  if (target.distro !== undefined) yield relationship(IMAGE, "CONTAINS", SYSTEM);
  const ids = new Set(packages.map(({ id }) => id));
  for (const { id, ownedBy } of packages) {
    const owner = ownedBy !== undefined && ids.has(ownedBy) && ownedBy !== id ? spdxId(ownedBy) : IMAGE;
    yield relationship(owner, "CONTAINS", spdxId(id));
  }
}

function relationship(from: string, type: string, to: string): object {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}

/** Letters, digits, dots and dashes are all that is allowed (clause 7.2): a hash stands for the rest. */
function spdxId(id: string): string {
  return `SPDXRef-Package-${hashOf([id]).slice(0, 32)}`;
}
