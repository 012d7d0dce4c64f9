import { Label } from "@patternfly/react-core";
import type { FleetFinding, ImageFinding, Vulnerability } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import type { Column } from "../lists/list-table.tsx";
import { Reference } from "../reference.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { SeverityLabel } from "../severity-label.tsx";
import { RiskScore } from "./risk.tsx";

const EPSS_MEANING = "How likely it is to be exploited within 30 days";

const RISK_MEANING = "How urgent it is, from 0 to 100";

/** The findings of one image. */
export const imageFindingColumns = (imageId: string): readonly Column<ImageFinding>[] => [
  {
    label: "Risk",
    info: RISK_MEANING,
    cell: ({ id, risk, packageName, packageVersion, paths: [place] }) => (
      <Link
        to="/images/$imageId/findings/$finding"
        params={{ imageId, finding: id }}
        search={{ package: packageName, version: packageVersion, place }}
        aria-label={`Risk ${risk.score}: why`}
      >
        <RiskScore score={risk.score} />
      </Link>
    ),
  },
  {
    label: "Vulnerability",
    cell: (finding) => (
      <>
        <span className="label-row">
          <VulnerabilityName {...finding} />
          {finding.suppressedBy !== undefined && (
            <Label isCompact>{`suppressed by ${finding.suppressedBy}`}</Label>
          )}
          {finding.confidence === "low" && <Label isCompact>uncertain</Label>}
        </span>
        {finding.title !== undefined && <div className="subtle clamp">{finding.title}</div>}
      </>
    ),
  },
  { label: "Severity", cell: ({ severity }) => <SeverityLabel severity={severity} /> },
  { label: "Package", cell: (finding) => <PackageName {...finding} /> },
  {
    label: "Brought by",
    cell: ({ fromBase, instruction }) => (
      <>
        {baseWords(fromBase)}
        {instruction !== undefined && <div className="subtle clamp break">{instruction}</div>}
      </>
    ),
  },
  { label: "Fixed in", cell: (finding) => <FixedIn {...finding} /> },
  { label: "EPSS", isNumber: true, info: EPSS_MEANING, cell: ({ epss }) => <Epss epss={epss} /> },
  {
    label: "Source",
    cell: ({ source, advisory, id }) => (
      <>
        {source}
        {advisory !== id && <div className="subtle">{advisory}</div>}
      </>
    ),
  },
];

const found: Column<FleetFinding> = {
  label: "Package",
  cell: (finding) => (
    <div className="reference">
      <PackageName {...finding} />
      <div className="subtle">
        {finding.fixedVersion !== undefined && "fixed in "}
        <FixedIn {...finding} />
      </div>
    </div>
  ),
};

const where: readonly Column<FleetFinding>[] = [
  {
    label: "Image",
    cell: ({ imageId, reference }) => (
      <Link to="/images/$imageId" params={{ imageId }}>
        <Reference text={reference} />
      </Link>
    ),
  },
  {
    label: "Running",
    isNumber: true,
    info: "Containers that run this image now",
    cell: ({ running, imageId }) => <Running running={running} imageId={imageId} />,
  },
];

const since: Column<FleetFinding> = {
  label: "First seen",
  sort: "firstSeen",
  cell: ({ firstSeenAt }) => <RelativeTime time={firstSeenAt} />,
};

/** The findings of all images. */
export const fleetFindingColumns: readonly Column<FleetFinding>[] = [
  {
    label: "Risk",
    sort: "risk",
    info: "How urgent it is by itself, from 0 to 85; how its image runs is added on the image's page",
    cell: ({ imageId, id, risk, packageName, packageVersion }) => (
      <Link
        to="/images/$imageId/findings/$finding"
        params={{ imageId, finding: id }}
        search={{ package: packageName, version: packageVersion }}
        aria-label={`Risk ${risk}: why`}
      >
        <RiskScore score={risk} />
      </Link>
    ),
  },
  {
    label: "Vulnerability",
    sort: "id",
    cell: (finding) => (
      <span className="label-row">
        <VulnerabilityName {...finding} />
        {finding.suppressed && <Label isCompact>suppressed</Label>}
      </span>
    ),
  },
  { label: "Severity", sort: "severity", cell: ({ severity }) => <SeverityLabel severity={severity} /> },
  found,
  { label: "EPSS", isNumber: true, sort: "epss", cell: ({ epss }) => <Epss epss={epss} /> },
  ...where,
  since,
];

