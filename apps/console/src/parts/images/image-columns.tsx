import type { ImageSummary } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { formatBytes, shortDigest } from "../../text/format.ts";
import { AssessmentLabel, VerdictLabel } from "../launches/verdict-label.tsx";
import type { Column } from "../lists/list-table.tsx";
import { Reference } from "../reference.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { SeverityCounts } from "../severity-label.tsx";

/** Images with what was found in them. */
export const imageColumns: readonly Column<ImageSummary>[] = [
  { label: "Image", sort: "reference", cell: (image) => <Name image={image} /> },
  { label: "Findings", sort: "severity", cell: (image) => <Findings image={image} /> },
  { label: "Assessment", cell: ({ assessment }) => <AssessmentLabel state={assessment} /> },
  { label: "Last verdict", cell: ({ lastVerdict }) => <VerdictLabel verdict={lastVerdict} /> },
  {
    label: "Size",
    isNumber: true,
    sort: "size",
    cell: ({ sizeBytes }) => (
      <span className="nowrap">{sizeBytes === undefined ? "unknown" : formatBytes(sizeBytes)}</span>
    ),
  },
  { label: "Scanned", sort: "scanned", cell: ({ scannedAt }) => <RelativeTime time={scannedAt} /> },
];

function Name({ image: { imageId, reference, distro } }: { readonly image: ImageSummary }) {
  return (
    <>
      <Link to="/images/$imageId" params={{ imageId }} className="strong">
        <Reference text={reference} />
      </Link>
      <div className="subtle">{distro ?? `no distribution, ${shortDigest(imageId)}`}</div>
    </>
  );
}

function Findings({ image }: { readonly image: ImageSummary }) {
  const { severities, assessment, fixable, knownExploited } = image;
  return (
    <>
      <SeverityCounts counts={severities} assessment={assessment} isBrief />
      {fixable + knownExploited > 0 && (
        <div className="subtle">
          {knownExploited > 0 && <span className="alarm">{knownExploited} known exploited, </span>}
          {fixable.toLocaleString("en")} with a fix
        </div>
      )}
    </>
  );
}
