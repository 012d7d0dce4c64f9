import { Table, Tbody, Td, Th, Thead, type ThProps, Tr } from "@patternfly/react-table";
import type { ImageSummary } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { formatBytes, shortDigest } from "../text/format.ts";
import { RelativeTime } from "./relative-time.tsx";
import { SeverityCounts } from "./severity-label.tsx";
import { AssessmentLabel, VerdictLabel } from "./verdict-label.tsx";

export type ImageColumn = "reference" | "severity" | "size" | "scanned";

interface ImageTableProps {
  readonly images: readonly ImageSummary[];
  /** How a column is sorted; absent where the table cannot be. */
  readonly sortOf?: (column: ImageColumn) => ThProps["sort"];
}

/** Images with what was found in them. */
export function ImageTable({ images, sortOf = () => undefined }: ImageTableProps) {
  return (
    <Table variant="compact" aria-label="Images" gridBreakPoint="grid-lg">
      <Thead>
        <Tr>
          <SortableTh label="Image" sort={sortOf("reference")} />
          <SortableTh label="Findings" sort={sortOf("severity")} />
          <Th>Assessment</Th>
          <Th>Last verdict</Th>
          <SortableTh label="Size" sort={sortOf("size")} />
          <SortableTh label="Scanned" sort={sortOf("scanned")} />
        </Tr>
      </Thead>
      <Tbody>
        {images.map((image) => (
          <ImageRow key={image.imageId} image={image} />
        ))}
      </Tbody>
    </Table>
  );
}

function SortableTh({ label, sort }: { readonly label: string; readonly sort: ThProps["sort"] }) {
  return sort === undefined ? (
    <Th>{label}</Th>
  ) : (
    <Th modifier="nowrap" sort={sort}>
      {label}
    </Th>
  );
}

function ImageRow({ image }: { readonly image: ImageSummary }) {
  const { imageId, reference, distro, severities, fixable, knownExploited } = image;
  return (
    <Tr>
      <Td dataLabel="Image">
        <Link to="/images/$imageId" params={{ imageId }} className="strong">
          {reference}
        </Link>
        <div className="subtle">{distro ?? `no distribution, ${shortDigest(imageId)}`}</div>
      </Td>
      <Td dataLabel="Findings">
        <SeverityCounts counts={severities} assessment={image.assessment} />
        {fixable + knownExploited > 0 && (
          <div className="subtle">
            {knownExploited > 0 && <span className="alarm">{knownExploited} known exploited, </span>}
            {fixable.toLocaleString("en")} with a fix
          </div>
        )}
      </Td>
      <Td dataLabel="Assessment">
        <AssessmentLabel state={image.assessment} />
      </Td>
      <Td dataLabel="Last verdict">
        <VerdictLabel verdict={image.lastVerdict} />
      </Td>
      <Td dataLabel="Size" className="nowrap">
        {image.sizeBytes === undefined ? "unknown" : formatBytes(image.sizeBytes)}
      </Td>
      <Td dataLabel="Scanned">
        <RelativeTime time={image.scannedAt} />
      </Td>
    </Tr>
  );
}