/** Where one vulnerability was found. */
export const placeColumns: readonly Column<FleetFinding>[] = [
  ...where,
  { label: "Severity", cell: ({ severity }) => <SeverityLabel severity={severity} /> },
  found,
  since,
];

/** Vulnerabilities, each with the number of images that have it. */
export const vulnerabilityColumns: readonly Column<Vulnerability>[] = [
  { label: "Vulnerability", sort: "id", cell: (vulnerability) => <VulnerabilityName {...vulnerability} /> },
  { label: "Severity", sort: "severity", cell: ({ severity }) => <SeverityLabel severity={severity} /> },
  { label: "Images", isNumber: true, sort: "images", cell: ({ images }) => images.toLocaleString("en") },
  {
    label: "Running",
    isNumber: true,
    info: "Containers that run one of these images now",
    cell: ({ running }) => <Running running={running} />,
  },
  {
    label: "Packages",
    cell: ({ packages }) => <span className="break clamp">{packages.join(", ")}</span>,
  },
  { label: "Fix", cell: ({ fixable }) => (fixable ? "yes" : <span className="subtle">none yet</span>) },
  { label: "EPSS", isNumber: true, sort: "epss", cell: ({ epss }) => <Epss epss={epss} /> },
  { label: "First seen", cell: ({ firstSeenAt }) => <RelativeTime time={firstSeenAt} /> },
];

function VulnerabilityName({ id, knownExploited }: Pick<FleetFinding, "id" | "knownExploited">) {
  return (
    <span className="label-row">
      <Link
        to="/findings/vulnerabilities/$vulnerability"
        params={{ vulnerability: id }}
        className="strong nowrap"
      >
        {id}
      </Link>
      {knownExploited && (
        <Label isCompact color="red" variant="outline">
          known exploited
        </Label>
      )}
    </span>
  );
}

function PackageName({
  packageName,
  packageVersion,
  packageType,
}: Pick<FleetFinding, "packageName" | "packageVersion" | "packageType">) {
  return (
    <>
      {packageName}
      <div className="subtle break">
        {packageVersion} ({packageType})
      </div>
    </>
  );
}

const statusWords: Readonly<Record<FleetFinding["status"], string>> = {
  fixed: "fixed",
  affected: "no fix yet",
  "will-not-fix": "will not be fixed",
  "fix-deferred": "fix deferred",
  "under-investigation": "under investigation",
  "end-of-life": "end of life",
};

/** Whose a layer is. */
export function baseWords(fromBase: ImageFinding["fromBase"]): string {
  if (fromBase === "unknown") return "not known";
  return fromBase ? "the base image" : "the image itself";
}

/** The version that mends it, or what its maker says. */
export function FixedIn({ fixedVersion, status }: Pick<FleetFinding, "fixedVersion" | "status">) {
  return fixedVersion === undefined ? (
    <span className="subtle">{statusWords[status]}</span>
  ) : (
    <span className="break">{fixedVersion}</span>
  );
}

/** How likely a vulnerability is to be exploited. */
export function Epss({ epss }: { readonly epss: number | undefined }) {
  if (epss === undefined) return <span className="subtle">not rated</span>;
  return <span className="nowrap">{`${(epss * 100).toFixed(1)} %`}</span>;
}

/** How many containers run something, and the way to them. */
export function Running({ running, imageId }: { readonly running: number; readonly imageId?: string }) {
  if (running === 0) return <span className="subtle">none</span>;
  const text = running.toLocaleString("en");
  if (imageId === undefined) return text;
  return (
    <Link to="/containers" search={{ imageId, state: "running" }}>
      {text}
    </Link>
  );
}
