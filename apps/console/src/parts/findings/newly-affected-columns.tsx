import type { NewlyAffectedImage } from "@pratique/api";
import { Link } from "@tanstack/react-router";
import { formatCount, shortDigest } from "../../text/format.ts";
import type { Column } from "../lists/list-table.tsx";
import { Reference } from "../reference.tsx";
import { RelativeTime } from "../relative-time.tsx";
import { SeverityCounts } from "../severity-label.tsx";

const known: Column<NewlyAffectedImage> = {
  label: "Known",
  info: "When an advisory first told of it. The image has not changed since it was scanned",
  cell: ({ affectedAt }) => <RelativeTime time={affectedAt} />,
};

/** Images that new advisories affect, with what these tell of them. */
export const newlyAffectedColumns: readonly Column<NewlyAffectedImage>[] = [
  {
    label: "Image",
    cell: (image) => (
      <>
        <ImageLink image={image} />
        <div className="subtle">{shortDigest(image.imageId)}</div>
      </>
    ),
  },
  { label: "Running", cell: ({ running }) => <Running containers={running} /> },
  { label: "Newly found", cell: (image) => <Found image={image} /> },
  { label: "The worst of it", cell: ({ worst }) => <Worst ids={worst} /> },
  known,
];

/** The same where there is less room. */
export const briefNewlyAffectedColumns: readonly Column<NewlyAffectedImage>[] = [
  {
    label: "Image",
    cell: (image) => (
      <>
        <ImageLink image={image} />
        <div className="subtle">
          <Running containers={image.running} />
        </div>
      </>
    ),
  },
  { label: "Newly found", cell: (image) => <Found image={image} isBrief /> },
  { label: "The worst of it", cell: ({ worst }) => <Worst ids={worst} shown={1} /> },
  known,
];

function ImageLink({ image: { imageId, reference } }: { readonly image: NewlyAffectedImage }) {
  return (
    <Link to="/images/$imageId" params={{ imageId }} className="strong">
      <Reference text={reference} />
    </Link>
  );
}

function Running({ containers }: { readonly containers: number }) {
  if (containers === 0) return <span className="subtle nowrap">not running</span>;
  return <span className="strong nowrap">{formatCount(containers, "container")}</span>;
}

interface FoundProps {
  readonly image: NewlyAffectedImage;
  readonly isBrief?: boolean;
}

function Found({ image, isBrief = false }: FoundProps) {
  const { fixable, knownExploited } = image;
  return (
    <>
      <SeverityCounts counts={image} assessment="complete" isBrief={isBrief} />
      {fixable + knownExploited > 0 && (
        <div className="subtle">
          {knownExploited > 0 && <span className="alarm">{knownExploited} known exploited, </span>}
          {fixable.toLocaleString("en")} with a fix
        </div>
      )}
    </>
  );
}

interface WorstProps {
  readonly ids: readonly string[];
  readonly shown?: number;
}

function Worst({ ids, shown = 3 }: WorstProps) {
  return (
    <>
      {ids.slice(0, shown).map((vulnerability) => (
        <div key={vulnerability} className="nowrap stacked-link">
          <Link to="/findings/vulnerabilities/$vulnerability" params={{ vulnerability }}>
            {vulnerability}
          </Link>
        </div>
      ))}
      {ids.length > shown && <div className="subtle">and more</div>}
    </>
  );
}
